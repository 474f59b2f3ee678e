/** The program of a model as the page shows it: its real lines, and which of them are its steps. */

/** What the code of a step does. */
export type Deed = 'begin' | 'wait' | 'accept' | 'receive' | 'send' | 'close';

/** A place of a program that a `// step N` mark names. */
export interface ProgramStep {
  readonly number: number;
  /** The line of the mark in its file, from 1. */
  readonly line: number;
  /** The last line that belongs to it: the one before the next mark. */
  readonly lastLine: number;
  /** What stands behind the mark. */
  readonly text: string;
  readonly deeds: readonly Deed[];
}

export interface ServerProgram {
  readonly model: string;
  /** Its path in the project. */
  readonly file: string;
  /** The number that the first of `lines` has in the file. */
  readonly firstLine: number;
  /** What follows the imports. */
  readonly lines: readonly string[];
  readonly steps: readonly ProgramStep[];
}

const MARK = /^\s*\/\/ step (\d+): (.*)$/;

/** By what the code says; the program's own words are all there is to go by. */
const WORDS: readonly (readonly [Deed, RegExp])[] = [
  ['wait', /\.(wait|enter)\(/],
  ['accept', /\.(acceptOne|accept|accepted|take)\(|'connection'/],
  ['receive', /\.(receive|received|take)\(|\bdrain\(connection\)/],
  ['send', /\.(flush|sent|drained|take)\(/],
  ['close', /\.settle\(|'close'/],
];

function deedsOf(code: string): readonly Deed[] {
  const found = WORDS.filter(([, pattern]) => pattern.test(code)).map(([deed]) => deed);
  return found.length > 0 ? found : ['begin'];
}

function isImport(lines: readonly string[], index: number): boolean {
  return /^(import\b|\} from ')/.test(lines[index] as string);
}

/** Reads a program out of the text of its file. */
export function readProgram(model: string, file: string, text: string): ServerProgram {
  const all = text.trimEnd().split('\n');
  let first = all.reduce((last, _, index) => (isImport(all, index) ? index : last), -1) + 1;
  while (all[first] === '') first++;
  const marks = all.flatMap((line, index) => {
    const [, number, words] = MARK.exec(line) ?? [];
    return number === undefined ? [] : [{ number: Number(number), index, text: words as string }];
  });
  const steps = marks.map(({ number, index, text: words }, at) => {
    const next = marks[at + 1]?.index ?? all.length;
    const code = all.slice(index + 1, next).join('\n');
    return { number, line: index + 1, lastLine: next, text: words, deeds: deedsOf(code) };
  });
  return { model, file, firstLine: first + 1, lines: all.slice(first), steps };
}
