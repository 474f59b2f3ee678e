/** The sentence at the top: what is being watched, how real it is, and how slow. */
import type { LabRecord, LabRun } from '../../../src/lab/document.ts';
import type { TextKey, Values } from '../text/text.ts';
import { hasModels } from './state.ts';

export interface Watched {
  readonly record: LabRecord;
  readonly isLive: boolean;
  /** How many times slower than it was it is replayed. */
  readonly slower: number;
  readonly question: string;
  /** Several models in a row, as the language says it. */
  list(items: readonly string[]): string;
}

/** The sentence, before it is in a language. */
export function sentenceOf(watched: Watched): { readonly key: TextKey; readonly values: Values } {
  const { record, isLive, slower, question } = watched;
  const how = isLive ? 'live' : 'recorded';
  const models = record.runs.map(({ label }) => label);
  if (!hasModels(record.request.scene))
    return { key: `sentence.scene.${how}`, values: { question } };
  if (record.source !== 'kernel') {
    return { key: `sentence.${record.source}`, values: { model: watched.list(models) } };
  }
  const [run] = record.runs;
  if (run === undefined) return { key: `sentence.scene.${how}`, values: { question } };
  if (models.length > 1) {
    const values = { n: models.length, models: watched.list(models) };
    return { key: `sentence.compare.${how}`, values };
  }
  const pid = run.trace.writers.find(({ role }) => role === 'server')?.pid ?? 0;
  const values = { model: run.label, pid: String(pid), times: slower };
  return { key: slower === 1 ? `sentence.${how}.full` : `sentence.${how}`, values };
}

const NICE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];
const WATCH_NS = 20e9;

/** The length of the longest of several runs, in nanoseconds. */
export function longestOf(runs: readonly LabRun[]): number {
  return runs.reduce((most, { trace }) => Math.max(most, trace.window[1] - trace.window[0]), 0);
}

/** How much slower a run is watched at first: so that it lasts about twenty seconds. */
export function niceSpeed(windowNs: number): number {
  const wanted = WATCH_NS / Math.max(1, windowNs);
  return NICE.reduce((best, speed) => {
    return Math.abs(Math.log(speed / wanted)) < Math.abs(Math.log(best / wanted)) ? speed : best;
  }, 1);
}
