import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Contender, modelContender, peerContender } from '../../src/bench/contender.ts';
import { choosePinning, onCore, type Pinning } from '../../src/bench/pinning.ts';
import { treeOf } from '../../src/bench/process-tree.ts';
import { freePort, killServers, ServerProcess } from '../../src/bench/server-process.ts';
import { modelInfo } from '../../src/servers.ts';
import { isAlive, until } from '../cli/polyio-process.ts';
import { test } from '../harness/test.ts';

const CLI = fileURLToPath(new URL('../../src/cli.js', import.meta.url));
const serveCommand = [process.execPath, CLI, 'serve'];
const FREE = { port: 0, under: [] };

function program(source: string): Contender {
  return peerContender('peer', [process.execPath, '-e', source, '{port}']);
}

const LISTENER =
  'require("net").createServer((s) => s.pipe(s)).listen(Number(process.argv[1]), "127.0.0.1");';

async function echo({ host, port }: { host: string; port: number }): Promise<string> {
  const socket = connect(port, host);
  socket.write('hello');
  const [bytes] = await once(socket, 'data');
  socket.destroy();
  return String(bytes);
}

test('a model of ours says where it listens, and what it counted', async () => {
  const contender = modelContender(modelInfo('poll'), serveCommand);
  await using server = await ServerProcess.start(contender, FREE);
  assert.equal(await echo(server.target), 'hello');
  assert.equal(server.death, null);
  const counts = await server.stop();
  assert.equal(counts?.messages, 1);
  assert.match(server.death ?? '', /^ended with code 0/);
});

test('blocking-processes: no worker outlives it, whether it is stopped or killed', async () => {
  const contender = modelContender(modelInfo('blocking-processes'), serveCommand);
  for (const isKilled of [false, true]) {
    await using server = await ServerProcess.start(contender, FREE);
    const tree = treeOf(server.pid);
    assert.ok(tree.length >= 9, `${tree.length} processes`);
    if (isKilled) server.kill();
    else await server.stop();
    await until('the end of all of them', () => !tree.some(isAlive));
  }
});

/** The cores that each thread of a process may use. */
function coresOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).map((tid) => {
    const status = readFileSync(`/proc/${pid}/task/${tid}/status`, 'utf8');
    return /^Cpus_allowed_list:\s+(.*)$/m.exec(status)?.[1] ?? '';
  });
}

const pinning = choosePinning();

for (const contender of [
  modelContender(modelInfo('blocking-processes'), serveCommand),
  modelContender(modelInfo('blocking-threads'), serveCommand),
  program(LISTENER),
]) {
  test(
    `${contender.name}: every thread of its whole tree is kept on the core that it is given`,
    async () => {
      const { server: core } = pinning as Pinning;
      await using server = await ServerProcess.start(contender, { port: 0, under: onCore(core) });
      const cores = treeOf(server.pid).flatMap(coresOf);
      assert.deepEqual([...new Set(cores)], [String(core)]);
    },
    { skip: typeof pinning === 'string' ? pinning : false },
  );
}

test('a peer listens on the port that it is given', async () => {
  await using server = await ServerProcess.start(program(LISTENER), FREE);
  assert.equal(await echo(server.target), 'hello');
  assert.equal(await server.stop(), null, 'it tells no counts');
});

test('a peer that ignores SIGTERM is ended all the same, with what it started', async () => {
  const source = `process.on('SIGTERM', () => {});
    const child = require('child_process').spawn('sleep', ['1000']); ${LISTENER}`;
  await using server = await ServerProcess.start(program(source), FREE);
  const tree = treeOf(server.pid);
  assert.ok(tree.length >= 2);
  await server.stop();
  await until('the end of both', () => !tree.some(isAlive));
});

/** A server that a shell started and waits for. */
function behindShell(): Contender {
  const script = `"$0" -e '${LISTENER}' "$1"; true`;
  return peerContender('peer', ['sh', '-c', script, process.execPath, '{port}']);
}

const ENDS: readonly [how: string, end: (server: ServerProcess) => unknown][] = [
  ['is stopped', (server) => server.stop()],
  ['is killed', (server) => server.kill()],
  ['loses its shell', ({ pid }) => void process.kill(pid, 'SIGKILL')],
];

for (const [how, end] of ENDS) {
  test(`a peer behind a shell that ${how} leaves no server`, async () => {
    const server = await ServerProcess.start(behindShell(), FREE);
    const tree = treeOf(server.pid);
    try {
      assert.equal(tree.length, 2, 'the shell and the server');
      assert.equal(await echo(server.target), 'hello');
      await end(server);
      await server[Symbol.asyncDispose]();
      await until('the end of both', () => !tree.some(isAlive));
    } finally {
      for (const pid of tree.filter(isAlive)) process.kill(pid, 'SIGKILL');
    }
  });
}

const FAILURES: readonly [what: string, contender: Contender, pattern: RegExp][] = [
  [
    'ends before it listens',
    program('console.error("no such\\noption"); process.exit(3)'),
    /^peer never listened: it ended with code 3: option$/,
  ],
  [
    'is killed',
    program('process.kill(process.pid, "SIGSEGV")'),
    /^peer never listened: it was killed by SIGSEGV$/,
  ],
  [
    'is no program',
    peerContender('peer', ['/no/such/program', '{port}']),
    /^peer never listened: it cannot be started: spawn .*ENOENT$/,
  ],
  [
    'never listens',
    program('setInterval(() => {}, 1000)'),
    /^peer never listened: nothing in 0.5 s$/,
  ],
];

for (const [what, contender, pattern] of FAILURES) {
  test(`a server that ${what}: one sentence, and nothing is left`, async () => {
    const started = ServerProcess.start(contender, { ...FREE, listenLimitMs: 500 });
    await assert.rejects(started, { name: 'MeasureFailure', message: pattern });
    const children = treeOf(process.pid).length;
    assert.ok(children <= 2, `${children} processes: the watchdog and this one`);
  });
}

test('deathWithin: tells an end that is under way, and does not wait for one that is not', async () => {
  const source = `process.on('SIGUSR2', () => setTimeout(() => process.exit(7), 50)); ${LISTENER}`;
  await using server = await ServerProcess.start(program(source), FREE);
  assert.equal(await server.deathWithin(20), null);
  process.kill(server.pid, 'SIGUSR2');
  assert.equal(await server.deathWithin(20_000), 'ended with code 7');
});

test('an abort ends the wait for a server', async () => {
  const abort = new AbortController();
  const silent = program('setInterval(() => {}, 1000)');
  const started = ServerProcess.start(silent, { ...FREE, signal: abort.signal });
  abort.abort(new Error('enough'));
  await assert.rejects(started, /enough/);
});

test('killServers: ends all that live', async () => {
  const servers = await Promise.all([1, 2].map(() => ServerProcess.start(program(LISTENER), FREE)));
  killServers();
  await until('their end', () => !servers.some(({ pid }) => isAlive(pid)));
  for (const server of servers) await server[Symbol.asyncDispose]();
});

test('freePort: one that nobody has, and the system’s error for one that somebody has', async () => {
  assert.ok((await freePort()) > 0);
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await assert.rejects(freePort(port), { code: 'EADDRINUSE' });
  server.close();
  await once(server, 'close');
});
