/**
 * When does a write to a pipe block? One thread writes page after page, the other does not read
 * until the first one is asleep; then it takes one page, and after a while the rest. Once with a
 * pipe, once with a FIFO, which is the same thing with a name.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fifo, Pipe, PipeReader, PipeWriter } from '../../io.ts';
import { POLL } from '../../sys/abi.ts';
import { pollFd } from '../../sys/poll.ts';
import { currentThread } from '../../sys/threads.ts';
import type { Trace, TraceEvent } from '../../trace.ts';
import type { Chart, ChartSeries, LabRun } from '../document.ts';
import { recordProgram } from '../record/program.ts';
import type { Part, Stage } from '../record/stage.ts';
import { awaitSleep } from './asleep.ts';
import { callsOf, fact, lengthOf, lines } from './figures.ts';
import type { Findings, SceneContext } from './scene-program.ts';

const PAGE = 4_096;
/** More than a pipe takes: 16 pages unless somebody has changed it. */
const PAGES = 24;
/** How long the writer is left asleep, and how long the reader takes its time. */
const ASLEEP_MS = 40;
const PAUSE_MS = 4;

const WRITER_WORD = 1;

function write(stage: Stage): { wasRefused: boolean } {
  const writer = PipeWriter.fromFd(stage.number('writer'));
  try {
    const page = new Uint8Array(PAGE).fill(0x70);
    stage.set(WRITER_WORD, currentThread());
    const again = stage.record(() => {
      for (let count = 0; count < PAGES; count++) writer.write(page);
      // Without O_NONBLOCK a full pipe is a sleep; with it, a would-block.
      writer.setBlocking(false);
      let taken: number | null = PAGE;
      while (taken !== null) taken = writer.tryWrite(page);
      return taken;
    });
    return { wasRefused: again === null };
  } finally {
    writer.detach();
  }
}

function read(stage: Stage): void {
  const reader = PipeReader.fromFd(stage.number('reader'));
  const writer = stage.number('writer');
  try {
    const page = new Uint8Array(PAGE);
    stage.await(WRITER_WORD, 1);
    while (pollFd(writer, POLL.POLLOUT, 0) > 0) stage.sleep(1);
    awaitSleep(stage.get(WRITER_WORD), (ms) => stage.sleep(ms));
    stage.sleep(ASLEEP_MS);
    stage.record(() => {
      for (let count = 0; count < PAGES - 1; count++) {
        reader.read(page);
        stage.sleep(PAUSE_MS);
      }
    });
  } finally {
    reader.detach();
  }
}

export const PARTS: Readonly<Record<string, Part>> = { writer: write, reader: read };

interface Ends extends Disposable {
  readonly reader: number;
  readonly writer: number;
}

function pipeEnds(): Ends {
  const pipe = Pipe.open();
  return {
    reader: pipe.reader.fd,
    writer: pipe.writer.fd,
    [Symbol.dispose]: () => pipe.close(),
  };
}

function fifoEnds(): Ends {
  const folder = mkdtempSync(join(tmpdir(), 'polyio-lab-'));
  try {
    const path = join(folder, 'fifo');
    Fifo.make(path);
    const reader = Fifo.tryOpenReader(path);
    const writer = Fifo.openWriter(path);
    reader.setBlocking(true);
    const close = (): void => {
      reader.close();
      writer.close();
    };
    return { reader: reader.fd, writer: writer.fd, [Symbol.dispose]: close };
  } finally {
    // Both ends are open: the name has done its work.
    rmSync(folder, { recursive: true });
  }
}

/** How full the pipe was after each call, over the time of the run. */
function fillOf({ events, window: [start] }: Trace, label: string): ChartSeries {
  let level = 0;
  const points: [number, number][] = [];
  // A write that slept ends because of a read that may return later than it: the read's start counts.
  const when = ({ name, start, end }: TraceEvent): number => (name === 'read' ? start : end);
  for (const event of [...events].sort((a, b) => when(a) - when(b))) {
    const { kind, name, result } = event;
    if (kind !== 'call' || result <= 0 || (name !== 'write' && name !== 'read')) continue;
    // Between two calls nothing flows: a step, and no slope.
    points.push([when(event) - start, level]);
    level += name === 'write' ? result : -result;
    points.push([when(event) - start, level]);
  }
  return { label, points };
}

/** What one run showed. */
function figuresOf(trace: Trace): Record<string, number> {
  const writes = callsOf(trace, 'write').filter(({ result }) => result > 0);
  const [read] = callsOf(trace, 'read');
  // Every write before it had ended when the reader began.
  const slept = writes.findIndex(({ end }) => read !== undefined && end > read.start);
  const asleep = writes[slept];
  if (read === undefined || asleep === undefined) return {};
  const taken = writes.slice(0, slept).reduce((sum, { result }) => sum + result, 0);
  return {
    capacity: taken,
    writes: slept,
    slept: lengthOf(asleep),
    freed: read.result,
    woken: Math.max(0, asleep.end - read.start),
    refused: callsOf(trace, 'write').filter(({ errno }) => errno !== 0).length,
  };
}

function chartOf(runs: readonly LabRun[]): Chart {
  const series = runs.map(({ trace, label }) => fillOf(trace, label));
  return lines('pipe-fill', { x: 'ns', y: 'bytes' }, series);
}

/** Runs the scene. */
export async function fullPipe({ signal, progress }: SceneContext): Promise<Findings> {
  const kinds = [
    ['pipe', pipeEnds],
    ['fifo', fifoEnds],
  ] as const;
  const runs: LabRun[] = [];
  for (const [index, [label, open]] of kinds.entries()) {
    progress(index + 1, kinds.length, label);
    using ends = open();
    const { reader, writer } = ends;
    const { trace } = await recordProgram({
      label,
      scene: 'full-pipe',
      module: new URL(import.meta.url),
      parts: { writer: { writer }, reader: { reader, writer } },
      signal,
    });
    runs.push({ label, trace });
  }
  const [pipe = {}, fifo = {}] = runs.map(({ trace }) => figuresOf(trace));
  return {
    runs,
    charts: [chartOf(runs)],
    facts: [
      fact('full-pipe.answer', pipe),
      fact('full-pipe.woken', pipe),
      fact('full-pipe.refused', pipe),
      fact('full-pipe.fifo', fifo),
    ],
  };
}
