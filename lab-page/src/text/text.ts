/**
 * The words of the page. A dictionary is flat; `{places}` in a text are filled with values, and a
 * place says how a number is to be read: `{wait:time}` nanoseconds, `{size:bytes}` bytes,
 * `{share:percent}` a part of one. A number without a word is grouped as the language groups it.
 */
import { en } from './en.ts';
import { zhCN } from './zh-CN.ts';

export type TextKey = keyof typeof en;
export type Values = Readonly<Record<string, string | number>>;

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

/** The words of one language. */
export interface Text {
  readonly language: Language;
  t(key: TextKey, values?: Values): string;
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

function fill(language: Language, value: string | number, kind: string | undefined): string {
  if (typeof value === 'string') return value;
  if (kind === 'time') return formatTime(language, value);
  if (kind === 'bytes') return formatBytes(language, value);
  const style = kind === 'percent' ? 'percent' : 'decimal';
  return formatOf(language, { style, maximumFractionDigits: 1 }).format(value);
}

/** The words of `language`. */
export function textOf(language: Language): Text {
  const dictionary: Readonly<Record<TextKey, string>> = DICTIONARIES[language];
  return {
    language,
    t: (key, values = {}) =>
      dictionary[key].replace(/\{(\w+)(?::(\w+))?\}/g, (place, name: string, kind?: string) => {
        const value = values[name];
        return value === undefined ? place : fill(language, value, kind);
      }),
  };
}
