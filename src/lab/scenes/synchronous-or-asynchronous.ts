/**
 * Synchronous or asynchronous? Another thread adds two numbers, and takes its time. Who asks
 * synchronously gets the result and does nothing until then; who asks asynchronously gets a receipt
 * at once, works on, and finds the result in the receipt.
 */
import { openCompletionQueue } from '../../completion.ts';
import { Socket, socketPair } from '../../io.ts';
import { ioUringUnavailable } from '../../sys/linux/io-uring/probe.ts';
import type { Fact, LabRun } from '../document.ts';
import { recordProgram } from '../record/program.ts';
import type { Part, Stage } from '../record/stage.ts';
import { fact } from './figures.ts';
import type { Findings, SceneContext } from './scene-program.ts';

const SUMMANDS = [1_900, 84] as const;
/** How long the addition takes. */
const ADDING_MS = 120;
/** How long one piece of the caller's own work takes. */
const PIECE_MS = 3;

/** What the caller got. */
interface Answer {
  readonly sum: number;
  /** Until it could go on with something else, in nanoseconds. */
  readonly free: number;
  /** Until it had the sum. */
  readonly total: number;
  /** Pieces of its own work that it did in between. */
  readonly pieces: number;
}

function withSocket<Result>(stage: Stage, work: (socket: Socket) => Result): Result {
  const socket = Socket.fromFd(stage.number('socket'));
  try {
    return work(socket);
  } finally {
    socket.detach();
  }
}

function bytesOf(numbers: Float64Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

/** Adds, slowly. */
function add(stage: Stage): void {
  withSocket(stage, (socket) => {
    const summands = new Float64Array(SUMMANDS.length);
    stage.record(() => {
      socket.recv(bytesOf(summands));
      const sum = stage.own('add', () => {
        stage.sleep(ADDING_MS);
        return summands.reduce((total, each) => total + each, 0);
      });
      socket.send(bytesOf(Float64Array.of(sum)));
    });
  });
}

function askSynchronously(stage: Stage): Answer {
  return withSocket(stage, (socket) => {
    const sum = new Float64Array(1);
    return stage.record(() => {
      const start = stage.now();
      socket.send(bytesOf(Float64Array.from(SUMMANDS)));
      socket.recv(bytesOf(sum));
      const total = stage.now() - start;
      return { sum: sum[0] as number, free: total, total, pieces: 0 };
    });
  });
}

/** Something else to do. */
function workOn(): void {
  const end = performance.now() + PIECE_MS;
  while (performance.now() < end);
}

function askAsynchronously(stage: Stage): Answer {
  return withSocket(stage, (socket) => {
    using queue = openCompletionQueue('io-uring');
    using sum = queue.allocate(Float64Array.BYTES_PER_ELEMENT);
    return stage.record(() => {
      const start = stage.now();
      socket.send(bytesOf(Float64Array.from(SUMMANDS)));
      const receipt = queue.recv(socket, sum);
      queue.submit();
      const free = stage.now() - start;
      let pieces = 0;
      while (!receipt.done) {
        stage.own('own-work', workOn);
        stage.look();
        pieces++;
        queue.wait({ min: 0 });
      }
      receipt.result();
      const total = stage.now() - start;
      const { buffer, byteOffset } = sum.bytes;
      return { sum: new DataView(buffer, byteOffset).getFloat64(0, true), free, total, pieces };
    });
  });
}

export const PARTS: Readonly<Record<string, Part>> = {
  adder: add,
  synchronous: askSynchronously,
  asynchronous: askAsynchronously,
};

function factOf(key: string, { sum, free, total, pieces }: Answer): Fact {
  const [first, second] = SUMMANDS;
  return fact(`synchronous-or-asynchronous.${key}`, { first, second, sum, free, total, pieces });
}

/** Runs the scene. */
export async function synchronousOrAsynchronous(context: SceneContext): Promise<Findings> {
  const { signal, progress } = context;
  const noRing = ioUringUnavailable();
  const labels = noRing === null ? ['synchronous', 'asynchronous'] : ['synchronous'];
  const runs: LabRun[] = [];
  const answers: Answer[] = [];
  for (const [index, label] of labels.entries()) {
    progress(index + 1, labels.length, label);
    const [caller, adder] = socketPair('stream');
    try {
      const { trace, results } = await recordProgram({
        label,
        scene: 'synchronous-or-asynchronous',
        module: new URL(import.meta.url),
        parts: { [label]: { socket: caller.fd }, adder: { socket: adder.fd } },
        signal,
      });
      runs.push({ label, trace });
      answers.push(results[label] as Answer);
    } finally {
      caller.close();
      adder.close();
    }
  }
  const [synchronous, asynchronous] = answers as [Answer, Answer?];
  return {
    runs,
    charts: [],
    facts: [
      factOf('answer', synchronous),
      asynchronous === undefined
        ? fact('synchronous-or-asynchronous.no-ring', { reason: noRing?.reason ?? '' })
        : factOf('receipt', asynchronous),
    ],
  };
}
