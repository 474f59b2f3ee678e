import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { InternetAddress } from '../../src/io.ts';
import { serve } from '../../src/servers.ts';
import { serverCases } from '../cases/server.ts';
import { until } from '../cases/server-client.ts';
import { Host } from '../cases/server-host.ts';
import { ECHO, isFull, type ServerSuite, serverCase, start } from '../cases/server-suite.ts';
import { runSource } from '../harness/child.ts';
import { NOBODY, unreadable } from '../harness/nobody.ts';

const suite: ServerSuite = { model: 'io-uring', clients: 50, isShared: true };
serverCases(suite);

const ROUNDS = isFull ? 100 : 10;
const CLOSES = isFull ? 10_000 : 1_000;
const BURST = isFull ? 10_000 : 500;
// Loading the modules of a worker takes some 50 at once; a wave of clients wants 100.
const LEFT = 70;
const BATCH = 50;

serverCase(
  suite,
  `${ROUNDS} servers one after another on one port: closing frees it at once`,
  async () => {
    const { port } = (await freePort()) as InternetAddress;
    for (let round = 0; round < ROUNDS; round++) {
      const server = await serve(ECHO, { model: 'io-uring', port });
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      await once(socket, 'connect');
      if (round % 2 === 0) await server.abort();
      else await server.close({ timeoutMs: 0 });
      socket.destroy();
    }
  },
);

async function freePort(): Promise<unknown> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as { address: string; port: number };
  server.close();
  await once(server, 'close');
  return { host: address.address, port: address.port };
}

serverCase(
  suite,
  `${CLOSES} connections ended by the server with a receive under way`,
  async () => {
    await using started = await start(suite, { on: { open: { do: 'destroy' } } });
    for (let done = 0; done < CLOSES; done += BATCH) {
      await Promise.all(
        Array.from({ length: BATCH }, async () => {
          const socket = connect((started.server.address as InternetAddress).port, '127.0.0.1');
          socket.on('error', () => {}).resume();
          await once(socket, 'close');
        }),
      );
    }
    await until(() => started.server.statistics().closed === CLOSES, 'all are closed');
    const { active, accepted, connectionErrors } = started.server.statistics();
    assert.deepEqual([active, accepted, connectionErrors], [0, CLOSES, 0]);
  },
);

/** Why a program is needed that is not there. */
function missing(program: string): string | false {
  const { error } = spawnSync(program, ['--version'], { stdio: 'ignore' });
  return error === undefined ? false : `${program} is not installed`;
}

/** A program that serves with few descriptors left, and connects to itself from a child. */
const BURST_SOURCE = `
  import { spawn } from 'node:child_process';
  import { once } from 'node:events';
  import { readdirSync } from 'node:fs';
  const { serve, ECHO_MODULE } = await import(${JSON.stringify(new URL('../../src/index.js', import.meta.url).href)});
  const options = { model: 'io-uring', port: 0, maxConnections: 100_000 };
  // The kernel looks at the limit when the accept is armed: it has to be lowered before.
  const first = await serve(ECHO_MODULE, options);
  const limit = '--nofile=' + (readdirSync('/proc/self/fd').length + ${LEFT});
  await once(spawn('prlimit', ['--pid', String(process.pid), limit]), 'exit');
  await first.abort();
  const server = await serve(ECHO_MODULE, options);
  // Waves of clients that stay until each of their wave is served or refused.
  const client = \`
    const { connect } = require('node:net');
    let left = ${BURST};
    async function wave() {
      const sockets = Array.from({ length: 100 }, () => connect(\${server.address.port}, '127.0.0.1'));
      const served = await Promise.all(sockets.map((socket) => new Promise((settled) => {
        socket.on('error', () => {}).on('close', () => settled(0)).on('data', () => settled(1));
        socket.write('x');
      })));
      for (const socket of sockets) socket.destroy();
      left -= served.reduce((sum, one) => sum + one, 0);
      if (left > 0) wave();
    }
    wave();
  \`;
  const child = spawn(process.execPath, ['-e', client], { stdio: 'inherit' });
  await once(child, 'exit');
  const { accepted, dropped } = server.statistics();
  await server.abort();
  console.log(JSON.stringify({ accepted, refused: dropped['descriptor-limit'] }));
  process.exit(0);
`;

serverCase(
  suite,
  `accepting survives a shortage: ${BURST} clients are served with ${LEFT} descriptors`,
  async () => {
    const { stdout, stderr, code } = await runSource(BURST_SOURCE);
    assert.deepEqual([code, stderr], [0, '']);
    const { accepted, refused } = JSON.parse(stdout) as { accepted: number; refused: number };
    assert.ok(accepted >= BURST, `${accepted} accepted, ${refused} refused`);
    assert.ok(refused > 0, 'there was no shortage');
  },
  { skip: missing('prlimit') },
);

/** Loads polyio as root, becomes nobody, and only then opens a ring. */
const SETUID_SOURCE = `
  const { serve, ECHO_MODULE, chooseModel } = await import(${JSON.stringify(new URL('../../src/index.js', import.meta.url).href)});
  process.setgid(${NOBODY});
  process.setuid(${NOBODY});
  const { connect } = await import('node:net');
  const server = await serve(ECHO_MODULE, { model: 'io-uring', port: 0 });
  const socket = connect(server.address.port, '127.0.0.1');
  socket.write('as nobody');
  socket.on('data', async (bytes) => {
    console.log(String(bytes), process.getuid(), chooseModel('default').model.name);
    await server.abort();
    process.exit(0);
  });
`;

serverCase(
  suite,
  'setuid before the server starts: the ring is opened with the rights of then',
  async () => {
    const { stdout, stderr, code } = await runSource(SETUID_SOURCE);
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal(stdout, `as nobody ${NOBODY} io-uring\n`);
  },
  { skip: unreadable() },
);

serverCase(suite, 'importing polyio opens no ring', async () => {
  // Node's own library may have some.
  const { stdout } = await runSource(`
    import { readdirSync, readlinkSync } from 'node:fs';
    function rings() {
      const links = readdirSync('/proc/self/fd').map((fd) => {
        try { return readlinkSync('/proc/self/fd/' + fd); } catch { return ''; }
      });
      return links.filter((link) => link.includes('io_uring')).length;
    }
    const before = rings();
    await import(${JSON.stringify(new URL('../../src/index.js', import.meta.url).href)});
    console.log(rings() - before);
  `);
  assert.equal(stdout, '0\n');
});

serverCase(suite, 'an idle server sleeps', async () => {
  await using host = await Host.start(suite, ECHO);
  const clients = await host.connectMany(20);
  for (const client of clients) {
    client.write('hi');
    await client.read(2);
  }
  await host.assertRests();
});
