/**
 * Can epoll watch regular files? It refuses them. select takes them and says ready whatever the page
 * cache has, and the read that follows sleeps in the disk. Only where the kernel does both phases, as
 * through io_uring, the caller does not sleep for them.
 */
import { openCompletionQueue } from '../../completion.ts';
import { SystemError } from '../../errors.ts';
import { EpollSelector, READABLE, SelectSelector } from '../../readiness.ts';
import { ioUringUnavailable } from '../../sys/linux/io-uring/probe.ts';
import type { Fact, LabRun } from '../document.ts';
import { recordProgram } from '../record/program.ts';
import type { Part, Stage } from '../record/stage.ts';
import { callsOf, fact, lengthOf, median } from './figures.ts';
import type { Findings, SceneContext } from './scene-program.ts';
import { openCold, ScratchFile } from './scratch-file.ts';

const PAGE = 4_096;
const STRIDE = 1_048_576;
const READS = 8;
/** How long the caller works on something else between two looks at its receipt. */
const PIECE_MS = 0.1;
const FILE_BYTES = (READS + 1) * STRIDE;

/** Asks epoll: the error that it answers. */
function ask(stage: Stage): { code: string | null } {
  const { file } = openCold(stage.values['path'] as string);
  using _file = file;
  using selector = new EpollSelector<null>();
  return stage.record(() => {
    try {
      selector.register(file, READABLE, null);
    } catch (error) {
      if (error instanceof SystemError) return { code: error.code };
      throw error;
    }
    return { code: null };
  });
}

/** Asks select before each read of what the cache has not. */
function select(stage: Stage): { ready: number; isCold: boolean } {
  const { file, isCold } = openCold(stage.values['path'] as string);
  using _file = file;
  using selector = new SelectSelector<null>();
  selector.register(file, READABLE, null);
  const page = new Uint8Array(PAGE);
  const ready = stage.record(() => {
    let count = 0;
    for (let read = 0; read < READS; read++) {
      count += selector.wait(0);
      file.pread(page, read * STRIDE);
    }
    return count;
  });
  return { ready, isCold };
}

/** What the ring's reads cost their caller, in nanoseconds for each. */
interface RingReads {
  readonly submits: readonly number[];
  readonly completes: readonly number[];
}

/** Something else to do. */
function workOn(): void {
  const end = performance.now() + PIECE_MS;
  while (performance.now() < end);
}

/** Hands the reads to the kernel one by one, and sees when each is done. */
function ring(stage: Stage): RingReads {
  const { file } = openCold(stage.values['path'] as string);
  using _file = file;
  using queue = openCompletionQueue('io-uring');
  using page = queue.allocate(PAGE);
  const submits: number[] = [];
  const completes: number[] = [];
  stage.record(() => {
    for (let read = 0; read < READS; read++) {
      const start = stage.now();
      const receipt = queue.read(file, page, { position: read * STRIDE });
      queue.submit();
      submits.push(stage.now() - start);
      while (!receipt.done) {
        stage.own('own-work', workOn);
        queue.wait({ min: 0 });
        stage.look();
      }
      receipt.result();
      completes.push(stage.now() - start);
    }
  });
  return { submits, completes };
}

export const PARTS: Readonly<Record<string, Part>> = { epoll: ask, select, ring };

function factOfRing(results: unknown): Fact {
  const { submits, completes } = results as RingReads;
  return fact('epoll-on-files.ring', { submit: median(submits), complete: median(completes) });
}

/** Runs the scene. */
export async function epollOnFiles({ signal, progress }: SceneContext): Promise<Findings> {
  using scratch = new ScratchFile();
  scratch.fill(FILE_BYTES);
  const { path } = scratch;
  const noRing = ioUringUnavailable();
  const parts = Object.keys(PARTS).filter((part) => part !== 'ring' || noRing === null);
  const runs: LabRun[] = [];
  const answers: Record<string, unknown> = {};
  for (const [index, part] of parts.entries()) {
    const label = `file-${part}`;
    progress(index + 1, parts.length, label);
    const { trace, results } = await recordProgram({
      label,
      scene: 'epoll-on-files',
      module: new URL(import.meta.url),
      parts: { [part]: { path } },
      signal,
    });
    runs.push({ label, trace });
    answers[part] = results[part];
  }
  const { code } = answers['epoll'] as { code: string | null };
  const { ready, isCold } = answers['select'] as { ready: number; isCold: boolean };
  const asked = (runs[1] as LabRun).trace;
  const slept = asked.summary.voluntarySwitches;
  const wait = median(callsOf(asked, 'select').map(lengthOf));
  const read = median(callsOf(asked, 'pread').map(lengthOf));
  return {
    runs,
    charts: [],
    facts: [
      fact('epoll-on-files.answer', { code: code ?? 'OK', ready, reads: READS }),
      isCold
        ? fact('epoll-on-files.slept', { wait, read, slept, reads: READS })
        : fact('epoll-on-files.memory', { read }),
      noRing === null
        ? factOfRing(answers['ring'])
        : fact('epoll-on-files.no-ring', { reason: noRing.reason }),
    ],
  };
}
