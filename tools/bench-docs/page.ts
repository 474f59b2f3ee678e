/** docs/BENCHMARKS.md from a report, in the words of one language. */
import type { BenchReport } from '../../src/bench.ts';
import { type Loss, lossesOf, type Noise, noiseOf } from './findings.ts';
import { idleCpu, idleMemory, idleRatio, idleTable, type Titles, workloadTable } from './tables.ts';

/** A loss with its figures as they are printed. */
type PrintedLoss = Omit<Loss, 'value' | 'toValue'> & {
  readonly value: string;
  readonly toValue: string;
};

/** All that is said in one language. */
export interface Wording {
  readonly titles: Titles;
  opening(baseline: string): string;
  readonly machineHeading: string;
  pinned(server: number, load: number): string;
  readonly notPinned: string;
  rounds(rounds: number, durationMs: number): string;
  load(average: string): string;
  readonly readingHeading: string;
  readonly reading: string;
  readonly workloads: Readonly<Record<string, string>>;
  readonly idleText: string;
  readonly idleCpu: string;
  readonly idleRatio: string;
  readonly idleMemory: string;
  readonly noiseHeading: string;
  noise(noise: Noise): string;
  readonly lossHeading: string;
  readonly noLoss: string;
  readonly lossText: string;
  loss(loss: PrintedLoss): string;
  readonly limitsHeading: string;
  readonly limits: string;
}

function machineText(report: BenchReport, words: Wording): string {
  const { machine, pinned, rounds, durationMs, command } = report;
  const { server, load } = pinned;
  const facts = [
    `${machine.cores} × ${machine.processor}, ${(machine.memoryBytes / 2 ** 30).toFixed(0)} GiB`,
    `${machine.os} ${machine.kernel} ${machine.architecture}`,
    `Node ${machine.node.slice(1)}, polyio ${machine.polyio}`,
    server === null || load === null ? words.notPinned : words.pinned(server, load),
    words.rounds(rounds, durationMs),
    words.load(machine.loadAverage.toFixed(2)),
    report.startedAt.slice(0, 10),
    `\`${command}\``,
  ];
  const peers = report.models.filter(({ isPeer }) => isPeer);
  return [...facts, ...peers.map(({ name, about }) => `${name}: ${about}`)]
    .map((fact) => `- ${fact}`)
    .join('\n');
}

function workloadSections(report: BenchReport, words: Wording): string[] {
  return report.workloads.flatMap(({ name }) => {
    const rows = report.rows.filter(({ workload }) => workload === name);
    if (name !== 'idle') {
      const text = words.workloads[name] ?? '';
      return [`## \`${name}\``, text, workloadTable(rows, words.titles)];
    }
    return [
      '## `idle`',
      words.idleText,
      words.idleCpu,
      idleTable(report, words.titles, idleCpu),
      words.idleRatio,
      idleTable(report, words.titles, idleRatio),
      words.idleMemory,
      idleTable(report, words.titles, idleMemory),
    ];
  });
}

function lossText(report: BenchReport, words: Wording): string {
  const losses = lossesOf(report);
  if (losses.length === 0) return words.noLoss;
  const lines = losses.map(({ value, toValue, ...rest }) =>
    words.loss({ ...rest, value: value.toFixed(2), toValue: toValue.toFixed(2) }),
  );
  return [words.lossText, '', ...lines].join('\n');
}

export function drawMarkdown(report: BenchReport, words: Wording): string {
  return `${[
    words.opening(report.baseline),
    words.machineHeading,
    machineText(report, words),
    words.readingHeading,
    words.reading,
    ...workloadSections(report, words),
    words.noiseHeading,
    words.noise(noiseOf(report)),
    words.lossHeading,
    lossText(report, words),
    words.limitsHeading,
    words.limits,
  ].join('\n\n')}\n`;
}
