/**
 * In which marked step of its source a server is, instant by instant.
 *
 * Events say which call was made; the step follows from the program: the same recv(2) is step 4 of
 * one and step 2 of another. What belongs to no step leaves the server in the step that it was in.
 */
import type { Trace } from '../../../src/trace.ts';
import type { ServerProgram } from '../source/read-program.ts';
import { stepOf } from '../source/step-of.ts';

/** When a step begins, on the clock of the trace. */
export interface StepChange {
  readonly at: number;
  readonly step: number;
}

/** Every change of step on one thread of the server, by time. */
export function stepChangesOf(
  program: ServerProgram,
  { events }: Trace,
  writer: number,
): readonly StepChange[] {
  const mine = events.filter((event) => event.writer === writer);
  const changes: StepChange[] = [];
  let callbackEnd = Number.NEGATIVE_INFINITY;
  for (const event of mine.sort((a, b) => a.start - b.start || b.end - a.end)) {
    const isInCallback = event.start < callbackEnd;
    if (event.kind === 'callback' && event.name === 'data') {
      callbackEnd = Math.max(callbackEnd, event.end);
    }
    const step = stepOf(program, { ...event, isInCallback })?.number;
    if (step !== undefined && changes.at(-1)?.step !== step)
      changes.push({ at: event.start, step });
  }
  return changes;
}

/** The step at an instant; 0 before the first one. */
export function stepAt(changes: readonly StepChange[], at: number): number {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((changes[middle] as StepChange).at <= at) low = middle + 1;
    else high = middle;
  }
  return changes[low - 1]?.step ?? 0;
}

/** A thread of the server that did most at this instant: the one whose last event is the latest. */
export function busiestWriter({ events, writers }: Trace, at: number): number {
  let found = writers.findIndex(({ role }) => role === 'server');
  let latest = Number.NEGATIVE_INFINITY;
  for (const { writer, kind, start } of events) {
    if (kind === 'client' || start > at || start < latest) continue;
    if (writers[writer]?.role !== 'server') continue;
    latest = start;
    found = writer;
  }
  return Math.max(0, found);
}

/**
 * The lines of a step that are lit: its mark and the statement below it, up to where a block opens
 * or ends. Numbers are those of the file, both included; null when the program has no such step.
 */
export function linesOf(
  { lines, firstLine, steps }: ServerProgram,
  number: number,
): readonly [first: number, last: number] | null {
  const step = steps.find((one) => one.number === number);
  if (step === undefined) return null;
  const textAt = (line: number) => lines[line - firstLine] ?? '';
  const depthOf = (text: string) => text.length - text.trimStart().length;
  const depth = depthOf(textAt(step.line));
  let last = Math.min(step.line + 1, step.lastLine);
  while (last < step.lastLine) {
    const next = textAt(last + 1);
    const isSame = next.trim() !== '' && depthOf(next) >= depth && !next.endsWith('{');
    if (!isSame || textAt(last).endsWith('{')) break;
    last++;
  }
  return [step.line, last];
}
