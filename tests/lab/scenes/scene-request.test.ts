import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkRequest, FREE, SCENES } from '../../../src/lab.ts';
import { test } from '../../harness/test.ts';

test('scene request: what it leaves out is filled in', () => {
  assert.deepEqual(checkRequest({ scene: FREE }), {
    scene: FREE,
    models: ['epoll'],
    scenario: 'steady',
    clients: 3,
    messages: 10,
    bytes: 64,
    delayMs: 50,
    seed: 1,
  });
  assert.deepEqual(checkRequest({ scene: 'full-pipe' }).models, []);
  for (const scene of Object.keys(SCENES)) assert.equal(checkRequest({ scene }).scene, scene);
  const checked = checkRequest({ scene: FREE, models: ['poll', 'epoll'], clients: 64 });
  assert.deepEqual(checkRequest(checked), checked, 'a checked request is a request');
});

test('scene request: each field that cannot be meant is named in one sentence', () => {
  const cases: readonly [unknown, RegExp][] = [
    [null, /a request is an object with a scene, got 'null'/],
    [[], /a request is an object/],
    ['free', /a request is an object/],
    [{}, /there is no scene 'undefined'; the scenes are free, /],
    [{ scene: 'fre' }, /there is no scene 'fre'/],
    [{ scene: '__proto__' }, /there is no scene/],
    [{ scene: 'toString' }, /there is no scene/],
    [{ scene: 'a\n\u001b[2J' }, /there is no scene 'a\?\?\[2J'/],
    [{ scene: 'x'.repeat(9_000) }, /^TypeError: there is no scene 'x{40}…'/],
    [{ scene: FREE, model: 'epoll' }, /a request has no 'model'; it has scene, models,/],
    [{ scene: FREE, models: 'epoll' }, /models must be a list/],
    [{ scene: FREE, models: [] }, /models must be 1 to 4, got 0/],
    [{ scene: FREE, models: ['epol'] }, /there is no model 'epol'; the models are blocking,/],
    [{ scene: FREE, models: ['epoll', 'epoll'] }, /models has epoll twice/],
    [{ scene: FREE, models: ['poll', 'epoll', 'select', 'blocking', 'iocp'] }, /1 to 4, got 5/],
    [{ scene: 'full-pipe', models: ['epoll'] }, /the scene full-pipe .* compares no models/],
    [{ scene: FREE, scenario: 'constructor' }, /there is no scenario 'constructor'/],
    [{ scene: FREE, scenario: null }, /there is no scenario 'null'/],
    [{ scene: FREE, clients: 65 }, /clients must be an integer from 1 to 64, got 65/],
    [{ scene: FREE, clients: '3' }, /clients must be a number, got '3'/],
    [{ scene: FREE, messages: 1.5 }, /messages must be an integer/],
    [{ scene: FREE, bytes: 1_048_577 }, /bytes must be an integer from 1 to 1048576/],
    [{ scene: FREE, delayMs: -1 }, /delayMs must be/],
    [{ scene: FREE, seed: 2 ** 32 }, /seed must be/],
    [{ scene: FREE, messages: 10_000, delayMs: 2_000 }, /a run of \d+ s, 60 s are the limit/],
    [
      { scene: FREE, models: ['poll', 'epoll'], messages: 20, delayMs: 2_000 },
      /2 models, \d+ s each, make a run of \d+ s, 60 s are the limit/,
    ],
    [{ scene: FREE, clients: 64, messages: 100, bytes: 1_048_576, delayMs: 0 }, /are the limit/],
  ];
  for (const [request, why] of cases) {
    assert.throws(() => checkRequest(request), why, JSON.stringify(request));
  }
});

test('scene request: whatever comes is refused with TypeError or RangeError, or is within limits', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (models, clients, scenario) => {
      try {
        const checked = checkRequest({ scene: FREE, models, clients, scenario });
        assert.ok(checked.models.length >= 1 && checked.models.length <= 4);
        assert.ok(checked.clients >= 1 && checked.clients <= 64);
      } catch (error) {
        assert.ok(error instanceof TypeError || error instanceof RangeError, String(error));
        assert.doesNotMatch(error.message, /\n/);
      }
    }),
    { numRuns: 500 },
  );
});
