/** Every byte comes back, whatever the sizes and the order of writing and reading. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { EMULATOR } from '../harness/emulator.ts';
import type { Client } from './server-client.ts';
import { type ServerSuite, type Started, serverCase, startEcho } from './server-suite.ts';

const MESSAGES = 20;
const MANY = EMULATOR === undefined ? 50 : 8;
const LONG = EMULATOR === undefined ? 8 : 2;
const MEBIBYTE = 1_048_576;
const SCHEDULES = 30;
const SCHEDULES_EMULATED = 3;
/** How many workers a pool has by default; a program of an emulator starts slowly. */
const POOL = EMULATOR === undefined ? 8 : 2;

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function pingPong(client: Client, messages: number, size: number): Promise<void> {
  const sent = createHash('sha256');
  const received = createHash('sha256');
  for (let i = 0; i < messages; i++) {
    const message = randomBytes(size);
    sent.update(message);
    client.write(message);
    received.update(await client.read(size));
  }
  assert.equal(received.digest('hex'), sent.digest('hex'));
}

async function bulk(client: Client, size: number): Promise<void> {
  const bytes = randomBytes(size);
  client.write(bytes);
  assert.equal(digest(await client.read(size)), digest(bytes));
}

/** Clients one after the other, for models that serve few at once. */
async function inTurn(started: Started, count: number, use: (client: Client) => Promise<void>) {
  for (let i = 0; i < count; i++) {
    const client = await started.connect();
    await use(client);
    client.end();
    await client.rest();
    await client.destroy();
  }
}

async function echoes(
  suite: ServerSuite,
  most: number,
  use: (client: Client) => Promise<void>,
): Promise<void> {
  await using started = await startEcho(suite);
  const clients = await started.connectMany(suite, most);
  await Promise.all(clients.map(use));
  await Promise.all(clients.map((client) => client.destroy()));
  const later = clients.length < most ? Math.min(most, LONG) : 0;
  await inTurn(started, later, use);
  await started.allClosed(clients.length + later);
  const { bytesIn, bytesOut, messages, active } = started.server.statistics();
  assert.equal(bytesOut, bytesIn);
  assert.ok(messages >= clients.length + later);
  assert.equal(active, 0);
}

interface Schedule {
  readonly writes: readonly { readonly size: number; readonly waits: boolean }[];
  readonly reads: readonly number[];
}

const size = fc.oneof(
  fc.integer({ min: 1, max: 64 }),
  fc.integer({ min: 65, max: 5_000 }),
  fc.integer({ min: 60_000, max: 200_000 }),
);
const schedules: fc.Arbitrary<Schedule> = fc.record({
  writes: fc.array(fc.record({ size, waits: fc.boolean() }), { minLength: 1, maxLength: 12 }),
  reads: fc.array(fc.oneof(fc.integer({ min: 500, max: 3_000 }), size), {
    minLength: 1,
    maxLength: 6,
  }),
});

async function readBySchedule({ socket }: Client, total: number, reads: readonly number[]) {
  const hash = createHash('sha256');
  let received = 0;
  for (let i = 0; received < total; i++) {
    // What a client does not read stays with the server: this is what pauses it.
    const wanted = reads[i % reads.length] as number;
    let got = 0;
    while (got < wanted && received < total) {
      const bytes: Buffer = await new Promise((resolve, reject) => {
        const closed = () => reject(new Error(`closed after ${received} of ${total}`));
        socket.once('close', closed);
        socket.once('data', (data) => {
          // Here and not later: what has come beside it would be given to nobody.
          socket.pause();
          socket.off('close', closed);
          resolve(data);
        });
        socket.resume();
      });
      hash.update(bytes);
      got += bytes.length;
      received += bytes.length;
    }
    await turn();
  }
  assert.equal(received, total);
  return hash.digest('hex');
}

async function runSchedule(started: Started, { writes, reads }: Schedule): Promise<void> {
  const client = await started.connect({ paused: true });
  const bytes = randomBytes(writes.reduce((sum, write) => sum + write.size, 0));
  client.socket.removeAllListeners('data');
  const reading = readBySchedule(client, bytes.length, reads);
  let at = 0;
  for (const write of writes) {
    client.write(bytes.subarray(at, at + write.size));
    at += write.size;
    if (write.waits) await turn();
  }
  assert.equal(await reading, digest(bytes));
  await client.destroy();
}

export function echoCases(suite: ServerSuite): void {
  const { clients, schedules: usual = SCHEDULES } = suite;
  const runs = EMULATOR === undefined ? usual : SCHEDULES_EMULATED;
  const many = Math.min(MANY, clients);

  serverCase(suite, `echoes ${MESSAGES} messages of 64 bytes to each of ${many} clients`, () =>
    echoes(suite, MANY, (client) => pingPong(client, MESSAGES, 64)),
  );

  serverCase(
    suite,
    `echoes 1 MiB to each of ${LONG} clients, ${Math.min(LONG, clients)} at once`,
    () => echoes(suite, LONG, (client) => bulk(client, MEBIBYTE)),
  );

  serverCase(suite, 'echoes 1,000 writes of one byte', async () => {
    await using started = await startEcho(suite);
    const client = await started.connect();
    const bytes = randomBytes(1_000);
    for (const byte of bytes) client.write(Uint8Array.of(byte));
    assert.deepEqual(await client.read(bytes.length), bytes);
  });

  serverCase(suite, 'a client that says nothing gets nothing but a goodbye', async () => {
    await using started = await startEcho(suite);
    const client = await started.connect();
    client.end();
    assert.equal((await client.rest()).length, 0);
    await started.allClosed(1);
    const { messages, bytesIn, bytesOut } = started.server.statistics();
    assert.deepEqual({ messages, bytesIn, bytesOut }, { messages: 0, bytesIn: 0, bytesOut: 0 });
  });

  serverCase(
    suite,
    `${runs} random schedules of writing and reading come back whole`,
    async () => {
      await using started = await startEcho(suite);
      const property = fc.asyncProperty(schedules, (schedule) => runSchedule(started, schedule));
      await fc.assert(property, { numRuns: runs, endOnFailure: true });
      await started.allClosed(runs);
    },
    { limitMs: 90_000 },
  );

  serverCase(
    suite,
    'one client more than it serves waits, and is served when one leaves',
    async () => {
      const pool = clients === 1 ? suite : { ...suite, workers: POOL, clients: POOL };
      await using started = await startEcho(pool);
      const served = await started.connectMany(pool, pool.clients);
      await Promise.all(served.map((client) => pingPong(client, 1, 64)));
      const waiting = await started.connect();
      waiting.write('patience');
      await Promise.all(served.map((client) => pingPong(client, 10, 64)));
      assert.equal(waiting.total, 0);
      assert.equal(started.server.statistics().active, pool.clients);
      await served[0]?.destroy();
      assert.equal((await waiting.read(8)).toString(), 'patience');
    },
    { skip: suite.isBlocking !== true && 'it serves any number of clients at once' },
  );
}
