// Schedules that nobody would write by hand: whatever is recorded, linked, drained, limited, cancelled
// and closed, every operation settles once, and nothing is left.
import assert from 'node:assert/strict';
import {
  type CompletionQueue,
  MultishotOperation,
  type Operation,
  type ProvidedBuffers,
} from '../../src/completion.ts';
import type { Socket } from '../../src/index.ts';
import { type Case, full } from './completion.ts';
import { random } from './random.ts';
import { connectedPair } from './selector-descriptors.ts';

const STEPS = 400;
const PAIRS = 4;

class Schedule {
  readonly #queue: CompletionQueue;
  readonly #chance: () => number;
  readonly #pairs = Array.from({ length: PAIRS }, () => connectedPair());
  readonly #pending: Operation<unknown>[] = [];
  readonly #settled = new Set<Operation<unknown>>();
  readonly #buffers: ProvidedBuffers;

  constructor(queue: CompletionQueue, seed: number) {
    this.#queue = queue;
    this.#buffers = queue.provideBuffers({ count: 2, size: 16 });
    this.#chance = random(seed);
  }

  step(): void {
    const acts = [
      () => this.#record(),
      () => this.#record(),
      () => this.#record(),
      () => this.#pick(this.#pending)?.cancel(),
      () => this.#cancelOne(),
      () => this.#feed(),
      () => this.#feed(),
      () => this.#replace(),
      () => this.#queue.submit(),
      () => this.#look(),
      () => this.#look(),
    ];
    this.#pick(acts)?.();
  }

  end(): void {
    for (const receipt of this.#pending) receipt.cancel();
    while (this.#queue.pending > 0) this.#take(this.#queue.wait({ timeoutMs: 20_000 }));
    this.#take(this.#queue.wait({ min: 0 }));
    const unsettled = this.#pending.filter((receipt) => !this.#settled.has(receipt));
    assert.deepEqual(unsettled, []);
    assert.equal(this.#buffers.available, 2, 'every buffer is back');
    this.#buffers[Symbol.dispose]();
    for (const pair of this.#pairs) for (const socket of pair) socket.close();
  }

  #pick<Item>(items: readonly Item[]): Item | undefined {
    return items[Math.floor(this.#chance() * items.length)];
  }

  #socket(): Socket {
    const [one, other] = this.#pick(this.#pairs) as [Socket, Socket];
    return this.#chance() < 0.5 ? one : other;
  }

  #record(): void {
    const queue = this.#queue;
    const options = {
      link: this.#chance() < 0.3,
      drain: this.#chance() < 0.05,
      timeoutMs: this.#chance() < 0.2 ? this.#chance() * 3 : undefined,
    };
    const socket = this.#socket();
    const kinds: readonly (() => Operation<unknown>)[] = [
      () => queue.recv(socket, Buffer.alloc(50), { ...options, all: this.#chance() < 0.2 }),
      () => queue.send(socket, Buffer.alloc(1 + this.#chance() * 100), options),
      () => queue.poll(socket, 1 + Math.floor(this.#chance() * 2), options),
      () => queue.timeout(this.#chance() * 3, options),
      () => queue.recvMultishot(socket, this.#buffers),
      () => queue.recvMessage(socket, Buffer.alloc(20), { ...options, controlSize: 32 }),
    ];
    this.#pending.push((this.#pick(kinds) as () => Operation<unknown>)());
  }

  #cancelOne(): void {
    const target = this.#chance() < 0.5 ? this.#pick(this.#pending) : this.#socket();
    if (target !== undefined) this.#pending.push(this.#queue.cancel(target));
  }

  #feed(): void {
    const socket = this.#socket();
    socket.trySend(Buffer.alloc(1 + this.#chance() * 60));
  }

  /** Closes both ends of a pair through the queue, and puts another in its place. */
  #replace(): void {
    if (this.#chance() < 0.7) return;
    const index = Math.floor(this.#chance() * PAIRS);
    for (const socket of this.#pairs[index] ?? []) this.#pending.push(this.#queue.close(socket));
    this.#pairs[index] = connectedPair();
  }

  #look(): void {
    this.#take(this.#queue.wait({ min: this.#chance() < 0.5 ? 0 : 1, timeoutMs: 1 }));
  }

  /** Takes all or some of the pieces; whether the operation is over. */
  #takeItems(receipt: MultishotOperation<unknown>): boolean {
    if (receipt.done || this.#chance() < 0.5) {
      for (const piece of receipt) assert.notEqual(String(piece), '');
    } else receipt.take();
    return receipt.done;
  }

  #take(completed: readonly Operation<unknown>[]): void {
    for (const receipt of completed) {
      const isTaken = !(receipt instanceof MultishotOperation) || this.#takeItems(receipt);
      if (!isTaken && !receipt.done) continue;
      assert.ok(receipt.done);
      assert.ok(!this.#settled.has(receipt), 'it came twice');
      this.#settled.add(receipt);
    }
  }
}

/** Feeds connections that share one or two buffers, and takes pieces, in any order. */
function feedAtRandom(queue: CompletionQueue, seed: number): void {
  const chance = random(seed);
  const pairs = Array.from({ length: 8 }, () => connectedPair());
  using buffers = queue.provideBuffers({ count: chance() < 0.5 ? 1 : 2, size: 16 });
  const streams = pairs.map(([one]) => queue.recvMultishot(one, buffers));
  let sent = 0;
  let received = 0;
  for (let step = 0; step < STEPS; step++) {
    const index = Math.floor(chance() * pairs.length);
    const [, other] = pairs[index] as [Socket, Socket];
    if (chance() < 0.4) sent += other.trySend(Buffer.alloc(1 + chance() * 40)) ?? 0;
    if (chance() < 0.5) queue.wait({ min: 0 });
    if (chance() < 0.5) received += streams[index]?.take()?.length ?? 0;
  }
  while (received < sent) {
    for (const stream of streams) for (const piece of stream) received += piece.length;
    if (received === sent) break;
    assert.notEqual(
      queue.wait({ timeoutMs: 20_000 }).length,
      0,
      `stalled at ${received} of ${sent}`,
    );
  }
  assert.equal(received, sent);
  for (const stream of streams) stream.cancel();
  while (queue.pending > 0) queue.wait();
  for (const pair of pairs) for (const socket of pair) socket.close();
}

export const schedules: Readonly<Record<string, Case>> = {
  'connections that share too few buffers never stall, and lose no byte': (queue) => {
    for (let seed = 1; seed <= full(400, 12); seed++) {
      try {
        feedAtRandom(queue, seed);
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  },

  'whatever the schedule, every operation settles once': (_queue, _fds, suite) => {
    const first = 1;
    for (let seed = first; seed < first + full(400, 12); seed++) {
      using queue = suite.open({ entries: 16 });
      try {
        const schedule = new Schedule(queue, seed);
        for (let step = 0; step < STEPS; step++) schedule.step();
        schedule.end();
        const { inFlight, queued, memoryUsed, lost, recorded, completed } = queue.statistics();
        assert.deepEqual([inFlight, queued, memoryUsed, lost], [0, 0, 0, 0]);
        assert.equal(recorded, completed);
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  },
};
