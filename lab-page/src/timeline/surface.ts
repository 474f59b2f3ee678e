/** What a picture is painted on: a canvas or the text of an SVG. Distances are CSS pixels. */

export interface TextStyle {
  readonly color: string;
  readonly size: number;
  readonly align?: 'start' | 'middle' | 'end';
  readonly isBold?: boolean;
}

export interface Surface {
  fill(x: number, y: number, width: number, height: number, color: string): void;
  /** Stripes of a colour upon a tint of it. */
  hatch(x: number, y: number, width: number, height: number, color: string): void;
  /** An outline, drawn inside. */
  frame(x: number, y: number, width: number, height: number, color: string): void;
  /** A ring, or a disc. */
  dot(x: number, y: number, radius: number, color: string, isHollow: boolean): void;
  /** A closed shape of x, y, x, y and so on. */
  shape(points: readonly number[], color: string): void;
  line(x1: number, y1: number, x2: number, y2: number, color: string, width?: number): void;
  /** `y` is the middle of the line of text. */
  text(words: string, x: number, y: number, style: TextStyle): void;
}

/** About how wide a text is, without a font at hand: hanzi are as wide as high. */
export function textWidth(words: string, size: number): number {
  let ems = 0;
  for (const character of words) {
    const isWide = (character.codePointAt(0) as number) > 0x2e7f;
    ems += isWide ? 1 : /[A-Z]/.test(character) ? 0.68 : 0.54;
  }
  return ems * size;
}

/** As much of a text as fits; empty when that is too little to be of use. */
export function cutText(words: string, size: number, room: number): string {
  if (textWidth(words, size) <= room) return words;
  const characters = [...words];
  while (characters.length > 2) {
    characters.pop();
    const cut = `${characters.join('')}…`;
    if (textWidth(cut, size) <= room) return cut;
  }
  return '';
}
