/**
 * What operations of a completion queue cost, and from which size a send without a copy pays.
 *
 *     node build/tools/measure-completion.js [rounds [operations per round]]
 *
 * The ways of one table do the same work and take turns, round by round; each line is the median of
 * its rounds. Times are microseconds: per byte sent and received, per read of 4 KiB that the page
 * cache has, and per send over TCP on the loopback interface.
 */
import { closeSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { type CompletionQueue, openCompletionQueue } from '../src/completion.ts';
import { Socket, socketPair } from '../src/io.ts';
import { attach } from '../src/node.ts';
import { describeHost } from '../src/platform/host.ts';
import { isMain } from './tree.ts';

const ROUNDS = 7;
const OPERATIONS = 4_096;
const BATCH = 64;
const PAGE = 4_096;
const SIZES = [4, 16, 64, 256, 1_024].map((kib) => kib * 1_024);

/** Does the work `count` times. */
export type Way = (count: number) => void | Promise<void>;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

/** Microseconds per operation by way, the median of alternating rounds; the first warms up. */
export async function takeTurns(
  ways: Readonly<Record<string, Way>>,
  rounds: number,
  count: number,
): Promise<Map<string, number>> {
  const times = new Map(Object.keys(ways).map((name) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, way] of Object.entries(ways)) {
      const start = performance.now();
      await way(count);
      if (round > 0) times.get(name)?.push(((performance.now() - start) / count) * 1_000);
    }
  }
  return new Map([...times].map(([name, values]) => [name, median(values)]));
}

/** A byte from one socket to the other: waited for one by one, in batches, in Node's loop. */
export function transfers(queue: CompletionQueue, near: Socket, far: Socket): Record<string, Way> {
  const room = queue.allocate(64);
  const byte = queue.allocate(1);
  return {
    'recv and send, wait()': (count) => {
      for (let index = 0; index < count; index++) {
        const received = queue.recv(near, room);
        queue.send(far, byte);
        while (!received.done) queue.wait();
      }
    },
    [`the same, ${BATCH} of each at a time`]: (count) => {
      for (let index = 0; index < count; index += BATCH) {
        for (let each = 0; each < BATCH; each++) {
          queue.send(far, byte);
          queue.recv(near, room.bytes.subarray(0, 1));
        }
        for (let done = 0; done < BATCH * 2; ) done += queue.wait().length;
      }
    },
    'the same, await promise()': async (count) => {
      using _ = attach(queue);
      for (let index = 0; index < count; index++) {
        const received = queue.recv(near, room);
        queue.send(far, byte);
        await received.promise();
      }
    },
  };
}

async function measureReads(queue: CompletionQueue, rounds: number, count: number) {
  const path = process.execPath;
  const fd = openSync(path, 'r');
  const file = await open(path);
  const page = queue.allocate(PAGE);
  const plain = Buffer.alloc(PAGE);
  const at = (index: number): number => (index % 1_000) * PAGE;
  const ways: Record<string, Way> = {
    'read 4 KiB, await promise()': async (times) => {
      using _ = attach(queue);
      for (let index = 0; index < times; index++) {
        await queue.read(fd, page, { position: at(index) }).promise();
      }
    },
    'read 4 KiB, node:fs/promises': async (times) => {
      for (let index = 0; index < times; index++) await file.read(plain, 0, PAGE, at(index));
    },
  };
  const found = await takeTurns(ways, rounds, count);
  await file.close();
  closeSync(fd);
  return found;
}

/** Sends of one size over TCP, with and without the kernel's own copy. */
async function measureSends(queue: CompletionQueue, size: number, rounds: number) {
  using listener = Socket.open('ipv4', 'stream');
  listener.bind({ host: '127.0.0.1', port: 0 });
  listener.listen();
  using near = Socket.open('ipv4', 'stream');
  near.connect(listener.localAddress);
  using far = listener.accept().socket;
  using bytes = queue.allocate(size);
  using room = queue.allocate(size);
  const send = (zeroCopy: boolean) => (count: number) => {
    for (let index = 0; index < count; index++) {
      queue.send(near, bytes, { zeroCopy, all: true });
      queue.recv(far, room, { all: true });
      while (queue.pending > 0) queue.wait();
    }
  };
  const times = Math.max(16, Math.ceil(2 ** 24 / size));
  return await takeTurns({ copied: send(false), 'zero-copy': send(true) }, rounds, times);
}

async function main(rounds: number, count: number): Promise<void> {
  const { node, kernel, arch, cpus } = describeHost();
  console.log(`Node ${node}, Linux ${kernel} ${arch}, ${cpus} processors, ${rounds} rounds`);
  using queue = openCompletionQueue();
  const [near, far] = socketPair();
  const tables = [
    await takeTurns(transfers(queue, near, far), rounds, count),
    await measureReads(queue, rounds, count),
  ];
  for (const [name, time] of tables.flatMap((table) => [...table])) {
    console.log(`${name.padEnd(34)} ${time.toFixed(2).padStart(8)}`);
  }
  for (const size of SIZES) {
    const found = await measureSends(queue, size, rounds);
    const [copied = 0, without = 0] = found.values();
    const name = `send ${size / 1_024} KiB, copied / zero-copy`;
    const ratio = `zero-copy takes ${(without / copied).toFixed(2)} of the time`;
    console.log(`${name.padEnd(34)} ${copied.toFixed(1)} / ${without.toFixed(1)}, ${ratio}`);
  }
  for (const socket of [near, far]) socket.close();
}

if (isMain(import.meta.url)) {
  const [rounds = ROUNDS, count = OPERATIONS] = process.argv.slice(2).map(Number);
  await main(rounds, count);
}
