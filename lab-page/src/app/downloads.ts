/** What leaves the page as a file, and what comes in as one. */
import type { LabRecord } from '../../../src/lab/document.ts';
import { toCsv } from '../../../src/lab/export/csv.ts';
import { toPerfetto } from '../../../src/lab/export/perfetto.ts';
import { readRecord, writeRecord } from '../../../src/lab/record-file.ts';
import { FREE } from '../../../src/lab/scene.ts';
import { readTrace } from '../../../src/trace.ts';

export const IMPORT_MAX = 67_108_864;

/** Hands a file to the browser's downloads. */
export function save(name: string, data: Blob): void {
  const address = URL.createObjectURL(data);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The download has begun by then; the memory need not stay.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** A name that says what is in the file. */
export function fileName({ request, runs }: LabRecord, ending: string): string {
  const what = runs.map(({ label }) => label.replace(/[^\w-]/g, '')).join('-');
  return ['polyio', request.scene, what].filter((part) => part !== '').join('.') + ending;
}

export function jsonFile(record: LabRecord): Blob {
  return new Blob([writeRecord(record)], { type: 'application/json' });
}

export function csvFile({ runs }: LabRecord): Blob {
  return new Blob([toCsv(runs)], { type: 'text/csv' });
}

/** The first run as a trace for Perfetto; null when there is none. */
export function perfettoFile({ runs }: LabRecord): Blob | null {
  const [run] = runs;
  if (run === undefined) return null;
  return new Blob([toPerfetto(run.trace).slice().buffer], { type: 'application/octet-stream' });
}

/** The record in a text: one of the lab, or a trace of `polyio trace`. Throws an Error with one sentence. */
export function recordIn(text: string): LabRecord {
  if (/^\s*\{\s*"format"\s*:\s*"polyio-trace"/.test(text)) {
    const trace = readTrace(text);
    const { model, workers: _, ...script } = trace.run;
    return {
      request: { scene: FREE, models: [model], ...script },
      source: 'kernel',
      recordedAt: trace.clock.origin,
      machine: trace.machine,
      runs: [{ label: model, trace }],
      charts: [],
      facts: [],
    };
  }
  return readRecord(text);
}
