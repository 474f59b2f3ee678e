/**
 * Why does edge trigger want non-blocking? A message is read by half: level trigger tells of the
 * rest again, edge trigger is silent about it. So with edge trigger one reads until nothing is left;
 * a blocking descriptor sleeps in the last of those reads, and everybody else waits with it.
 */
import { PolyioError } from '../../errors.ts';
import { Socket, socketPair } from '../../io.ts';
import { EpollSelector, READABLE } from '../../readiness.ts';
import { currentThread } from '../../sys/threads.ts';
import type { LabRun } from '../document.ts';
import { type Cast, type ProgramRun, recordProgram } from '../record/program.ts';
import type { Part, Stage } from '../record/stage.ts';
import { awaitSleep } from './asleep.ts';
import { callsOf, fact, lengthOf } from './figures.ts';
import type { Findings, SceneContext } from './scene-program.ts';

const MESSAGE = 8;
const HALF = MESSAGE / 2;
/** How long somebody waits for an event that does not come. */
const SILENCE_MS = 40;
/** How long the blocking read is left asleep. */
const HANG_MS = 60;

const DRAINING_WORD = 1;
const FREED_WORD = 2;

/** What the watcher saw of a message that it read by half. */
interface Halves {
  /** Events after the first half was read. */
  readonly toldAgain: number;
  /** Bytes that lay there all the same. */
  readonly left: number;
}

function watchHalves(stage: Stage): Halves {
  const [sender, receiver] = socketPair('stream');
  using selector = new EpollSelector<Socket>();
  try {
    receiver.setBlocking(false);
    const half = new Uint8Array(HALF);
    return stage.record(() => {
      selector.register(receiver, READABLE, receiver, { edge: stage.values['edge'] === true });
      sender.send(new Uint8Array(MESSAGE));
      selector.wait();
      stage.own('half', () => receiver.tryRecv(half));
      const toldAgain = selector.wait(SILENCE_MS);
      const left = receiver.tryRecv(half) ?? 0;
      return { toldAgain, left };
    });
  } finally {
    sender.close();
    receiver.close();
  }
}

/** Reads until nothing is left, as edge trigger demands, from a descriptor that sleeps then. */
function drain(socket: Socket): boolean {
  const buffer = new Uint8Array(HALF);
  try {
    for (;;) socket.recv(buffer);
  } catch (error) {
    if (error instanceof PolyioError && error.code === 'ERR_POLYIO_INTERRUPTED') return true;
    throw error;
  }
}

/** What the drain that hangs has cost. */
interface Drained {
  readonly wasInterrupted: boolean;
  /** How long the other client's message lay there, in nanoseconds. */
  readonly otherWaited: number;
}

function watchDrain(stage: Stage): Drained {
  const receiver = Socket.fromFd(stage.number('receiver'));
  const other = Socket.fromFd(stage.number('other'));
  using selector = new EpollSelector<Socket>();
  const thread = currentThread();
  try {
    return stage.record(() => {
      for (const socket of [receiver, other]) {
        selector.register(socket, READABLE, socket, { edge: true });
      }
      selector.wait();
      stage.set(DRAINING_WORD, thread);
      const wasInterrupted = drain(receiver);
      const sent = stage.get(FREED_WORD);
      selector.wait();
      other.recv(new Uint8Array(MESSAGE));
      return { wasInterrupted, otherWaited: stage.now() - sent * 1_000 };
    });
  } finally {
    receiver.detach();
    other.detach();
  }
}

/** The second client, which sends when the watcher is asleep in the drain of the first. */
function sendToo(stage: Stage): void {
  const socket = Socket.fromFd(stage.number('socket'));
  try {
    stage.await(DRAINING_WORD, 1);
    awaitSleep(stage.get(DRAINING_WORD), (ms) => stage.sleep(ms));
    stage.record(() => {
      stage.set(FREED_WORD, Math.round(stage.now() / 1_000));
      socket.send(new Uint8Array(MESSAGE));
    });
  } finally {
    socket.detach();
  }
}

export const PARTS: Readonly<Record<string, Part>> = {
  watcher: watchHalves,
  drainer: watchDrain,
  sender: sendToo,
};

const module = new URL(import.meta.url);

function halves(edge: boolean, signal: AbortSignal | undefined): Promise<ProgramRun> {
  const label = edge ? 'edge' : 'level';
  return recordProgram({
    label,
    scene: 'edge-trigger',
    module,
    parts: { watcher: { edge } },
    signal,
  });
}

/** Ends the drain once it has slept for a while. */
async function rescue(cast: Cast): Promise<void> {
  const pause = (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms));
  while (Atomics.load(cast.words, FREED_WORD) === 0) {
    if (cast.isOver) return;
    await pause(1);
  }
  await pause(HANG_MS);
  if (!cast.isOver) await cast.interrupt('drainer');
}

async function blockingDrain(signal: AbortSignal | undefined): Promise<ProgramRun> {
  const [first, receiver] = socketPair('stream');
  const [second, other] = socketPair('stream');
  try {
    first.send(new Uint8Array(MESSAGE));
    const parts = {
      drainer: { receiver: receiver.fd, other: other.fd },
      sender: { socket: second.fd },
    };
    const options = { label: 'blocking-drain', scene: 'edge-trigger', module, parts, signal };
    return await recordProgram({ ...options, begun: rescue });
  } finally {
    for (const socket of [first, receiver, second, other]) socket.close();
  }
}

/** Runs the scene. */
export async function edgeTrigger({ signal, progress }: SceneContext): Promise<Findings> {
  const steps = [
    ['level', () => halves(false, signal)],
    ['edge', () => halves(true, signal)],
    ['blocking-drain', () => blockingDrain(signal)],
  ] as const;
  const runs: LabRun[] = [];
  const results: Record<string, unknown>[] = [];
  for (const [index, [label, run]] of steps.entries()) {
    progress(index + 1, steps.length, label);
    const { trace, results: answered } = await run();
    runs.push({ label, trace });
    results.push(answered);
  }
  const [level, edge] = results.map(({ watcher }) => watcher as Halves);
  const { otherWaited } = (results[2] as Record<string, unknown>)['drainer'] as Drained;
  const drains = callsOf((runs[2] as LabRun).trace, 'recv', 'drainer');
  const ended = drains.find(({ errno }) => errno !== 0);
  const hang = ended === undefined ? 0 : lengthOf(ended);
  const silence = callsOf((runs[1] as LabRun).trace, 'epoll_wait').at(-1);
  return {
    runs,
    charts: [],
    facts: [
      fact('edge-trigger.answer', {
        left: edge?.left ?? 0,
        level: level?.toldAgain ?? 0,
        edge: edge?.toldAgain ?? 0,
        silent: silence === undefined ? 0 : lengthOf(silence),
      }),
      fact('edge-trigger.hang', { hang, other: otherWaited }),
    ],
  };
}
