/**
 * A recorded scene as JSON text, and back. The text may come from anybody: every value is checked
 * before it is taken over, and what is wrong is said in one sentence.
 */
import { checks, plainTrace, readMachine, readTraceValue, SCENARIOS } from '../trace.ts';
import type { Chart, ChartSeries, Fact, LabRecord, LabRun, SceneRequest } from './document.ts';
import { SCENES, type SceneName } from './scene.ts';

/** What the first key of a file says. */
const FORMAT = 'polyio-lab-record';
/** Raised when a reader of the version before would misunderstand. */
const VERSION = 1;

const RUNS_MAX = 16;
const CHARTS_MAX = 16;
const SERIES_MAX = 16;
const POINTS_MAX = 4_096;
const FACTS_MAX = 64;
const PLACES_MAX = 32;
const MODELS_MAX = 16;

const ANY = Number.NEGATIVE_INFINITY;
const { asList, asNumber, asObject, asText, refuse } = checks;

/** A file that is no recording; `message` is one sentence. */
export class RecordFileError extends Error {
  override readonly name = 'RecordFileError';

  constructor(fault: string, cause: unknown) {
    super(`this is no recording that can be read: ${fault}`, { cause });
  }
}

/** The recording as text; `readRecord` gives the same back, its times rounded to nanoseconds. */
export function writeRecord(record: LabRecord): string {
  const { request, source, recordedAt, machine, runs, charts, facts } = record;
  return JSON.stringify({
    format: FORMAT,
    version: VERSION,
    request,
    source,
    recordedAt,
    machine,
    charts,
    facts,
    runs: runs.map(({ label, trace }) => ({ label, trace: plainTrace(trace) })),
  });
}

/** One of several words. */
function asOneOf<Word extends string>(value: unknown, path: string, words: readonly Word[]): Word {
  const word = words.find((each) => each === value);
  return word ?? refuse(`${path} is none of ${words.join(', ')}`);
}

/** A key of the page's dictionaries, or part of one. */
function asKey(value: unknown, path: string): string {
  const key = asText(value, path);
  return /^[\w.-]{1,80}$/.test(key) ? key : refuse(`${path} is no key`);
}

function each<Item>(
  value: unknown,
  path: string,
  most: number,
  read: (item: unknown, path: string) => Item,
): Item[] {
  return asList(value, path, most).map((item, index) => read(item, `${path}[${index}]`));
}

const NUMBERS = ['clients', 'messages', 'bytes', 'delayMs', 'seed'] as const;

/** What somebody asks for, checked as a value alone: a scene decides what it makes of it. */
function readRequest(value: unknown): SceneRequest {
  const request = asObject(value, 'request');
  const { scenario, models } = request;
  const numbers = NUMBERS.filter((name) => request[name] !== undefined).map((name) => [
    name,
    asNumber(request[name], `request.${name}`),
  ]);
  return {
    scene: asOneOf(request['scene'], 'request.scene', Object.keys(SCENES) as SceneName[]),
    ...(models === undefined ? {} : { models: each(models, 'request.models', MODELS_MAX, asKey) }),
    ...(scenario === undefined
      ? {}
      : { scenario: asOneOf(scenario, 'request.scenario', Object.keys(SCENARIOS)) }),
    ...(Object.fromEntries(numbers) as Partial<Record<(typeof NUMBERS)[number], number>>),
  };
}

function readDate(value: unknown): string {
  const date = asText(value, 'recordedAt');
  const isDate = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(date) && !Number.isNaN(Date.parse(date));
  return isDate ? date : refuse('recordedAt is no time');
}

function readRun(value: unknown, path: string): LabRun {
  const { label, trace } = asObject(value, path);
  return { label: asKey(label, `${path}.label`), trace: readTraceValue(trace) };
}

function readPoint(value: unknown, path: string): readonly [number, number] {
  const [x, y, ...rest] = asList(value, path, 2);
  if (rest.length > 0) refuse(`${path} is no point`);
  return [asNumber(x, `${path}[0]`, ANY), asNumber(y, `${path}[1]`, ANY)];
}

function readSeries(value: unknown, path: string): ChartSeries {
  const { label, points } = asObject(value, path);
  return {
    label: asKey(label, `${path}.label`),
    points: each(points, `${path}.points`, POINTS_MAX, readPoint),
  };
}

const AXES = ['linear', 'log'] as const;

function readChart(value: unknown, path: string): Chart {
  const chart = asObject(value, path);
  const scale = asObject(chart['scale'], `${path}.scale`);
  const unit = asObject(chart['unit'], `${path}.unit`);
  const { ticks } = chart;
  return {
    key: asKey(chart['key'], `${path}.key`),
    kind: asOneOf(chart['kind'], `${path}.kind`, ['lines', 'bars']),
    scale: {
      x: asOneOf(scale['x'], `${path}.scale.x`, AXES),
      y: asOneOf(scale['y'], `${path}.scale.y`, AXES),
    },
    unit: { x: asText(unit['x'], `${path}.unit.x`), y: asText(unit['y'], `${path}.unit.y`) },
    ...(ticks === undefined ? {} : { ticks: each(ticks, `${path}.ticks`, POINTS_MAX, asText) }),
    series: each(chart['series'], `${path}.series`, SERIES_MAX, readSeries),
  };
}

function readPlace(value: unknown, path: string): number | string {
  return typeof value === 'string' ? asText(value, path) : asNumber(value, path, ANY);
}

function readFact(value: unknown, path: string): Fact {
  const { key, values } = asObject(value, path);
  const places = Object.entries(asObject(values, `${path}.values`));
  asList(places, `${path}.values`, PLACES_MAX);
  return {
    key: asKey(key, `${path}.key`),
    values: Object.fromEntries(
      places.map(([name, place]) => {
        const checked = asKey(name, `a name in ${path}.values`);
        return [checked, readPlace(place, `${path}.values.${checked}`)];
      }),
    ),
  };
}

function recordOf(text: string): LabRecord {
  const file = checks.parseFile(text, FORMAT, VERSION);
  return {
    request: readRequest(file['request']),
    source: asOneOf(file['source'], 'source', ['kernel', 'double', 'wine']),
    recordedAt: readDate(file['recordedAt']),
    machine: readMachine(file['machine']),
    runs: each(file['runs'], 'runs', RUNS_MAX, readRun),
    charts: each(file['charts'], 'charts', CHARTS_MAX, readChart),
    facts: each(file['facts'], 'facts', FACTS_MAX, readFact),
  };
}

/**
 * The recording in a text that `writeRecord` has written. Throws RecordFileError, with one sentence,
 * for any other text, however it was made.
 */
export function readRecord(text: string): LabRecord {
  try {
    return recordOf(text);
  } catch (error) {
    if (error instanceof checks.TraceFileError) throw new RecordFileError(error.fault, error);
    throw error;
  }
}
