/** The process around a server: its memory under clients that do not read, its end, its output. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { HAS_PROC } from '../harness/proc.ts';
import { until } from './server-client.ts';
import { childrenOf, Host, lives } from './server-host.ts';
import { ECHO, isFull, SCRIPTED, type ServerSuite, serverCase } from './server-suite.ts';

/** The full size is 50 clients that do not read for 10 s; POLYIO_TEST_FULL=1 runs it. */
const GREEDY = isFull ? 50 : 20;
const GREEDY_MS = isFull ? 10_000 : 500;
const GREEDY_BYTES = 4 * 1_048_576;
const GROWTH_KIB = 32 * 1_024;

function memoryCases(suite: ServerSuite): void {
  const count = Math.min(GREEDY, suite.clients);
  serverCase(
    suite,
    `${count} clients that send and do not read cost less than 32 MiB`,
    async () => {
      await using host = await Host.start(suite, ECHO);
      const bytes = Buffer.alloc(GREEDY_BYTES, 'greedy');
      const warm = await host.connectMany(count);
      for (const client of warm) client.write(bytes);
      await Promise.all(warm.map((client) => client.read(bytes.length)));
      await Promise.all(warm.map((client) => client.destroy()));
      const before = host.memoryKiB();
      const clients = await host.connectMany(count, { paused: true });
      for (const client of clients) client.write(bytes);
      let most = 0;
      const begun = performance.now();
      await until(() => {
        most = Math.max(most, host.memoryKiB() - before);
        return performance.now() - begun > GREEDY_MS;
      }, 'the time is over');
      assert.ok(most < GROWTH_KIB, `${most} KiB more`);
      for (const client of clients) client.resume();
      const digest = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');
      const expected = digest(bytes);
      for (const client of clients) assert.equal(digest(await client.read(bytes.length)), expected);
    },
    { skip: !HAS_PROC && 'no file tells the memory of another process here' },
  );
}

function endCases(suite: ServerSuite): void {
  const ways = [
    ['process.exit(7)', 'exit', { code: 7, signal: null }],
    ['an uncaught throw', 'throw', { code: 1, signal: null }],
    ['SIGTERM', 'SIGTERM', { code: null, signal: 'SIGTERM' }],
  ] as const;
  for (const [what, order, expected] of ways) {
    serverCase(suite, `${what} on main ends a serving process with its code`, async () => {
      await using host = await Host.start(suite, ECHO);
      const client = await host.client().connected();
      client.write('here');
      await client.read(4);
      const workers = childrenOf(host.pid);
      const processes = HAS_PROC && suite.hasProcesses === true ? (suite.workers ?? 1) : 0;
      assert.equal(workers.length, processes);
      if (order === 'SIGTERM') host.child.kill(order);
      else host.order(order);
      assert.deepEqual(await host.ended(), expected, host.errors);
      await until(() => !workers.some(lives), 'no worker process is left');
      await client.closed();
    });
  }
}

function outsideCases(suite: ServerSuite): void {
  serverCase(
    suite,
    "console.log in a callback writes at once, and the starter's loop is free",
    async () => {
      await using host = await Host.start(suite, SCRIPTED);
      const client = await host.client().connected();
      const before = await host.ask('ticks');
      await client.ask({ do: 'print', text: 'printed while serving' });
      await until(() => host.output.includes('printed while serving\n'), 'it is printed');
      await until(() => host.output.endsWith('\n'), 'the line is complete');
      assert.ok(before.ticks >= 0);
    },
  );

  serverCase(suite, 'an async callback leaves no unhandled rejection behind', async () => {
    const script = JSON.stringify({ fault: { callback: 'data', kind: 'reject' } });
    await using host = await Host.start(suite, SCRIPTED, {}, { POLYIO_TEST_SCRIPT: script });
    for (let i = 0; i < 3; i++) {
      const client = await host.client().connected();
      client.command({ do: 'nothing' });
      await client.closed();
    }
    const { protocolErrors } = await host.ask('statistics');
    assert.equal(protocolErrors, 3);
    host.order('exit');
    assert.deepEqual(await host.ended(), { code: 7, signal: null });
    assert.equal(host.errors, '');
  });
}

export function processCases(suite: ServerSuite): void {
  memoryCases(suite);
  endCases(suite);
  outsideCases(suite);
}
