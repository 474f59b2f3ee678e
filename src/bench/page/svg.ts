/** SVG as text: elements, and the words and numbers in them. */

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** Text that stands for itself, whatever is in it: a peer's name comes from a command line. */
export function verbatim(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] as string);
}

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element with its attributes; numbers are cut to tenths, which nobody sees. */
export function element(name: string, attributes: Attributes, ...children: string[]): string {
  const written = Object.entries(attributes).flatMap(([key, value]) => {
    if (value === undefined) return [];
    const text = typeof value === 'number' ? String(Math.round(value * 10) / 10) : value;
    return [` ${key}="${verbatim(text)}"`];
  });
  return `<${name}${written.join('')}>${children.join('')}</${name}>`;
}

export function text(content: string, attributes: Attributes): string {
  return element('text', attributes, verbatim(content));
}

/** What a browser shows when the pointer rests on the mark, and what is read aloud. */
export function title(content: string): string {
  return element('title', {}, verbatim(content));
}

/** A chart of this size that fills its place. */
export function chart(
  label: string,
  { width, height }: { readonly width: number; readonly height: number },
  children: readonly string[],
): string {
  const box = { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label };
  return element('svg', box, ...children);
}

const plain = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** Less than this is next to nothing, and its digits would only take room. */
const LEAST = 0.001;

/** `1.23`, `123`, `12.3k`, `1.2M`. */
export function short(value: number): string {
  if (value > 0 && value < LEAST) return `<${LEAST}`;
  if (value >= 1e6) return `${plain.format(value / 1e6)}M`;
  if (value >= 1e4) return `${plain.format(value / 1e3)}k`;
  if (value >= 1_000) return value.toLocaleString('en', { maximumFractionDigits: 0 });
  return plain.format(value);
}
