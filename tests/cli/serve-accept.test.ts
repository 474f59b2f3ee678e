import assert from 'node:assert/strict';
import { acceptUnavailable, chooseModel, type Statistics } from '../../src/servers.ts';
import { test } from '../harness/test.ts';
import { assertFails, Client, polyio, Serving } from './polyio-process.ts';

const CLIENTS = 20;

for (const accept of ['shared', 'exclusive', 'reuse-port']) {
  test(`serve --accept ${accept}: says so, and how many each worker had`, async () => {
    const args = ['--model', 'epoll', '--workers', '2', '--accept', accept];
    await using serving = await Serving.start(args);
    const listening = await serving.event('listening');
    assert.deepEqual([listening['workers'], listening['accept']], [2, accept]);
    for (let i = 0; i < CLIENTS; i++) {
      await using client = await Client.connect(serving.port);
      await client.echo('hello\n');
    }
    assert.equal(await serving.stop(), 0, serving.stderr);
    const { statistics } = await serving.event('stopped');
    const { byWorker } = statistics as Statistics;
    assert.equal(byWorker.length, 2);
    assert.equal(
      byWorker.reduce((total, { accepted }) => total + accepted, 0),
      CLIENTS,
    );
    assert.ok(byWorker.every(({ acceptsInVain }) => acceptsInVain >= 0));
  });
}

test('serve --accept reuse-port: the text tells it at the start and at the end', async () => {
  const args = ['--port', '0', '--model', 'poll', '--workers', '3', '--accept', 'reuse-port'];
  await using serving = new Serving(args);
  await serving.prints(/\n3 workers: a listening socket for each of them, among which/);
  const port = await serving.prints(/listening on 127\.0\.0\.1:(\d+) /);
  await serving.prints(/Ctrl-C\n/);
  {
    await using client = await Client.connect(Number(port));
    await client.echo('hello\n');
  }
  assert.equal(await serving.stop(), 0, serving.stderr);
  assert.match(serving.stdout, /\nconnections by worker: (?=.*1)[01], [01], [01]\n$/);
});

const WRONG: readonly [args: string, pattern: RegExp][] = [
  [
    '--model poll --accept exclusive',
    /--accept exclusive: only epoll .*take one of epoll, epoll-e/,
  ],
  ['--model blocking --accept reuse-port', /--accept reuse-port: it has one worker.*io-uring$/m],
  ['--path none.sock --accept reuse-port', /--accept reuse-port is about ports/],
  ['--accept often', /'often' is invalid.*shared, exclusive, reuse-port/],
];

for (const [args, pattern] of WRONG) {
  test(`serve ${args}: wrong usage, in one sentence`, async () => {
    assertFails(await polyio(['serve', ...args.split(' ')]), 2, pattern);
  });
}

test('serve --accept exclusive: a default that cannot is no silent fallback', async () => {
  const { model } = chooseModel('default');
  const args = ['serve', '--port', '0', '--accept', 'exclusive'];
  // Which model the default is, is this kernel's affair.
  if (acceptUnavailable(model, 'exclusive') === null) {
    await using serving = new Serving(args.slice(1));
    await serving.prints(new RegExp(`model ${model.name}, `));
  } else {
    assertFails(await polyio(args), 1, /take one of epoll, epoll-edge/);
  }
});
