/** The recordings that come with the page: which there are, and those that suit a state. */
import type { LabRecord, Source } from '../../../src/lab/document.ts';
import { readRecord } from '../../../src/lab/record-file.ts';
import { FREE, type SceneName } from '../../../src/lab/scene.ts';

/** One file of the list. */
export interface Recording {
  readonly file: string;
  readonly scene: SceneName;
  readonly models: readonly string[];
  readonly source: Source;
}

function fileUrl(file: string): URL {
  return new URL(`recorded/${file}`, document.baseURI);
}

/** The list; empty when there is none. */
export async function loadRecordings(): Promise<readonly Recording[]> {
  try {
    const response = await fetch(fileUrl('index.json'));
    if (!response.ok) return [];
    const list = (await response.json()) as { readonly recordings?: unknown };
    return Array.isArray(list.recordings) ? (list.recordings as Recording[]) : [];
  } catch {
    return [];
  }
}

async function load({ file }: Recording): Promise<LabRecord> {
  const response = await fetch(fileUrl(file));
  if (!response.ok) throw new Error(`${file}: ${response.status}`);
  return readRecord(await response.text());
}

function isOf({ scene, models }: Recording, wanted: SceneName, names: readonly string[]): boolean {
  return scene === wanted && names.every((name) => models.includes(name));
}

/** Whether two recordings had the same clients and may stand on one time axis. */
function isSameScript(one: LabRecord, other: LabRecord): boolean {
  const script = ({ scenario, clients, messages, bytes, delayMs, seed }: LabRecord['request']) =>
    [scenario, clients, messages, bytes, delayMs, seed].join();
  return one.source === other.source && script(one.request) === script(other.request);
}

/** A recording with the runs of these models only, in their order. */
function narrowed(record: LabRecord, models: readonly string[]): LabRecord {
  if (models.length === 0) return record;
  const runs = models.flatMap((name) => record.runs.filter(({ label }) => label === name));
  return { ...record, request: { ...record.request, models }, runs };
}

/** Recordings of single models, side by side. */
function together(records: readonly LabRecord[], models: readonly string[]): LabRecord | null {
  const [first, ...others] = records;
  if (first === undefined || !others.every((other) => isSameScript(first, other))) return null;
  return narrowed(
    { ...first, runs: records.flatMap(({ runs }) => runs), charts: [], facts: [] },
    models,
  );
}

/** The recording of a scene with these models; null when there is none. Throws for a broken file. */
export async function findRecording(
  recordings: readonly Recording[],
  scene: SceneName,
  models: readonly string[],
): Promise<LabRecord | null> {
  const whole = recordings.find((one) => isOf(one, scene, models));
  if (whole !== undefined) return narrowed(await load(whole), models);
  const singles = models.map((name) => recordings.find((one) => isOf(one, FREE, [name])));
  const found = singles.filter((one) => one !== undefined);
  if (found.length === 0 || found.length < models.length) return null;
  if (found.length === 1) return load(found[0] as Recording);
  return together(await Promise.all(found.map(load)), models);
}

/** Whether there is a recording of this model. */
export function isRecorded(recordings: readonly Recording[], model: string): boolean {
  return recordings.some((one) => isOf(one, FREE, [model]));
}
