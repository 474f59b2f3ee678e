import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MODELS, MODELS_MAX, pickModels } from '../../lab-page/src/app/models.ts';
import {
  hasModels,
  NUMBERS,
  type PageState,
  readState,
  requestOf,
  THEMES,
  USUAL,
  usualModels,
  VIEWS,
  writeState,
} from '../../lab-page/src/app/state.ts';
import { LANGUAGES } from '../../lab-page/src/text/text.ts';
import { SCENES, type SceneName } from '../../src/lab/scene.ts';
import { MODELS as SERVERS } from '../../src/servers.ts';
import { SCENARIOS, type Scenario } from '../../src/trace/scenario.ts';
import { test } from '../harness/test.ts';

const SEED = 20_261_125;
const SCENE_NAMES = Object.keys(SCENES) as SceneName[];
const NAMES = MODELS.map(({ name }) => name);

const instant = fc.integer({ min: 0, max: 3_600_000_000_000 });
const orNull = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: null });

const state: fc.Arbitrary<PageState> = fc
  .record({
    scene: fc.constantFrom(...SCENE_NAMES),
    models: fc.shuffledSubarray([...NAMES], { minLength: 1, maxLength: MODELS_MAX }),
    scenario: fc.constantFrom(...(Object.keys(SCENARIOS) as Scenario[])),
    clients: fc.integer({ min: 1, max: 64 }),
    messages: fc.integer({ min: 1, max: 10_000 }),
    bytes: fc.integer({ min: 1, max: 1_048_576 }),
    delay: fc.integer({ min: 0, max: 2_000 }),
    seed: fc.integer({ min: 0, max: 4_294_967_295 }),
    lang: orNull(fc.constantFrom(...LANGUAGES)),
    theme: orNull(fc.constantFrom(...THEMES)),
    speed: orNull(fc.integer({ min: 1, max: 10_000 })),
    at: orNull(instant),
    range: orNull(fc.tuple(instant, instant).filter(([from, to]) => from < to)),
    view: fc.constantFrom(...VIEWS),
  })
  .map((made) => ({
    ...made,
    models: hasModels(made.scene) ? (pickModels(made.models) ?? []) : [],
  }));

test('page state: what is written to an address is read from it, the same', () => {
  fc.assert(
    fc.property(state, (before) => {
      assert.deepEqual(readState(writeState(before)), { state: before, refused: [] });
    }),
    { seed: SEED },
  );
});

test('page state: an address without anything asks for what is usual, and the usual writes nothing', () => {
  assert.deepEqual(readState(''), { state: USUAL, refused: [] });
  assert.equal(writeState(USUAL), '');
});

test('page state: every scene opens with the models that it compares', () => {
  for (const scene of SCENE_NAMES) {
    const { state: opened } = readState(`scene=${scene}`);
    assert.deepEqual(opened.models, usualModels(scene));
    assert.ok(opened.models.length === 0 || pickModels(opened.models) !== undefined, scene);
  }
});

test('page state: the models are those of the servers', () => {
  assert.deepEqual(
    MODELS.map(({ name, family }) => ({ name, family })),
    SERVERS.map(({ name, family }) => ({ name, family })),
  );
});

const HOSTILE: readonly [query: string, refused: readonly string[]][] = [
  ['scene=__proto__', ['scene']],
  ['scene=<script>alert(1)</script>', ['scene']],
  ['models=constructor', ['models']],
  ['models=', ['models']],
  ['models=epoll,epoll,nonsense', ['models']],
  ['models=blocking,poll,epoll,io-uring,select', ['models']],
  ['scenario=toString', ['scenario']],
  ['clients=0', ['clients']],
  ['clients=65', ['clients']],
  ['clients=-1&bytes=1e9', ['clients', 'bytes']],
  ['clients=NaN', ['clients']],
  ['clients=0x10', ['clients']],
  ['clients= 3', ['clients']],
  ['messages=99999999999999999999', ['messages']],
  ['delay=Infinity', ['delay']],
  ['seed=1.5', ['seed']],
  ['lang=fr', ['lang']],
  ['theme=url(x)', ['theme']],
  ['speed=0', ['speed']],
  ['from=10&to=10', ['to']],
  ['from=5', ['to']],
  ['to=5', ['from']],
  ['view=hasOwnProperty', ['view']],
  ['at=%00', ['at']],
  ['%=%&&&=', []],
];

test('page state: what is not possible is named, and the usual value stands in', () => {
  for (const [query, refused] of HOSTILE) {
    assert.deepEqual(readState(query), { state: USUAL, refused }, query);
  }
});

test('page state: whatever an address holds, the state is one that the page can show', () => {
  const names = fc.constantFrom(
    ...['scene', 'models', 'scenario', 'clients', 'messages', 'bytes', 'delay', 'seed', 'lang'],
    ...['theme', 'speed', 'at', 'from', 'to', 'view', 'token', '__proto__'],
  );
  const values = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.double().map(String),
    fc.constantFrom(...SCENE_NAMES, ...NAMES, 'epoll,io-uring', '\u202e', '1'.repeat(10_000)),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(names, values), { maxLength: 12 }), (pairs) => {
      const { state: read } = readState(new URLSearchParams(pairs).toString());
      for (const name of Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]) {
        const { least, most } = NUMBERS[name];
        assert.ok(Number.isInteger(read[name]) && read[name] >= least && read[name] <= most, name);
      }
      assert.ok(SCENE_NAMES.includes(read.scene) && VIEWS.includes(read.view));
      assert.ok(read.models.length <= MODELS_MAX && read.models.every((m) => NAMES.includes(m)));
      assert.deepEqual(readState(writeState(read)), { state: read, refused: [] });
    }),
    { seed: SEED },
  );
});

test('page state: the lab is asked for what the controls say, and for no more by scenes of their own', () => {
  assert.deepEqual(requestOf({ ...USUAL, delay: 7 }), {
    scene: 'free',
    models: ['epoll'],
    scenario: 'steady',
    clients: 3,
    messages: 10,
    bytes: 64,
    delayMs: 7,
    seed: 1,
  });
  assert.deepEqual(requestOf(readState('scene=full-pipe&clients=9').state), { scene: 'full-pipe' });
});
