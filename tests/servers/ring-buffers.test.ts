import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Address } from '../../src/io.ts';
import type { PoolSizes } from '../../src/servers/receive-pool.ts';
import { ControlBlock, STOP } from '../../src/servers/statistics.ts';
import { modelInfo } from '../../src/servers.ts';
import { interrupt } from '../../src/sys/interrupt.ts';
import { Client, until } from '../cases/server-client.ts';
import { isFull } from '../cases/server-suite.ts';
import { patternAt } from '../fixtures/protocol-scripted.ts';
import type { SmallRingOrder, SmallRingReport } from '../fixtures/small-ring-thread.ts';
import { test } from '../harness/test.ts';

const refused = modelInfo('io-uring').unavailable();
const skip = refused === null ? false : `${refused.reason}; ${refused.remedy}`;

/** Two buffers for small messages, two for bulk. */
const FOUR: PoolSizes = { smallBuffers: 2, smallBytes: 16_384, bulkBuffers: 2, bulkBytes: 65_536 };
const CLIENTS = 256;
const BYTES = isFull ? 1_048_576 : 262_144;

class SmallRing {
  readonly control: ControlBlock;
  readonly address: Address;
  readonly #worker: Worker;

  private constructor(worker: Worker, control: ControlBlock, address: Address) {
    this.#worker = worker;
    this.control = control;
    this.address = address;
  }

  static async start(sizes: PoolSizes): Promise<SmallRing> {
    const memory = new SharedArrayBuffer(ControlBlock.size(1));
    const order: SmallRingOrder = { sizes, memory };
    const url = new URL('../fixtures/small-ring-thread.js', import.meta.url);
    const worker = new Worker(url, { workerData: order });
    // Its end by an interrupt is the end of a test that has failed, and says why itself.
    worker.on('error', () => {});
    const [address] = (await once(worker, 'message')) as [Address];
    return new SmallRing(worker, new ControlBlock(memory, 1), address);
  }

  async client(): Promise<Client> {
    return await new Client(this.address).connected();
  }

  /** Ends it, and returns what became of its buffers. */
  async stop(): Promise<SmallRingReport> {
    const report = once(this.#worker, 'message') as Promise<[SmallRingReport]>;
    const ended = once(this.#worker, 'exit');
    this.control.stop = STOP.drain;
    // A client that comes and goes ends the wait; the thread has no waker.
    const last = await new Client(this.address).connected().catch(() => null);
    await last?.destroy();
    const [found] = await report;
    await ended;
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#worker.threadId > 0) await interrupt(this.#worker).catch(() => {});
    await this.#worker.terminate();
  }
}

function pattern(length: number, seed: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, at) => patternAt(at + seed)));
}

test(
  `4 buffers for ${CLIENTS} clients of ${BYTES} bytes: all finish, 4 buffers back`,
  async () => {
    await using ring = await SmallRing.start(FOUR);
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => ring.client()));
    // Every client has bytes of its own: the same ones, from another place on.
    const all = pattern(BYTES + CLIENTS, 0);
    await Promise.all(
      clients.map(async (client, seed) => {
        const bytes = all.subarray(seed, seed + BYTES);
        client.write(bytes);
        const got = await client.read(bytes.length);
        assert.ok(got.equals(bytes), `the bytes of client ${seed} differ`);
      }),
    );
    await Promise.all(clients.map((client) => client.destroy()));
    assert.deepEqual(await ring.stop(), { piecesOut: 0, free: [2, 2] });
  },
  { skip, limitMs: 60_000 },
);

test(
  'clients that do not read hold no buffer when others need one',
  async () => {
    await using ring = await SmallRing.start(FOUR);
    const deaf = await Promise.all(Array.from({ length: 16 }, () => ring.client()));
    const much = pattern(8 * 1_048_576, 0);
    for (const client of deaf) {
      client.socket.pause();
      client.write(much);
    }
    const { counters } = ring.control.workers[0] as ControlBlock['workers'][0];
    await until(() => (counters[2] as number) > deaf.length, 'they are received from');
    const quick = await Promise.all(Array.from({ length: 8 }, () => ring.client()));
    for (let round = 0; round < 50; round++) {
      await Promise.all(
        quick.map(async (client, seed) => {
          const bytes = pattern(1 + ((round * 977) % 40_000), seed);
          client.write(bytes);
          assert.ok((await client.read(bytes.length)).equals(bytes));
        }),
      );
    }
    await Promise.all([...deaf, ...quick].map((client) => client.destroy()));
    await until(() => ring.control.active === 0, 'all are closed');
    assert.deepEqual(await ring.stop(), { piecesOut: 0, free: [2, 2] });
  },
  { skip, limitMs: 60_000 },
);
