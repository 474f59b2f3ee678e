/** Stopping: draining, aborting, and workers that die. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import type { Address } from '../../src/io.ts';
import { serve } from '../../src/servers.ts';
import { isThreadAlive } from '../../src/sys/threads.ts';
import { patternAt } from '../fixtures/protocol-scripted.ts';
import { UNDER_WINE } from '../harness/emulator.ts';
import { HAS_PROC } from '../harness/proc.ts';
import { Client, until } from './server-client.ts';
import { lives } from './server-host.ts';
import { ECHO, type ServerSuite, serverCase, start, startEcho } from './server-suite.ts';

const MUCH = 16 * 1_048_576;
const CROWD = 200;

function drainCases(suite: ServerSuite): void {
  serverCase(suite, 'close() without clients', async () => {
    await using started = await startEcho(suite);
    const { server } = started;
    assert.equal(server.model, suite.model);
    assert.equal(server.workers, suite.workers ?? 1);
    const report = await server.close();
    assert.deepEqual(report, { drained: true, unsentBytes: 0, unsentConnections: 0 });
    await server.finished;
    assert.deepEqual(await server.close(), report);
    await server.abort();
  });

  serverCase(suite, 'close() shuts idle connections at once', async () => {
    await using started = await startEcho(suite);
    const clients = await started.connectMany(suite, 10);
    for (const client of clients) {
      client.write('hi');
      await client.read(2);
      client.socket.once('end', () => client.end());
    }
    const closing = started.server.close();
    await Promise.all(clients.map((client) => client.rest()));
    assert.equal((await closing).drained, true);
    await started.server.finished;
    await started.allClosed(clients.length);
    for (const client of clients) assert.equal(client.error, undefined);
  });

  serverCase(suite, 'close() sends what is queued, and takes nobody in meanwhile', async () => {
    await using started = await start(suite, { on: { data: { do: 'endWith', bytes: MUCH } } });
    const client = await started.connect({ paused: true });
    client.write('go');
    await started.called('data');
    const closing = started.server.close();
    await refusedSoon(started.server.address);
    client.resume();
    const got = await client.rest();
    assert.equal(got.length, MUCH);
    assert.ok(
      got.every((byte, at) => byte === patternAt(at)),
      'the bytes differ',
    );
    client.end();
    assert.deepEqual(await closing, { drained: true, unsentBytes: 0, unsentConnections: 0 });
  });

  serverCase(suite, 'close() gives up on who never reads, and counts it', async () => {
    await using started = await start(suite);
    const client = await started.connect({ paused: true });
    client.command({ do: 'blast', bytes: MUCH, piece: MUCH });
    await started.called('data');
    const report = await started.server.close({ timeoutMs: 300 });
    assert.equal(report.drained, false);
    assert.equal(report.unsentConnections, 1);
    assert.ok(report.unsentBytes > 0);
    await started.server.finished;
    await started.allClosed(1);
  });

  serverCase(suite, 'close() keeps an echo whole up to where it was read', async () => {
    await using started = await startEcho(suite);
    const client = await started.connect({ paused: true });
    // Not more than the server reads after its goodbye: the rest would be answered with a reset.
    const length = MUCH / 2;
    const bytes = Buffer.from(Uint8Array.from({ length }, (_, at) => patternAt(at)));
    client.write(bytes);
    let before = -1;
    await until(() => {
      const { bytesOut } = started.server.statistics();
      const isStuck = bytesOut > 0 && bytesOut === before;
      before = bytesOut;
      return isStuck;
    }, 'the client has more than it reads');
    const closing = started.server.close();
    await turn();
    client.resume();
    const got = await client.rest();
    assert.equal(got.length, started.server.statistics().bytesOut);
    assert.ok(bytes.subarray(0, got.length).equals(got), 'the bytes differ');
    await client.destroy();
    assert.equal((await closing).drained, true);
  });
}

/** Tries to connect until the kernel refuses it: the listening socket is closed. */
async function refusedSoon(address: Address): Promise<void> {
  const probes: Client[] = [];
  await until(() => {
    probes.push(new Client(address));
    return probes.some(({ error }) => error?.code === 'ECONNREFUSED');
  }, 'clients are refused');
  for (const { socket } of probes) socket.destroy();
}

/** Whether a thread of this process, or of a worker process, lives. */
function threadLives(pid: number, tid: number): boolean {
  return HAS_PROC ? existsSync(`/proc/${pid}/task/${tid}`) : isThreadAlive(pid, tid);
}

function abortCases(suite: ServerSuite): void {
  serverCase(suite, 'abort() closes every connection at once', async () => {
    await using started = await start(suite);
    const clients = await started.connectMany(suite, 10);
    for (const client of clients) await client.ask({ do: 'info' });
    await started.server.abort();
    await Promise.all(clients.map((client) => client.closed()));
    await started.server.finished;
    assert.equal(started.log('close').length, clients.length);
    const { active, closed, accepted } = started.server.statistics();
    assert.deepEqual([active, closed], [0, accepted]);
  });

  serverCase(suite, 'a server that is used drains, its worker thread ends', async () => {
    let [pid, tid] = [0, 0];
    {
      await using started = await start(suite);
      const client = await started.connect();
      const told = await client.ask({ do: 'info' });
      [pid, tid] = [Number(told['pid']), Number(told['tid'])];
      assert.ok(threadLives(pid, tid));
      await client.destroy();
      await using server = started.server;
      assert.match(String(server.workers), /\d/);
    }
    await until(() => !threadLives(pid, tid), 'the thread is gone');
  });

  serverCase(suite, 'an AbortSignal ends it, before the start and after', async () => {
    const { model, workers = 1 } = suite;
    const reason = new Error('not wanted any more');
    const options = { model, workers, port: 0 };
    await assert.rejects(serve(ECHO, { ...options, signal: AbortSignal.abort(reason) }), reason);
    const early = new AbortController();
    const starting = serve(ECHO, { ...options, signal: early.signal });
    early.abort(reason);
    await assert.rejects(starting, reason);
    const late = new AbortController();
    await using started = await startEcho(suite, { signal: late.signal });
    const client = await started.connect();
    late.abort();
    await client.closed();
    await started.server.finished;
  });
}

function deathCases(suite: ServerSuite): void {
  for (const status of [3, 0]) {
    serverCase(
      suite,
      `a protocol that calls process.exit(${status}) rejects finished`,
      async () => {
        await using started = await start(suite);
        const clients = await started.connectMany(suite, 3);
        for (const client of clients) await client.ask({ do: 'info' });
        clients[0]?.command({ do: 'exit', bytes: status });
        await assert.rejects(started.server.finished, {
          code: 'ERR_POLYIO_WORKER_DIED',
          message: new RegExp(`worker .* of ${suite.model} .*${status}`),
        });
        await Promise.all(clients.map((client) => client.closed()));
        assert.equal((await started.server.close({ timeoutMs: 100 })).unsentBytes, 0);
      },
    );
  }

  serverCase(
    suite,
    'a worker process that is killed rejects finished, and the others end',
    async () => {
      await using started = await start(suite);
      const clients = await started.connectMany(suite, 3);
      const pids = await Promise.all(
        clients.map(async (client) => Number((await client.ask({ do: 'info' }))['pid'])),
      );
      assert.equal(new Set(pids).size, clients.length);
      process.kill(pids[0] as number, 'SIGKILL');
      await assert.rejects(started.server.finished, {
        code: 'ERR_POLYIO_WORKER_DIED',
        message: /was killed by SIGKILL/,
      });
      await until(() => !pids.some(lives), 'they are gone');
    },
    { skip: suite.hasProcesses !== true && 'its workers are threads' },
  );
}

function loopCases(suite: ServerSuite): void {
  serverCase(suite, "the caller's loop stays free", async () => {
    await using started = await startEcho(suite);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    const client = await started.connect();
    client.write('hi');
    await client.read(2);
    await until(() => ticks >= 10, 'timers run');
    clearInterval(timer);
  });

  serverCase(
    suite,
    `two workers share ${CROWD} clients`,
    async () => {
      await using started = await start({ ...suite, workers: 2 });
      const clients = Array.from({ length: CROWD }, () => started.client());
      const answers = await Promise.all(
        clients.map(async (client) => (await client.connected()).ask({ do: 'info' })),
      );
      assert.equal(started.server.statistics().active, CROWD);
      // Whoever is busy leaves clients to the other one.
      clients[0]?.command({ do: 'sleep', ms: 1_000 });
      await started.called('data', CROWD + 1);
      const more = Array.from({ length: 5 }, () => started.client());
      for (const client of more) {
        answers.push(await (await client.connected()).ask({ do: 'info' }));
      }
      const tids = new Set(answers.map(({ tid }) => tid));
      await Promise.all([...clients, ...more].map((client) => client.destroy()));
      await started.allClosed(CROWD + more.length);
      assert.equal(tids.size, 2);
    },
    {
      skip:
        (suite.isShared !== true && 'the other models take one worker, or one client each') ||
        (UNDER_WINE && 'Wine loses lines that two threads append to one file, as the log of it'),
    },
  );
}

export function stoppingCases(suite: ServerSuite): void {
  drainCases(suite);
  abortCases(suite);
  deathCases(suite);
  loopCases(suite);
}
