/**
 * The memory that receives hold while nothing comes. Who is told that something is there needs a
 * buffer only then, one for everybody; who leaves a receive with the kernel leaves its buffer too,
 * unless the kernel takes one of a shared set when bytes are there.
 */
import { openCompletionQueue } from '../../completion.ts';
import { type Socket, socketPair } from '../../io.ts';
import { EpollSelector, READABLE } from '../../readiness.ts';
import { descriptorLimit } from '../../sys/limits.ts';
import { recordProgram } from '../record/program.ts';
import type { Part, Stage } from '../record/stage.ts';
import { bars, fact } from './figures.ts';
import type { Findings } from './scene-program.ts';

const CONNECTIONS = 512;
const BUFFER = 4_096;
/** Buffers that all connections share; as many as may have bytes at one instant. */
const SHARED = 32;
const RESERVE = 128;

class Connections implements Disposable {
  readonly receivers: Socket[] = [];
  readonly #all: Socket[] = [];

  constructor(stage: Stage) {
    const count = stage.number('connections');
    for (let each = 0; each < count; each++) {
      const [receiver, sender] = socketPair('stream');
      this.receivers.push(receiver);
      this.#all.push(receiver, sender);
      if (each % 64 === 0) stage.look();
    }
  }

  [Symbol.dispose](): void {
    for (const socket of this.#all) socket.close();
  }
}

/** One buffer, whoever is ready. */
function byEpoll(stage: Stage): number {
  using connections = new Connections(stage);
  using selector = new EpollSelector<null>();
  const buffer = new Uint8Array(BUFFER);
  for (const socket of connections.receivers) selector.register(socket, READABLE, null);
  stage.record(() => selector.wait(0));
  return buffer.buffer.byteLength;
}

/** A buffer for each receive that waits. */
function byOwnBuffers(stage: Stage): number {
  using connections = new Connections(stage);
  using queue = openCompletionQueue('io-uring');
  stage.record(() => {
    for (const socket of connections.receivers) queue.recv(socket, queue.allocate(BUFFER));
    queue.wait({ min: 0 });
  });
  return queue.statistics().memoryUsed;
}

/** A few buffers for all of them. */
function bySharedBuffers(stage: Stage): number {
  using connections = new Connections(stage);
  using queue = openCompletionQueue('io-uring');
  const buffers = queue.provideBuffers({ count: SHARED, size: BUFFER });
  stage.record(() => {
    for (const socket of connections.receivers) queue.recvMultishot(socket, buffers);
    queue.wait({ min: 0 });
  });
  return queue.statistics().memoryUsed;
}

export const PARTS: Readonly<Record<string, Part>> = {
  'held-epoll': byEpoll,
  'held-own': byOwnBuffers,
  'held-shared': bySharedBuffers,
};

/** How many connections there are descriptors for. */
function affordable(): number {
  return Math.min(CONNECTIONS, Math.max(1, Math.floor((descriptorLimit() - RESERVE) / 2)));
}

/** Measures it, for the scene about io_uring and epoll. */
export async function heldMemory(
  signal: AbortSignal | undefined,
): Promise<Pick<Findings, 'charts' | 'facts'>> {
  const connections = affordable();
  const held: [string, number][] = [];
  for (const part of Object.keys(PARTS)) {
    const { results } = await recordProgram({
      label: part,
      scene: 'io-uring-or-epoll',
      module: new URL(import.meta.url),
      parts: { [part]: { connections } },
      signal,
    });
    held.push([part, results[part] as number]);
  }
  const [epoll = 0, own = 0, shared = 0] = held.map(([, bytes]) => bytes);
  return {
    charts: [bars('held-memory', 'bytes', held, 'log')],
    facts: [fact('io-uring-or-epoll.memory', { connections, epoll, own, shared, buffers: SHARED })],
  };
}
