import assert from 'node:assert/strict';
import { HOST } from '../../src/platform/host.ts';
import {
  type AcceptMode,
  acceptUnavailable,
  MODELS,
  modelInfo,
  type RunServerOptions,
  runServer,
  serve,
} from '../../src/servers.ts';
import { ECHO } from '../cases/server-suite.ts';
import { test } from '../harness/test.ts';

const echo = { data() {} };

const noReusePort = HOST === 'win32' && 'Windows has no SO_REUSEPORT, and that is the reason there';

test(
  'accept: which model can accept in which way',
  () => {
    const table = MODELS.map((model) => {
      const modes = (['shared', 'exclusive', 'reuse-port'] as const).filter(
        (mode) => acceptUnavailable(model, mode) === null,
      );
      return `${model.name}: ${modes.join(' ')}`;
    });
    assert.deepEqual(table, [
      'blocking: shared',
      'blocking-processes: shared reuse-port',
      'blocking-threads: shared reuse-port',
      'non-blocking: shared',
      'select: shared reuse-port',
      'poll: shared reuse-port',
      'epoll: shared exclusive reuse-port',
      'epoll-edge: shared exclusive reuse-port',
      'kqueue: shared reuse-port',
      'signal-driven: shared',
      'io-uring: shared reuse-port',
      'iocp: shared',
      'node-net: shared',
    ]);
  },
  { skip: noReusePort },
);

const REFUSED: readonly [model: 'poll' | 'blocking', accept: AcceptMode, remedy: RegExp][] = [
  ['poll', 'exclusive', /^take one of epoll, epoll-edge$/],
  ['blocking', 'reuse-port', /^take one of blocking-processes, .*io-uring$/],
];

for (const [model, accept, remedy] of REFUSED) {
  test(`accept: ${model} refuses ${accept} and names who can`, async () => {
    const refusal = { name: 'UnsupportedError', code: 'ERR_POLYIO_UNSUPPORTED', remedy };
    const named = { ...refusal, model: `accept mode ${accept} of model ${model}` };
    await assert.rejects(serve(ECHO, { model, accept, port: 0 }), named);
    assert.throws(() => runServer(echo, { model, accept, port: 0 }), named);
  });
}

test('accept: what is no mode, and a port where there is none, are refused by name', async () => {
  const wrong = { model: modelInfo('epoll').name, port: 0, accept: 'exclusiv' as AcceptMode };
  const message = /shared, exclusive, reuse-port, got 'exclusiv'/;
  await assert.rejects(serve(ECHO, wrong), { name: 'TypeError', message });
  assert.throws(() => runServer(echo, wrong), { name: 'TypeError', message });
  const path = { model: 'epoll', path: 'none.sock', accept: 'reuse-port' } as const;
  const about = { name: 'TypeError', message: /a Unix socket has none/ };
  await assert.rejects(serve(ECHO, path), about);
  assert.throws(() => runServer(echo, path satisfies RunServerOptions), about);
});
