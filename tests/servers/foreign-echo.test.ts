/**
 * Servers under another system's Node, which `POLYIO_FOREIGN_NODE` names, and clients of this
 * machine's own: bytes that cross the border, each of them looked at.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { random as seededRandom } from '../cases/random.ts';
import { FOREIGN_NODE, noForeignNode } from '../harness/foreign.ts';
import { test } from '../harness/test.ts';

const MODELS = (process.env['POLYIO_FOREIGN_MODELS'] ?? '')
  .split(',')
  .filter((name) => name !== '');
const PROGRAM = fileURLToPath(new URL('../fixtures/outside-servers.js', import.meta.url));

const ROUNDS = 10;
const SMALL = { connections: 16, bytes: 64 };
const LARGE = { connections: 4, bytes: 1 << 20 };
const START_MS = 60_000;

interface Place {
  readonly control: number;
  readonly ports: Readonly<Record<string, number>>;
}

let program: ChildProcess | undefined;
let place: Promise<Place> | undefined;
const lines: string[] = [];

function started(): Promise<Place> {
  place ??= new Promise((resolve, reject) => {
    const child = spawn(FOREIGN_NODE, [PROGRAM, ...MODELS], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    program = child;
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the servers ended with code ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      if (lines.length === 1) resolve(JSON.parse(line) as Place);
    });
  });
  return place;
}

after(() => program?.kill());

/** Sends `bytes` and expects them back, and then the end of the stream. */
async function echo(port: number, bytes: Buffer): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  let at = 0;
  socket.on('data', (part: Buffer) => {
    const same = part.equals(bytes.subarray(at, at + part.length));
    if (!same) socket.destroy(new Error(`the bytes from ${at} on came back as others`));
    at += part.length;
    if (at === bytes.length) socket.end();
  });
  const ended = once(socket, 'end');
  socket.write(bytes);
  await ended;
  assert.equal(at, bytes.length);
  socket.destroy();
}

async function round(port: number, random: () => number): Promise<void> {
  for (const { connections, bytes } of [SMALL, LARGE]) {
    const payloads = Array.from({ length: connections }, () =>
      Buffer.from(Uint32Array.from({ length: bytes / 4 }, () => random() * 2 ** 32).buffer),
    );
    await Promise.all(payloads.map((payload) => echo(port, payload)));
  }
}

// Before the first test counts what is open.
const skip = noForeignNode;
if (!skip) await started();

for (const model of skip ? ['every model'] : MODELS) {
  test(
    `${model}: ${ROUNDS} of ${ROUNDS} rounds of 16 x 64 B and 4 x 1 MiB come back from another system`,
    async (context) => {
      const { ports } = await started();
      const seed = Math.floor(Math.random() * 2 ** 31);
      context.diagnostic(`seed ${seed}`);
      const random = seededRandom(seed);
      const begun = performance.now();
      for (let at = 0; at < ROUNDS; at++) await round(ports[model] as number, random);
      const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
      context.diagnostic(`${model}: ${ROUNDS} rounds in ${seconds} s`);
    },
    { limitMs: 90_000 + START_MS, skip },
  );
}

test(
  'the servers of another system drain and end when they are told to',
  async () => {
    const { control, ports } = await started();
    const ended = once(program as ChildProcess, 'exit');
    connect(control, '127.0.0.1').on('error', () => {});
    const [code] = await ended;
    assert.equal(code, 0);
    for (const line of lines.slice(1)) {
      const { model, drained, accepted, closed, bytesIn, bytesOut } = JSON.parse(line);
      const connections = ROUNDS * (SMALL.connections + LARGE.connections);
      const bytes = ROUNDS * (SMALL.connections * SMALL.bytes + LARGE.connections * LARGE.bytes);
      assert.deepEqual(
        [drained, accepted, closed, bytesIn, bytesOut],
        [true, connections, connections, bytes, bytes],
        model,
      );
    }
    assert.equal(lines.length, 1 + Object.keys(ports).length);
  },
  { limitMs: START_MS, skip },
);
