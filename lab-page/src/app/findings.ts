/** A run in sentences: where its time went, phase by phase, and what that cost. */
import type { Source } from '../../../src/lab/document.ts';
import type { Trace } from '../../../src/trace.ts';
import type { TextKey, Values } from '../text/text.ts';
import { familyOf, waitOf } from './models.ts';
import { noteOf } from './notes.ts';

export interface Finding {
  readonly key: TextKey;
  readonly values: Values;
}

function finding(key: TextKey, values: Values = {}): Finding {
  return { key, values };
}

/** The part of the run that the threads of a server slept in calls. */
export function sleptShare({ summary, window }: Trace): number {
  const length = (window[1] - window[0]) * summary.threads;
  return length > 0 ? Math.min(1, summary.waitingNs / length) : 0;
}

/** The part of the run in which one CPU was busy. */
export function busyShare({ summary, window }: Trace): number {
  const length = window[1] - window[0];
  return length > 0 ? summary.cpuNs / length : 0;
}

function waiting(trace: Trace): Finding[] {
  const { run, summary } = trace;
  const share = sleptShare(trace);
  const call = waitOf(run.model) ?? '';
  switch (familyOf(run.model)) {
    case 'blocking':
      return [finding('finding.slept.blocking', { threads: summary.threads, share })];
    case 'polling': {
      const blocked = summary.wouldBlocks / Math.max(1, summary.totalCalls);
      const values = { blocked, calls: summary.totalCalls, busy: busyShare(trace) };
      return [finding('finding.spun', values)];
    }
    case 'completion':
      return [finding('finding.completed', { call, share })];
    case 'baseline':
      return [finding('finding.baseline')];
    case undefined:
      return [];
    default:
      return [finding('finding.slept', { call, share })];
  }
}

function phases({ summary }: Trace): Finding[] {
  const { wait, ready, copy, measured } = summary;
  if (wait.count === 0) return [];
  const waited = { time: wait.median, n: wait.count };
  const found = [
    wait.median === 0 ? finding('finding.noWait', waited) : finding('finding.wait', waited),
  ];
  if (ready.median > 0) found.push(finding('finding.ready', { time: ready.median }));
  found.push(finding('finding.copy', { time: copy.median }));
  if (measured.sender > 0) found.push(finding('finding.sender'));
  return found;
}

function cost({ summary }: Trace): Finding[] {
  const { callsPerMessage: each, totalCalls: calls, messages, wouldBlocks: blocked } = summary;
  const { operations } = summary;
  const found: Finding[] = [];
  if (calls > 0 && messages > 0)
    found.push(finding('finding.cost', { each, calls, messages, blocked }));
  if (operations > 0) found.push(finding('finding.ring', { operations }));
  return found;
}

/** Everything about one run that is worth a sentence, with the recorder's own notes. */
export function findingsOf(trace: Trace, source: Source, isServer = true): readonly Finding[] {
  const notes = trace.notes.map(noteOf);
  // A program of a scene has no clients, no phases and no messages; its facts are the scene's.
  if (!isServer || familyOf(trace.run.model) === undefined) return notes;
  const { clients, messages, bytes, delayMs, seed } = trace.run;
  const script = { clients, messages, bytes, delay: delayMs, seed: String(seed) };
  const sent = finding('finding.script', script);
  if (source !== 'kernel') return [finding('finding.noTimes'), sent, ...cost(trace), ...notes];
  return [sent, ...waiting(trace), ...phases(trace), ...cost(trace), ...notes];
}
