import assert from 'node:assert/strict';
import { test } from '../harness/test.ts';
import { Client, childrenOf, Folder, isAlive, Serving, until } from './polyio-process.ts';

/** Answers the first byte with more than the kernel's buffers hold. */
const FLOOD = 'const big = new Uint8Array(32 << 20); export default { data(c) { c.write(big); } };';

/** A server that has bytes queued for a client that never reads. */
async function floodOf(
  model: string,
  args: readonly string[],
  body: (serving: Serving) => Promise<void>,
): Promise<void> {
  using folder = new Folder();
  const protocol = folder.file('flood.mjs', FLOOD);
  await using serving = await Serving.start([
    '--model',
    model,
    '--workers',
    '1',
    '--protocol',
    protocol,
    ...args,
  ]);
  await using client = await Client.connect(serving.port, { reads: false });
  client.socket.write('x');
  await serving.event('statistics', ({ messages }) => messages === 1);
  await body(serving);
}

for (const model of ['epoll', 'io-uring', 'blocking', 'blocking-processes', 'node-net']) {
  test(`serve --drain-timeout under ${model}: unsent bytes give exit code 3`, () =>
    floodOf(model, ['--drain-timeout', '100'], async (serving) => {
      assert.equal(await serving.stop(), 3);
      assert.match(
        serving.stderr,
        /^polyio: the drain ended after 100 ms: 1 connection with [\d,]+ bytes unsent; [^\n]+\n$/,
      );
      const stopped = serving.events.at(-1);
      assert.equal(stopped?.event, 'stopped');
      assert.equal(stopped?.['drained'], false);
      assert.ok((stopped?.['unsentBytes'] as number) > 1 << 20);
    }));
}

test('serve: a second signal stops at once, with 3 when bytes were unsent', () =>
  floodOf('epoll', [], async (serving) => {
    serving.child.kill('SIGTERM');
    await serving.event('draining');
    assert.equal(await serving.stop('SIGINT'), 3);
    assert.match(
      serving.stderr,
      /^polyio: stopped at once by the second signal: 1 connection with [\d,]+ bytes unsent\n$/,
    );
  }));

test('serve: many signals stop it once', () =>
  floodOf('epoll', [], async (serving) => {
    serving.child.kill('SIGTERM');
    await serving.event('draining');
    for (let i = 0; i < 5; i++) serving.child.kill('SIGTERM');
    assert.equal((await serving.ended).code, 3);
    assert.equal(serving.events.filter(({ event }) => event === 'stopped').length, 1);
  }));

test('serve: idle clients do not hold up the drain', async () => {
  await using serving = await Serving.start(['--model', 'epoll']);
  await using client = await Client.connect(serving.port);
  await client.echo('hello\n');
  const before = performance.now();
  assert.equal(await serving.stop(), 0);
  assert.ok(performance.now() - before < 5_000);
});

test('serve: a signal before it listens ends it with 0', async () => {
  // The module is slow to load, so that the signal surely comes first.
  using folder = new Folder();
  const slow =
    "console.log('loading'); await new Promise((r) => setTimeout(r, 300)); export default { data() {} };";
  const protocol = folder.file('slow.mjs', slow);
  await using serving = new Serving(['--port', '0', '--protocol', protocol]);
  await serving.prints(/loading/);
  assert.equal(await serving.stop(), 0);
  assert.doesNotMatch(serving.stdout, /listening/);
  assert.equal(serving.stderr, '');
});

test('serve: a worker that is killed ends the server with one sentence', async () => {
  await using serving = await Serving.start(['--model', 'blocking-processes', '--workers', '3']);
  const workers = childrenOf(serving.child.pid as number);
  assert.equal(workers.length, 3);
  process.kill(workers[1] as number, 'SIGKILL');
  assert.equal((await serving.ended).code, 1);
  assert.match(
    serving.stderr,
    /^polyio: worker process \d+ of blocking-processes was killed by SIGKILL; the server has stopped\n$/,
  );
  assert.match(serving.events.at(-1)?.['error'] as string, /killed by SIGKILL/);
  await until('the other workers to end', () => !workers.some(isAlive));
});

test('serve: a worker thread that dies ends the server with one sentence', async () => {
  using folder = new Folder();
  const late = "export default { data() { setImmediate(() => { throw new Error('late'); }); } };";
  const protocol = folder.file('late.mjs', late);
  await using serving = await Serving.start(['--model', 'node-net', '--protocol', protocol]);
  await using client = await Client.connect(serving.port);
  client.socket.write('x');
  assert.equal((await serving.ended).code, 1);
  assert.match(serving.stderr, /^polyio: worker thread 0 of node-net died: late; [^\n]+\n$/);
});

test('serve: worker processes die with a parent that is killed', async () => {
  await using serving = await Serving.start(['--model', 'blocking-processes', '--workers', '3']);
  const workers = childrenOf(serving.child.pid as number);
  assert.equal(await serving.stop('SIGKILL'), null);
  await until('the workers to end', () => !workers.some(isAlive));
});
