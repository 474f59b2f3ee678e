/**
 * Does a file write wait for the disk? A write returns once the page cache has the bytes, unless the
 * file is opened with O_SYNC. A read of what the cache has is a copy; of what it has not, a sleep.
 */
import { File } from '../../io.ts';
import type { LabRun } from '../document.ts';
import { recordProgram } from '../record/program.ts';
import type { Part, Stage } from '../record/stage.ts';
import { bars, callsOf, fact, lengthOf, median } from './figures.ts';
import type { Findings, SceneContext } from './scene-program.ts';
import { openCold, ScratchFile } from './scratch-file.ts';

const CALLS = 32;
const PAGE = 4_096;
/** Reads are so far from each other that none brings what the next one wants. */
const STRIDE = 262_144;
const FILE_BYTES = CALLS * STRIDE;

const CASES = ['write', 'write-sync', 'read-uncached', 'read-cached'] as const;

function write(stage: Stage): void {
  const { path, sync } = stage.values as { path: string; sync: boolean };
  using file = File.open(path, { write: true, create: true, truncate: true, sync });
  const page = new Uint8Array(PAGE).fill(0x66);
  stage.record(() => {
    for (let count = 0; count < CALLS; count++) {
      file.write(page);
      stage.look();
    }
  });
}

/** Reads a page here and there; `isCold` is whether none of them was in the cache. */
function read(stage: Stage): { isCold: boolean } {
  const { path, cached } = stage.values as { path: string; cached: boolean };
  const { file, isCold } = openCold(path);
  using _file = file;
  const page = new Uint8Array(PAGE);
  const readAll = (): void => {
    for (let count = 0; count < CALLS; count++) {
      file.pread(page, count * STRIDE);
      stage.look();
    }
  };
  if (cached) readAll();
  stage.record(readAll);
  return { isCold };
}

export const PARTS: Readonly<Record<string, Part>> = { writer: write, reader: read };

/** Runs the scene. */
export async function pageCache({ signal, progress }: SceneContext): Promise<Findings> {
  using scratch = new ScratchFile();
  const { path } = scratch;
  const runs: LabRun[] = [];
  const cold: boolean[] = [];
  for (const [index, label] of CASES.entries()) {
    progress(index + 1, CASES.length, label);
    const isRead = label.startsWith('read');
    if (label === 'read-uncached') scratch.fill(FILE_BYTES);
    const values = { path, sync: label === 'write-sync', cached: label === 'read-cached' };
    const { trace, results } = await recordProgram({
      label,
      scene: 'page-cache',
      module: new URL(import.meta.url),
      parts: isRead ? { reader: values } : { writer: values },
      signal,
    });
    runs.push({ label, trace });
    if (isRead) cold.push((results['reader'] as { isCold: boolean }).isCold);
  }
  const isCold = cold[0] === true;
  const costs = runs.map(({ trace, label }) => {
    const calls = callsOf(trace, label.startsWith('read') ? 'pread' : 'write');
    return median(calls.map(lengthOf));
  });
  const slept = runs.map(({ trace }) => trace.summary.voluntarySwitches);
  const [plain = 0, sync = 0, uncached = 0, cached = 0] = costs;
  return {
    runs,
    charts: [
      bars(
        'file-calls',
        'ns',
        CASES.map((label, at) => [label, costs[at] ?? 0]),
        'log',
      ),
    ],
    facts: [
      fact('page-cache.answer', { write: plain, sync, times: sync / Math.max(1, plain) }),
      isCold
        ? fact('page-cache.read', { cached, uncached, times: uncached / Math.max(1, cached) })
        : fact('page-cache.memory', { cached }),
      fact('page-cache.slept', {
        calls: CALLS,
        plain: slept[0] ?? 0,
        sync: slept[1] ?? 0,
        uncached: slept[2] ?? 0,
        cached: slept[3] ?? 0,
      }),
    ],
  };
}
