/**
 * Node has one thread, so how does it serve thousands? Clients that do nothing cost a server of
 * events some memory each and no thread; one of threads has a thread for each of them. While they
 * are there one more client asks, and the loop is asked how late it is.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SystemError } from '../../errors.ts';
import { Socket } from '../../io.ts';
import type { ModelName } from '../../servers.ts';
import { ERRNO } from '../../sys/abi.ts';
import { descriptorLimit } from '../../sys/limits.ts';
import type { Fact, LabRun } from '../document.ts';
import { record } from '../record/recorder.ts';
import { fact, lines, median } from './figures.ts';
import type { Figures, Question } from './idle-server.ts';
import type { Findings, SceneContext } from './scene-program.ts';

const PROGRAM = fileURLToPath(new URL('./idle-server.js', import.meta.url));
const EVENTS = [10, 1_000, 10_000];
/** A thread of Node costs megabytes, and the lab's page is to stay a guest on its machine. */
const THREADS = [1, 4, 16];
const RESERVE = 256;
const BATCH = 512;
const MESSAGES = 200;
/** What connecting so many has left to do for the server's garbage collector. */
const SETTLE_MS = 100;
const ANSWER_LIMIT_MS = 20_000;
const MODELS: readonly ModelName[] = ['node-net', 'blocking-threads'];
const SCRIPT = { clients: 8, messages: 4, delayMs: 20 };

/** A server in a child process, and the clients that do nothing but be connected. */
class IdleServer implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #clients: Socket[] = [];
  readonly #signal: AbortSignal | undefined;

  constructor(how: 'events' | 'threads', workers: number, signal: AbortSignal | undefined) {
    this.#child = fork(PROGRAM, [how, String(workers)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
    });
    this.#signal = signal;
  }

  /** What it says next. */
  async #answer(): Promise<Figures> {
    const limit = AbortSignal.timeout(ANSWER_LIMIT_MS);
    const signals = this.#signal === undefined ? [limit] : [limit, this.#signal];
    const ended = new AbortController();
    const died = once(this.#child, 'exit', { signal: ended.signal }).then(() => {
      throw new SystemError(ERRNO.ECONNRESET, 'recv', {
        hint: 'the server of this scene has died',
      });
    });
    died.catch(() => {});
    try {
      const answer = once(this.#child, 'message', { signal: AbortSignal.any(signals) });
      const [figures] = await Promise.race([answer, died]);
      return figures as Figures;
    } catch (error) {
      this.#signal?.throwIfAborted();
      throw error;
    } finally {
      ended.abort();
    }
  }

  async ask(question: Question): Promise<Figures> {
    const answer = this.#answer();
    this.#child.send(question);
    return await answer;
  }

  /** The first thing that it says. */
  listening(): Promise<Figures> {
    return this.#answer();
  }

  #connect(port: number): Socket {
    const socket = Socket.open('ipv4', 'stream');
    try {
      socket.setTimeout(ANSWER_LIMIT_MS);
      socket.connect({ host: '127.0.0.1', port });
      return socket;
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** Connects clients until there are `count`, no faster than they are accepted. */
  async grow(port: number, count: number): Promise<void> {
    while (this.#clients.length < count) {
      const batch = Math.min(BATCH, count - this.#clients.length);
      for (let each = 0; each < batch; each++) this.#clients.push(this.#connect(port));
      const deadline = performance.now() + ANSWER_LIMIT_MS;
      for (let seen = 0; seen < this.#clients.length; ) {
        ({ clients: seen } = await this.ask('figures'));
        if (performance.now() > deadline) throw new SystemError(ERRNO.ETIMEDOUT, 'accept');
      }
    }
  }

  /** How long one of the clients waits for its own bytes, half of the time, in nanoseconds. */
  async roundTrip(): Promise<number> {
    const socket = this.#clients[0] as Socket;
    const buffer = new Uint8Array(64);
    const times: number[] = [];
    for (let message = 0; message < MESSAGES; message++) {
      const start = performance.now();
      socket.sendAll(buffer);
      for (let got = 0; got < buffer.length; ) got += socket.recv(buffer.subarray(got));
      times.push((performance.now() - start) * 1e6);
      await sleep(1);
      this.#signal?.throwIfAborted();
    }
    return Math.round(median(times));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#clients) socket.close();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}

/** A server with so many clients. */
interface Point extends Figures {
  readonly roundTrip: number;
}

async function measure(
  how: 'events' | 'threads',
  counts: readonly number[],
  signal: AbortSignal | undefined,
): Promise<Point[]> {
  await using server = new IdleServer(how, Math.max(...counts), signal);
  const { port } = await server.listening();
  const points: Point[] = [];
  for (const count of counts) {
    await server.grow(port, count);
    await sleep(SETTLE_MS);
    await server.ask('begin');
    const roundTrip = await server.roundTrip();
    points.push({ ...(await server.ask('figures')), roundTrip });
  }
  return points;
}

/** A server of threads with a thread for each client has to be started anew for each number of them. */
async function measureThreads(signal: AbortSignal | undefined): Promise<Point[]> {
  const points: Point[] = [];
  for (const count of THREADS) points.push(...(await measure('threads', [count], signal)));
  return points;
}

function factsOf(events: readonly Point[], threads: readonly Point[], missing: Fact[]): Fact[] {
  const [few, most] = [events[0] as Point, events.at(-1) as Point];
  const [one, crowd] = [threads[0] as Point, threads.at(-1) as Point];
  const perClient = (most.memory - few.memory) / Math.max(1, most.clients - few.clients);
  const perThread = (crowd.memory - one.memory) / Math.max(1, crowd.clients - one.clients);
  return [
    fact('threads-or-events.answer', {
      clients: most.clients,
      few: few.clients,
      threads: most.threads,
      before: few.threads,
      memory: most.memory,
      each: perClient,
    }),
    fact('threads-or-events.loop', {
      clients: most.clients,
      few: few.clients,
      delay: most.delayMost,
      before: few.delayMost,
      roundTrip: most.roundTrip,
      first: few.roundTrip,
    }),
    fact('threads-or-events.threads', {
      clients: crowd.clients,
      threads: crowd.threads,
      memory: crowd.memory,
      each: perThread,
    }),
    ...missing,
  ];
}

function curve(label: string, points: readonly Point[], of: keyof Point) {
  return { label, points: points.map((point) => [point.clients, point[of]] as const) };
}

/** Runs the scene. */
export async function threadsOrEvents({ signal, progress }: SceneContext): Promise<Findings> {
  const limit = descriptorLimit();
  const needed = Math.max(...EVENTS) + RESERVE;
  const counts = EVENTS.filter((count) => count + RESERVE <= limit);
  const steps = MODELS.length + 2;
  progress(1, steps, 'events');
  const events = await measure('events', counts, signal);
  progress(2, steps, 'threads');
  const threads = await measureThreads(signal);
  const runs: LabRun[] = [];
  for (const [index, model] of MODELS.entries()) {
    progress(index + 3, steps, model);
    const abort = signal === undefined ? {} : { signal };
    runs.push({ label: model, trace: await record({ model, ...SCRIPT, ...abort }) });
  }
  const missing =
    counts.length === EVENTS.length ? [] : [fact('threads-or-events.limit', { limit, needed })];
  const [log, linear] = [{ x: 'log', y: 'log' } as const, { x: 'log', y: 'linear' } as const];
  return {
    runs,
    charts: [
      lines(
        'idle-memory',
        { x: '', y: 'bytes' },
        [curve('events', events, 'memory'), curve('threads', threads, 'memory')],
        log,
      ),
      lines(
        'idle-threads',
        { x: '', y: '' },
        [curve('events', events, 'threads'), curve('threads', threads, 'threads')],
        log,
      ),
      lines('loop-delay', { x: '', y: 'ns' }, [curve('events', events, 'delayMost')], linear),
    ],
    facts: factsOf(events, threads, missing),
  };
}
