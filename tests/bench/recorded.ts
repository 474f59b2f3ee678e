/** Reports for the tests that need one: made of invented rounds by the code that makes real ones. */
import { buildReport } from '../../src/bench/build-report.ts';
import { peerContender } from '../../src/bench/contender.ts';
import type { Round } from '../../src/bench/measure.ts';
import type { BenchReport } from '../../src/bench/report.ts';
import { type Collected, rowsOf } from '../../src/bench/rows.ts';
import { cellsOf, findWorkload, type Workload } from '../../src/bench/workload.ts';

export function round(rate: number, cpuUsPerMessage: number): Round {
  return {
    rate,
    megabytesPerSecond: (rate * 64) / 1e6,
    p50Us: 1e6 / rate,
    p99Us: 3e6 / rate,
    p999Us: 9e6 / rate,
    maxUs: 2e7 / rate,
    messages: rate,
    measuredMs: 1_000,
    idleOpen: 0,
    cpuUsPerMessage,
    switchesPerMessage: 0.25,
    wouldBlocksPerMessage: 0.01,
    residentBytes: 50e6,
    loadCores: 0.8,
    neverServed: 0,
  };
}

export function collected(model: string, rounds: readonly (Round | null)[]): Collected {
  return {
    model,
    workload: 'small',
    idle: 0,
    connections: 50,
    bytes: 64,
    note: null,
    failure: null,
    rounds,
    counts: null,
    uncounted: null,
  };
}

/** How fast each invented server is beside so many silent connections. */
const SPEEDS: Readonly<Record<string, (idle: number) => number>> = {
  poll: (idle) => 100_000 / (1 + idle / 250),
  epoll: () => 110_000,
  'node-net': () => 60_000,
  '<peer> & "co"': () => 80_000,
};

export const MODELS = Object.keys(SPEEDS);

/** A report of `small` and `idle` with three rounds, every rate times `factor` of its model. */
export function report(factor: (model: string) => number = () => 1): BenchReport {
  const cells = cellsOf(['small', 'idle'].map((name) => findWorkload(name) as Workload));
  const contenders = MODELS.map((name) => peerContender(name, ['serve', '{port}']));
  const all = cells.flatMap(({ workload, idle }) =>
    MODELS.map((model) => {
      const rate = (SPEEDS[model]?.(idle) ?? 0) * factor(model);
      const rounds = [0.98, 1, 1.02].map((error) => {
        return { ...round(rate * error, 5e5 / rate), idleOpen: idle };
      });
      return { ...collected(model, rounds), workload: workload.name, idle };
    }),
  );
  const rows = rowsOf(all, 'node-net');
  return buildReport(
    { rows, complete: true, rounds: 3 },
    {
      plan: {
        contenders,
        cells,
        baseline: 'node-net',
        rounds: 3,
        uncounted: null,
        isCounted: () => true,
        limitMs: 1e6,
        roundsLeast: 3,
      },
      setting: {
        runLoad: () => Promise.reject(new Error('nothing is run')),
        timing: { warmUpMs: 250, durationMs: 600, stallMs: 5_000 },
        pinning: { server: 0, load: 1 },
        port: 0,
      },
      machine: {
        os: 'linux',
        kernel: '6.18.0',
        architecture: 'x64',
        processor: 'Some Processor',
        cores: 2,
        memoryBytes: 8 * 2 ** 30,
        node: 'v24.0.0',
        polyio: '0.1.0',
        loadAverage: 0.12,
      },
      startedAt: new Date('2026-01-02T03:04:05Z'),
      elapsedMs: 90_000,
      command: 'polyio bench --quick',
      pinningNote: null,
      unavailable: [{ model: 'iocp', reason: 'it is the kernel interface of Windows' }],
    },
  );
}
