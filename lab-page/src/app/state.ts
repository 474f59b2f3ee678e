/**
 * The whole state of the page, as the address holds it. What an address asks for may come from
 * anybody: each value is checked, and one that is not possible is named and the usual one taken.
 */
import type { SceneRequest } from '../../../src/lab/document.ts';
import { FREE, SCENES, type SceneName } from '../../../src/lab/scene.ts';
import { SCENARIOS, type Scenario } from '../../../src/trace.ts';
import { LANGUAGES, type Language } from '../text/text.ts';
import { pickModels } from './models.ts';

export const THEMES = ['light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

export const VIEWS = ['findings', 'counters', 'latency', 'pick', 'charts'] as const;
export type View = (typeof VIEWS)[number];

/** The numbers of a script, with their ranges. */
export const NUMBERS = {
  clients: { least: 1, most: 64, usual: 3 },
  messages: { least: 1, most: 10_000, usual: 10 },
  bytes: { least: 1, most: 1_048_576, usual: 64 },
  delay: { least: 0, most: 2_000, usual: 50 },
  seed: { least: 0, most: 4_294_967_295, usual: 1 },
} as const;

export type NumberName = keyof typeof NUMBERS;

/** The longest run that an instant can lie in. */
const NANOSECONDS_MAX = 3_600_000_000_000;
const SLOWER_MAX = 10_000;

export interface PageState {
  readonly scene: SceneName;
  /** 1 to 4, in the order of teaching; none for a scene with a program of its own. */
  readonly models: readonly string[];
  readonly scenario: Scenario;
  readonly clients: number;
  readonly messages: number;
  readonly bytes: number;
  readonly delay: number;
  readonly seed: number;
  /** Null: what the browser asks for. */
  readonly lang: Language | null;
  /** Null: as the system. */
  readonly theme: Theme | null;
  /** How many times slower than it was; null: what suits the run. */
  readonly speed: number | null;
  /** Nanoseconds since the start of the window. */
  readonly at: number | null;
  /** What is zoomed in on, in nanoseconds; null: everything. */
  readonly range: readonly [from: number, to: number] | null;
  readonly view: View;
}

/** The models that a scene compares unless the visitor says otherwise. */
export function usualModels(scene: SceneName): readonly string[] {
  return SCENES[scene].models;
}

/** Whether a scene runs servers under scripted clients. */
export function hasModels(scene: SceneName): boolean {
  return SCENES[scene].models.length > 0;
}

export const USUAL: PageState = {
  scene: FREE,
  models: usualModels(FREE),
  scenario: 'steady',
  clients: NUMBERS.clients.usual,
  messages: NUMBERS.messages.usual,
  bytes: NUMBERS.bytes.usual,
  delay: NUMBERS.delay.usual,
  seed: NUMBERS.seed.usual,
  lang: null,
  theme: null,
  speed: null,
  at: null,
  range: null,
  view: 'findings',
};

export interface ReadState {
  readonly state: PageState;
  /** The names of what was asked for and is not possible. */
  readonly refused: readonly string[];
}

class Reader {
  readonly refused = new Set<string>();
  readonly #given: URLSearchParams;

  constructor(search: string) {
    this.#given = new URLSearchParams(search);
  }

  /** The value of a name, through `take`; the usual one when it is not there or `take` refuses. */
  read<Value>(name: string, usual: Value, take: (text: string) => Value | undefined): Value {
    const text = this.#given.get(name);
    if (text === null) return usual;
    const value = take(text);
    if (value !== undefined) return value;
    this.refused.add(name);
    return usual;
  }

  oneOf<Name extends string, Usual>(name: string, names: readonly Name[], usual: Usual) {
    return this.read<Name | Usual>(name, usual, (text) => names.find((one) => one === text));
  }

  number<Usual>(name: string, least: number, most: number, usual: Usual) {
    return this.read<number | Usual>(name, usual, (text) => {
      if (!/^\d{1,16}$/.test(text)) return undefined;
      const value = Number(text);
      return value >= least && value <= most ? value : undefined;
    });
  }

  ranged(name: NumberName): number {
    const { least, most, usual } = NUMBERS[name];
    return this.number(name, least, most, usual);
  }
}

function readRange(reader: Reader): PageState['range'] {
  const from = reader.number('from', 0, NANOSECONDS_MAX, null);
  const to = reader.number('to', 0, NANOSECONDS_MAX, null);
  if (from === null && to === null) return null;
  if (from !== null && to !== null && from < to) return [from, to];
  reader.refused.add(from === null ? 'from' : 'to');
  return null;
}

/** The state that the query of an address asks for. */
export function readState(search: string): ReadState {
  const reader = new Reader(search);
  const scene = reader.oneOf('scene', Object.keys(SCENES) as SceneName[], FREE as SceneName);
  const usual = usualModels(scene);
  const models = reader.read('models', usual, (text) => {
    return usual.length === 0 ? usual : pickModels(text.split(','));
  });
  const scenarios = Object.keys(SCENARIOS) as Scenario[];
  const state: PageState = {
    scene,
    models,
    scenario: reader.oneOf('scenario', scenarios, USUAL.scenario),
    clients: reader.ranged('clients'),
    messages: reader.ranged('messages'),
    bytes: reader.ranged('bytes'),
    delay: reader.ranged('delay'),
    seed: reader.ranged('seed'),
    lang: reader.oneOf('lang', LANGUAGES, null),
    theme: reader.oneOf('theme', THEMES, null),
    speed: reader.number('speed', 1, SLOWER_MAX, null),
    at: reader.number('at', 0, NANOSECONDS_MAX, null),
    range: readRange(reader),
    view: reader.oneOf('view', VIEWS, USUAL.view),
  };
  return { state, refused: [...reader.refused] };
}

/** The query of an address that asks for this state: what is usual is left out. */
export function writeState(state: PageState): string {
  const query = new URLSearchParams();
  const put = (name: string, value: string | number | null, usual: unknown): void => {
    if (value !== null && value !== usual) query.set(name, String(value));
  };
  put('scene', state.scene, USUAL.scene);
  put('models', state.models.join(','), usualModels(state.scene).join(','));
  put('scenario', state.scenario, USUAL.scenario);
  for (const name of Object.keys(NUMBERS) as NumberName[]) put(name, state[name], USUAL[name]);
  put('lang', state.lang, null);
  put('theme', state.theme, null);
  put('speed', state.speed, null);
  put('at', state.at, null);
  put('from', state.range?.[0] ?? null, null);
  put('to', state.range?.[1] ?? null, null);
  put('view', state.view, USUAL.view);
  return query.toString().replaceAll('%2C', ',');
}

/** What the lab is asked to run. */
export function requestOf(state: PageState): SceneRequest {
  const { scene, models, scenario, clients, messages, bytes, delay, seed } = state;
  if (models.length === 0) return { scene };
  return { scene, models, scenario, clients, messages, bytes, delayMs: delay, seed };
}
