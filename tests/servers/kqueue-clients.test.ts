/** `polyio serve --model kqueue` on the double, seen by clients that know nothing of it. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Client, missing, polyio, Serving } from '../cli/polyio-process.ts';
import { Double, doubledSystems, noDouble } from '../doubles/kqueue.ts';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const LIMIT_MS = 40_000;
const CONNECTIONS = 16;
const LARGE = 1_048_576;

/** Sends and compares: many small messages side by side, then large ones, each in one thread. */
const PYTHON = `
import os, socket, sys, threading
port, wrong = int(sys.argv[1]), []
def echo(size, rounds):
    with socket.create_connection(("127.0.0.1", port)) as s:
        for _ in range(rounds):
            sent = os.urandom(size)
            t = threading.Thread(target=s.sendall, args=(sent,))
            t.start()
            got = bytearray()
            while len(got) < size:
                part = s.recv(65536)
                if not part: break
                got += part
            t.join()
            if bytes(got) != sent: wrong.append(size)
jobs = [(64, 20)] * ${CONNECTIONS} + [(${LARGE}, 1)] * 4
threads = [threading.Thread(target=echo, args=job) for job in jobs]
for t in threads: t.start()
for t in threads: t.join()
print("wrong", wrong)
`;

async function echoLarge(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const sent = randomBytes(LARGE);
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => parts.push(part));
  socket.end(sent);
  await once(socket, 'close');
  return Buffer.concat(parts).equals(sent);
}

for (const system of doubledSystems()) {
  const serve = (title: string, body: (serving: Serving & { port: number }) => Promise<void>) => ({
    title: `serve --model kqueue on the double in the form of ${system}: ${title}`,
    run: async () => {
      using double = new Double(system);
      await using serving = await Serving.start(['--model', 'kqueue'], { env: double.env });
      await body(serving);
      assert.equal(await serving.stop(), 0, serving.stderr);
      assert.equal(serving.stderr, '');
      assert.equal((await serving.event('stopped'))['drained'], true);
    },
  });

  const netcat = serve('a client of the netcat kind', async ({ port }) => {
    const shell = `printf 'hello\\n' | nc -w 2 127.0.0.1 ${port}`;
    assert.equal((await runCommand('sh', ['-c', shell])).stdout, 'hello\n');
  });
  test(netcat.title, netcat.run, { limitMs: LIMIT_MS, skip: noDouble() || missing('nc') });

  const python = serve('twenty clients in Python, every byte compared', async ({ port }) => {
    const { stdout, stderr } = await runCommand('python3', ['-c', PYTHON, String(port)]);
    assert.equal(stdout, 'wrong []\n', stderr);
  });
  test(python.title, python.run, { limitMs: LIMIT_MS, skip: noDouble() || missing('python3') });

  const own = serve('our own, line by line and 1 MiB at once', async ({ port }) => {
    await using client = await Client.connect(port);
    for (let line = 0; line < 100; line++) await client.echo(`line ${line}\n`);
    const large = await Promise.all(Array.from({ length: 4 }, () => echoLarge(port)));
    assert.deepEqual(large, [true, true, true, true]);
  });
  test(own.title, own.run, { limitMs: LIMIT_MS, skip: noDouble() });

  test(
    `doctor on the double in the form of ${system} says that kqueue works, and how it was verified`,
    async () => {
      using double = new Double(system);
      const { stdout, stderr } = await polyio(['doctor'], { env: double.env });
      const proof = 'verified against a double and header tables, not yet on a BSD kernel';
      assert.match(stdout, new RegExp(`^ {2}yes {2}kqueue .*\\(${proof}\\)$`, 'm'), stderr);
    },
    { limitMs: LIMIT_MS, skip: noDouble() },
  );
}
