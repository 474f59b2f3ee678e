/**
 * The checks that every value of a file goes through which anybody may have written. What is wrong
 * is said in one sentence.
 */

const TEXT_MAX = 268_435_456;
const STRING_MAX = 512;

/** A file that is no trace; `message` is one sentence. */
export class TraceFileError extends Error {
  override readonly name = 'TraceFileError';
  /** What is wrong with it: the end of that sentence. */
  readonly fault: string;

  constructor(fault: string) {
    super(`this is no trace that can be read: ${fault}`);
    this.fault = fault;
  }
}

/** Throws TraceFileError. */
export function refuse(fault: string): never {
  throw new TraceFileError(fault);
}

export type Fields = Readonly<Record<string, unknown>>;

export function asObject(value: unknown, path: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  return refuse(`${path} is not an object`);
}

export function asList(value: unknown, path: string, most: number): readonly unknown[] {
  if (!Array.isArray(value)) return refuse(`${path} is not a list`);
  if (value.length > most)
    return refuse(`${path} has ${value.length} entries, ${most} are the limit`);
  return value;
}

export function asNumber(value: unknown, path: string, least = 0): number {
  if (typeof value !== 'number' || !Number.isFinite(value))
    return refuse(`${path} is not a number`);
  if (value < least) return refuse(`${path} is ${value}, less than ${least}`);
  return value;
}

export function asIndex(value: unknown, path: string, below: number): number {
  const number = asNumber(value, path);
  if (Number.isInteger(number) && number < below) return number;
  return refuse(`${path} is ${number}, and there are only ${below}`);
}

/** Text that may be shown: without control characters, which a terminal would obey. */
export function asText(value: unknown, path: string): string {
  if (typeof value !== 'string') return refuse(`${path} is not text`);
  if (value.length > STRING_MAX) return refuse(`${path} is longer than ${STRING_MAX} characters`);
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(value)) return refuse(`${path} has control characters`);
  return value;
}

/** Numbers by their names. */
export function numbersOf<Name extends string>(
  value: unknown,
  path: string,
  names: readonly Name[],
): Record<Name, number> {
  const fields = asObject(value, path);
  const entries = names.map((name) => [name, asNumber(fields[name], `${path}.${name}`)]);
  return Object.fromEntries(entries) as Record<Name, number>;
}

/** The object in a text. `format` and `version` are what its first keys have to say. */
export function parseFile(text: string, format: string, version: number): Fields {
  if (text.length > TEXT_MAX) refuse(`it has ${text.length} characters, ${TEXT_MAX} are the limit`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse('it is not JSON, or it breaks off');
  }
  return asFormat(value, 'the file', { format, version });
}

/** What such an object says of itself. */
export interface Format {
  readonly format: string;
  readonly version: number;
}

/** An object that says of itself that it has this format, in this version. */
export function asFormat(value: unknown, path: string, wanted: Format): Fields {
  const fields = asObject(value, path);
  if (fields['format'] !== wanted.format) refuse(`its format is not '${wanted.format}'`);
  const version = asNumber(fields['version'], 'version');
  if (version === wanted.version) return fields;
  return refuse(`it has version ${version}, and this program reads version ${wanted.version}`);
}
