/** How the workers of one server come by their clients. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import type { InternetAddress } from '../../src/io.ts';
import { HOST } from '../../src/platform/host.ts';
import { modelInfo, type ServeOptions, type Server, serve } from '../../src/servers.ts';
import { Client } from './server-client.ts';
import { ECHO, type ServerSuite, serverCase, start, startEcho } from './server-suite.ts';

const CLIENTS = 40;
const WORKERS = 3;
const QUEUED = 20;
/** While a worker sleeps so long, clients queue up. */
const BUSY_MS = 400;
const EPOLLEXCLUSIVE = 1 << 28;
const LISTENING = '0A';

/** The listening sockets on a port, as the kernel counts them. */
function listenersOn(port: number): number {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = readFileSync('/proc/net/tcp', 'latin1').split('\n').slice(1);
  return lines.filter((line) => {
    const [, local = '', , state] = line.trim().split(/\s+/);
    return state === LISTENING && local.endsWith(end);
  }).length;
}

/** How many registrations of this process's epoll instances wake one waiter of several. */
function exclusiveRegistrations(): number {
  let found = 0;
  for (const fd of readdirSync('/proc/self/fdinfo')) {
    let text = '';
    try {
      text = readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1');
    } catch {
      // Closed since the folder was read.
    }
    for (const [, events] of text.matchAll(/^tfd:.*events:\s*([0-9a-f]+)/gm)) {
      if ((Number.parseInt(events as string, 16) & EPOLLEXCLUSIVE) !== 0) found++;
    }
  }
  return found;
}

/** One client after another, each served to its end. */
async function serveMany(server: Server): Promise<void> {
  for (let i = 0; i < CLIENTS; i++) {
    const client = await new Client(server.address).connected();
    client.write('hello');
    assert.equal((await client.read(5)).toString(), 'hello');
    client.end();
    await client.rest();
  }
}

function spreadOf(server: Server): number[] {
  return server.statistics().byWorker.map(({ accepted }) => accepted);
}

function sum(figures: readonly number[]): number {
  return figures.reduce((total, figure) => total + figure, 0);
}

const notLinux = HOST !== 'linux' && 'only Linux shows its sockets in /proc';

function portCases(suite: ServerSuite): void {
  const options: ServeOptions = { workers: WORKERS, accept: 'reuse-port' };

  serverCase(
    suite,
    `reuse-port: ${WORKERS} workers listen on one port, and clients are dealt out among them`,
    async () => {
      await using started = await startEcho(suite, options);
      const { server } = started;
      assert.deepEqual([server.accept, server.workers], ['reuse-port', WORKERS]);
      const { port } = server.address as InternetAddress;
      assert.equal(listenersOn(port), WORKERS);
      await serveMany(server);
      const spread = spreadOf(server);
      assert.equal(spread.length, WORKERS);
      assert.equal(sum(spread), CLIENTS);
      // All of them to one worker: once in 3^39 times.
      assert.ok(Math.max(...spread) < CLIENTS, `${spread}`);
      await server.close();
      assert.equal(listenersOn(port), 0);
    },
    { skip: notLinux },
  );

  serverCase(
    suite,
    'reuse-port: two servers on one port, one of which is closed, and nobody is refused',
    async () => {
      await using first = await startEcho(suite, { workers: 1, accept: 'reuse-port' });
      const { port } = first.server.address as InternetAddress;
      const second = { workers: 1, accept: 'reuse-port', port } as const;
      await using other = await startEcho(suite, second);
      await assert.rejects(serve(ECHO, { model: suite.model, port }), { code: 'EADDRINUSE', port });
      await first.server.close();
      await serveMany(other.server);
      assert.deepEqual(spreadOf(other.server), [CLIENTS]);
    },
    { skip: notLinux },
  );

  serverCase(suite, 'reuse-port: a drain takes in who is queued, and says goodbye', async () => {
    await using started = await start(suite, {}, { workers: 1, accept: 'reuse-port' });
    const busy = await started.connect();
    busy.command({ do: 'sleep', ms: BUSY_MS });
    await started.called('data');
    const waiting = await Promise.all(Array.from({ length: QUEUED }, () => started.connect()));
    for (const client of waiting) client.write('x');
    const closing = started.server.close();
    for (const client of [busy, ...waiting]) {
      await client.rest();
      assert.equal(client.error, undefined);
      client.end();
    }
    assert.equal((await closing).drained, true);
    assert.deepEqual(spreadOf(started.server), [QUEUED + 1]);
  });
}

function epollCases(suite: ServerSuite): void {
  const modes: readonly [ServeOptions, string, number][] = [
    [{ workers: WORKERS }, 'exclusive', WORKERS],
    [{ workers: WORKERS, accept: 'exclusive' }, 'exclusive', WORKERS],
    [{ workers: WORKERS, accept: 'shared' }, 'shared', 0],
    [{ workers: WORKERS, accept: 'reuse-port' }, 'reuse-port', 0],
    [{}, 'shared', 0],
  ];
  serverCase(
    suite,
    'exclusive: the kernel is told to wake one worker, and by default it is',
    async () => {
      for (const [options, accept, registrations] of modes) {
        await using started = await startEcho(suite, options);
        // Who has answered has registered the listener before.
        await serveMany(started.server);
        assert.equal(started.server.accept, accept);
        if (accept === 'exclusive') {
          assert.ok(exclusiveRegistrations() > 0 && exclusiveRegistrations() <= registrations);
        } else {
          assert.equal(exclusiveRegistrations(), 0);
        }
      }
    },
    { skip: notLinux },
  );
}

export function acceptingCases(suite: ServerSuite): void {
  const { maxWorkers, name } = modelInfo(suite.model);

  serverCase(suite, 'shared: the figures of each worker add up', async () => {
    const workers = Math.min(WORKERS, maxWorkers);
    await using started = await startEcho(suite, { workers, accept: 'shared' });
    const { server } = started;
    assert.equal(server.accept, 'shared');
    await serveMany(server);
    const { accepted, acceptsInVain, byWorker } = server.statistics();
    assert.equal(byWorker.length, workers);
    assert.equal(accepted, CLIENTS);
    assert.equal(sum(spreadOf(server)), CLIENTS);
    const inVain = byWorker.map((worker) => worker.acceptsInVain);
    if (suite.model !== 'non-blocking') assert.equal(sum(inVain), acceptsInVain);
  });

  if (maxWorkers > 1) portCases(suite);
  if (name.startsWith('epoll')) epollCases(suite);
}
