import assert from 'node:assert/strict';
import { UnsupportedError } from '../../../src/errors.ts';
import { FREE, type Progress, runScene } from '../../../src/lab.ts';
import { type ModelName, modelInfo } from '../../../src/servers.ts';
import { until } from '../../cli/polyio-process.ts';
import { openDescriptors, test } from '../../harness/test.ts';

const LIMIT_MS = 60_000;
const SMALL = { clients: 2, messages: 3, delayMs: 5 };

test(
  'run scene: free compares the models that are named, on the same script',
  async () => {
    const steps: Progress[] = [];
    const names: readonly ModelName[] = ['poll', 'blocking-threads', 'blocking-processes'];
    const models = names.filter((name) => modelInfo(name).unavailable() === null);
    const request = { scene: FREE, models, ...SMALL } as const;
    const record = await runScene(request, { progress: (step) => steps.push(step) });
    assert.deepEqual(
      steps,
      models.map((label, index) => ({ step: index + 1, of: models.length, label })),
    );
    assert.deepEqual(record.request, { ...request, scenario: 'steady', bytes: 64, seed: 1 });
    assert.equal(record.source, 'kernel');
    assert.ok(Math.abs(Date.parse(record.recordedAt) - Date.now()) < LIMIT_MS);
    assert.deepEqual(
      record.runs.map(({ label, trace }) => [label, trace.run.model, trace.summary.messages]),
      models.map((model) => [model, model, 6]),
    );
    assert.deepEqual(record.machine, record.runs[0]?.trace.machine);
  },
  { limitMs: LIMIT_MS },
);

test('run scene: a model that cannot run here is told before anything starts', async () => {
  const { reason = '' } = modelInfo('iocp').unavailable() ?? {};
  const steps: Progress[] = [];
  const options = { progress: (step: Progress) => steps.push(step) };
  await assert.rejects(
    runScene({ scene: FREE, models: ['poll', 'iocp'] }, options),
    (error: unknown) => {
      assert.ok(error instanceof UnsupportedError);
      assert.equal(error.reason, reason);
      return true;
    },
  );
  assert.deepEqual(steps, []);
});

test(
  'run scene: an abort ends it at once, and nothing is left',
  async () => {
    const before = openDescriptors().size;
    const stop = new AbortController();
    const reason = new Error('the page was closed');
    const steps: Progress[] = [];
    const running = runScene(
      { scene: FREE, models: ['poll', 'select'], clients: 2, messages: 10, delayMs: 2_000 },
      { signal: stop.signal, progress: (step) => steps.push(step) },
    );
    await until('its descriptors', () => openDescriptors().size > before + 3);
    stop.abort(reason);
    await assert.rejects(running, reason);
    assert.equal(steps.length, 1);
    await assert.rejects(runScene({ scene: FREE }, { signal: stop.signal }), reason);
  },
  { limitMs: LIMIT_MS },
);
