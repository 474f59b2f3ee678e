import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { InternetAddress } from '../../src/io.ts';
import type { Statistics } from '../../src/servers/statistics.ts';
import { type ModelName, type RunServerOptions, runServer } from '../../src/servers.ts';
import { interrupt } from '../../src/sys/interrupt.ts';
import { Client, until } from '../cases/server-client.ts';
import type { ThreadOrder } from '../fixtures/run-server-thread.ts';
import { test } from '../harness/test.ts';

const MODELS: readonly ModelName[] = [
  'blocking',
  'non-blocking',
  'select',
  'poll',
  'epoll',
  'epoll-edge',
  'signal-driven',
  'io-uring',
];
const echo = { data() {} };
const running = new Set<Worker>();

// A test that fails must not leave a thread behind that keeps the process.
after(async () => {
  for (const worker of running) await interrupt(worker).catch(() => worker.terminate());
});

interface Report {
  readonly address: InternetAddress;
  readonly statistics?: Statistics;
  readonly error?: { readonly name: string; readonly code: string; readonly message: string };
}

async function report(worker: Worker): Promise<Report> {
  const [message] = (await once(worker, 'message')) as [Report];
  return message;
}

async function startThread(order: ThreadOrder): Promise<{ worker: Worker; first: Report }> {
  const url = new URL('../fixtures/run-server-thread.js', import.meta.url);
  const options = { port: 0, ...order.options };
  const worker = new Worker(url, { workerData: { ...order, options } });
  running.add(worker);
  worker.once('exit', () => running.delete(worker));
  return { worker, first: await report(worker) };
}

for (const model of MODELS) {
  test(`runServer: ${model} echoes until it is interrupted, and returns the figures`, async () => {
    const { worker, first } = await startThread({ options: { model } });
    const ended = once(worker, 'exit');
    const client = await new Client(first.address).connected();
    client.write('hello');
    assert.equal((await client.read(5)).toString(), 'hello');
    const last = report(worker);
    await interrupt(worker);
    const { statistics } = await last;
    const { accepted, closed, active, bytesIn, bytesOut } = statistics as Statistics;
    assert.deepEqual([accepted, closed, active, bytesIn, bytesOut], [1, 1, 0, 5, 5]);
    await client.closed();
    assert.deepEqual(await ended, [0]);
  });
}

for (const model of ['blocking', 'epoll'] as const) {
  test(`runServer: ${model} is interrupted while a client does not read`, async () => {
    const { worker, first } = await startThread({ options: { model }, answer: 33_554_432 });
    const ended = once(worker, 'exit');
    const client = await new Client(first.address, { paused: true }).connected();
    client.write('give');
    client.resume();
    await until(() => client.total > 0, 'it answers');
    client.socket.pause();
    const last = report(worker);
    await interrupt(worker);
    const { statistics } = await last;
    const { unsentConnections, protocolErrors, closed } = statistics as Statistics;
    assert.deepEqual([unsentConnections, protocolErrors, closed], [1, 0, 1]);
    await client.destroy();
    await ended;
  });
}

test('runServer: what needs threads, processes or Node itself is refused with the way out', () => {
  for (const model of ['node-net', 'blocking-threads', 'blocking-processes'] as const) {
    const onListening = () => assert.fail('it must not listen');
    assert.throws(() => runServer(echo, { model, port: 0, onListening }), {
      name: 'UnsupportedError',
      code: 'ERR_POLYIO_UNSUPPORTED',
      model,
      remedy: /serve/,
    });
  }
});

test('runServer: wrong arguments are refused before anything is opened', () => {
  const run = (options: object, protocol: unknown = echo) =>
    runServer(protocol as typeof echo, options as RunServerOptions);
  assert.throws(() => run({ model: 'epol' }), { name: 'TypeError', message: /'epol'/ });
  assert.throws(() => run({ port: 65_536 }), { name: 'RangeError', message: /port/ });
  assert.throws(() => run({ port: 0, highWatermark: 0 }), RangeError);
  assert.throws(() => run({ port: 0 }, {}), { code: 'ERR_POLYIO_PROTOCOL', message: /data/ });
  assert.throws(() => run({ port: 0 }, null), { code: 'ERR_POLYIO_PROTOCOL' });
});

test('runServer: a port in use is EADDRINUSE', async () => {
  const { worker, first } = await startThread({ options: { model: 'epoll' } });
  const { port } = first.address;
  const ended = once(worker, 'exit');
  assert.throws(() => runServer(echo, { port }), { code: 'EADDRINUSE', port });
  await interrupt(worker);
  await ended;
});
