import assert from 'node:assert/strict';
import { createScript, SCENARIOS, type Scenario, type Step } from '../../src/lab.ts';
import { test } from '../harness/test.ts';

const NAMES = Object.keys(SCENARIOS) as Scenario[];

function bytesOf(steps: readonly Step[]): number {
  return steps.reduce((sum, { bytes }) => sum + bytes, 0);
}

function acts(steps: readonly Step[]): string[] {
  return steps.map(({ act }) => act);
}

for (const scenario of NAMES) {
  test(`script ${scenario}: the seed decides all of it, steps in order, every byte in a message`, () => {
    const options = { scenario, clients: 4, messages: 9, bytes: 65, delayMs: 30, seed: 7 };
    const script = createScript(options);
    assert.deepEqual(createScript(options), script);
    const other = createScript({ ...options, seed: 8 });
    if (scenario !== 'burst') assert.notDeepEqual(other.steps, script.steps);
    for (const steps of script.steps) {
      assert.equal(steps[0]?.act, 'connect');
      const times = steps.map(({ at }) => at);
      assert.deepEqual(
        times,
        [...times].sort((a, b) => a - b),
      );
      const messages = steps.filter(({ isMessage }) => isMessage).length;
      const isBroken = steps.at(-1)?.act === 'reset';
      assert.equal(messages, isBroken ? 5 : 9);
      if (scenario === 'slow-reader' && steps === script.steps[0]) continue;
      assert.equal(bytesOf(steps), 65 * messages);
    }
    assert.equal(script.lengthMs, Math.max(...script.steps.flat().map(({ at }) => at)));
  });
}

test('script: without options it is the one that the command runs', () => {
  const { steps: _, lengthMs, ...options } = createScript();
  assert.deepEqual(options, {
    scenario: 'steady',
    clients: 3,
    messages: 10,
    bytes: 64,
    delayMs: 50,
    seed: 1,
    apartMs: 0,
  });
  assert.ok(lengthMs > 300 && lengthMs < 700, `${lengthMs}`);
});

test('script: each scenario is what it says', () => {
  const of = (scenario: Scenario) => createScript({ scenario, clients: 2, messages: 4 }).steps;
  const pieces = of('slow-sender')[0] as readonly Step[];
  assert.equal(pieces.filter(({ act }) => act === 'send').length, 12);
  const burst = of('burst').map((steps) => steps.filter(({ act }) => act === 'send'));
  assert.equal(new Set(burst.flat().map(({ at }) => at)).size, 1, 'all at one instant');
  const [slow, normal] = of('slow-reader') as [Step[], Step[]];
  assert.deepEqual([acts(slow)[1], acts(slow).at(-1)], ['pause', 'resume']);
  assert.ok(bytesOf(slow) >= 4 * 1_048_576);
  assert.deepEqual(acts(normal), ['connect', 'send', 'send', 'send', 'send']);
  const [broken, whole] = of('reset') as [Step[], Step[]];
  assert.deepEqual(acts(broken), ['connect', 'send', 'send', 'reset']);
  assert.equal(acts(whole).includes('reset'), false);
  assert.ok(of('half-close').every((steps) => acts(steps).at(-1) === 'half-close'));
});

test('script: one byte is a message of one piece', () => {
  const { steps } = createScript({ scenario: 'slow-sender', clients: 1, messages: 1, bytes: 1 });
  assert.deepEqual(
    (steps[0] as Step[]).map(({ act, bytes, isMessage }) => [act, bytes, isMessage]),
    [
      ['connect', 0, false],
      ['send', 1, true],
    ],
  );
});

test('script: what is outside the bounds is refused by name', () => {
  const wrong: readonly [object, RegExp][] = [
    [{ scenario: 'x' }, /unknown scenario 'x'; the scenarios are steady, slow-sender/],
    [{ scenario: 'toString' }, /unknown scenario 'toString'/],
    [{ clients: 0 }, /clients must be an integer from 1 to 64, got 0/],
    [{ clients: 65 }, /clients/],
    [{ messages: Number.NaN }, /messages must be an integer/],
    [{ bytes: 1_048_577 }, /bytes/],
    [{ delayMs: -1 }, /delayMs/],
    [{ delayMs: '5' }, /delayMs must be a number, got '5'/],
    [{ seed: 2 ** 32 }, /seed/],
    [{ messages: 10_000, delayMs: 2_000 }, /make a run of \d+ s, 60 s are the limit/],
    [{ messages: 1_000, bytes: 1_048_576, delayMs: 0 }, /bytes, 268435456 are the limit/],
  ];
  for (const [options, why] of wrong) assert.throws(() => createScript(options), why);
});

test('script: clients that come apart do the same, later', () => {
  const together = createScript({ clients: 3, messages: 2 });
  const apart = createScript({ clients: 3, messages: 2, apartMs: 7 });
  for (const [client, steps] of apart.steps.entries()) {
    const before = (together.steps[client] ?? []).map(({ at }) => at + client * 7);
    assert.deepEqual(
      steps.map(({ at }) => at),
      before,
    );
  }
});
