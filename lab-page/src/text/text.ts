/**
 * The words of the page. A dictionary is flat; `{places}` in a text are filled with values, and a
 * place says how a number is to be read: `{wait:time}` nanoseconds, `{size:bytes}` bytes,
 * `{share:percent}` a part of one. A number without a word is grouped as the language groups it, and
 * may choose the word behind it: `{n|call|calls}` is 1 call, or 2 calls.
 */
import { en } from './en.ts';
import { zhCN } from './zh-CN.ts';

export type TextKey = keyof typeof en;
/** What fills the places; words in a place are put into the same language. */
export type Values = { readonly [place: string]: string | number | Words };

/** A sentence before it is in a language. */
export interface Words {
  readonly key: TextKey;
  readonly values?: Values;
}

/** Every language has every key, and no other. */
const DICTIONARIES = { en, 'zh-CN': zhCN } as const satisfies Readonly<
  Record<string, Readonly<Record<TextKey, string>>>
>;

export type Language = keyof typeof DICTIONARIES;
export const LANGUAGES = Object.keys(DICTIONARIES) as readonly Language[];

/** A part of a sentence: words of the dictionary, or what was put into a place. */
export interface Piece {
  readonly text: string;
  readonly place: string | null;
}

/** The words of one language. */
export interface Text {
  readonly language: Language;
  t(key: TextKey, values?: Values): string;
  /** The same for words that were put together elsewhere. */
  say(words: Words): string;
  /** The same in pieces, so that what is in the places can be set apart. */
  pieces(key: TextKey, values?: Values): readonly Piece[];
}

/** The language of the page for somebody who prefers these, best first. */
export function preferredLanguage(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    if (/^zh\b/i.test(tag)) return 'zh-CN';
    if (/^en\b/i.test(tag)) return 'en';
  }
  return 'en';
}

/** Whether there is a text for a key that was put together, `run.LABEL` for example. */
export function isTextKey(key: string): key is TextKey {
  return Object.hasOwn(en, key);
}

const TIME_UNITS = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
  [1, 'ns'],
] as const;
const BYTE_UNITS = [
  [2 ** 20, 'MiB'],
  [2 ** 10, 'KiB'],
  [1, 'B'],
] as const;

const formats = new Map<string, Intl.NumberFormat>();

function formatOf(language: Language, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const name = `${language} ${JSON.stringify(options)}`;
  let format = formats.get(name);
  if (format === undefined) {
    format = new Intl.NumberFormat(language, options);
    formats.set(name, format);
  }
  return format;
}

type Units = readonly (readonly [size: number, name: string])[];

function inUnits(language: Language, value: number, units: Units): string {
  const three = formatOf(language, { maximumSignificantDigits: 3 });
  const last = units.at(-1) as readonly [number, string];
  const [size, name] = units.find(([size]) => Math.abs(value) >= size) ?? last;
  return `${three.format(value / size)} ${name}`;
}

/** Nanoseconds in the unit that suits them, to three digits. */
export function formatTime(language: Language, nanoseconds: number): string {
  return inUnits(language, nanoseconds, TIME_UNITS);
}

/** Bytes in the unit that suits them, to three digits. */
export function formatBytes(language: Language, bytes: number): string {
  return inUnits(language, bytes, BYTE_UNITS);
}

function fill(language: Language, value: Values[string], kind: string | undefined): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object') return textOf(language).say(value);
  if (kind === 'time') return formatTime(language, value);
  if (kind === 'bytes') return formatBytes(language, value);
  const style = kind === 'percent' ? 'percent' : 'decimal';
  return formatOf(language, { style, maximumFractionDigits: 1 }).format(value);
}

const PLACE = /\{(\w+)(?::(\w+))?(?:\|([^|}]*)\|([^}]*))?\}/g;

/** The pieces of a sentence of this language. */
function piecesOf(language: Language, template: string, values: Values): readonly Piece[] {
  const pieces: Piece[] = [];
  const put = (text: string, place: string | null = null): void => {
    if (text !== '') pieces.push({ text, place });
  };
  let at = 0;
  for (const match of template.matchAll(PLACE)) {
    const [whole, name = '', kind, one, other] = match;
    const value = values[name];
    put(template.slice(at, match.index));
    at = match.index + whole.length;
    put(value === undefined ? whole : fill(language, value, kind), name);
    if (one === undefined || other === undefined) continue;
    put(` ${new Intl.PluralRules(language).select(Number(value)) === 'one' ? one : other}`);
  }
  put(template.slice(at));
  return pieces;
}

/** The words of `language`. */
export function textOf(language: Language): Text {
  const dictionary: Readonly<Record<TextKey, string>> = DICTIONARIES[language];
  const pieces: Text['pieces'] = (key, values = {}) => piecesOf(language, dictionary[key], values);
  const t: Text['t'] = (key, values) =>
    pieces(key, values)
      .map(({ text }) => text)
      .join('');
  return { language, pieces, t, say: ({ key, values }) => t(key, values) };
}

/** A number with three digits that say something, grouped as the language groups it. */
export function formatFigure(language: Language, value: number): string {
  const digits =
    Math.abs(value) >= 1_000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 };
  return formatOf(language, digits).format(value);
}

/** The day and the time of an ISO 8601 text. */
export function formatMoment(language: Language, iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(
    date,
  );
}

/** Several things in a row: a, b and c. */
export function formatList(language: Language, items: readonly string[]): string {
  return new Intl.ListFormat(language).format(items);
}
