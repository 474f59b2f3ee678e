/** From rounds to rows: medians, and ratios to the baseline of the same round. */
import type { Counts, Round } from './measure.ts';
import type { Row } from './report.ts';
import { commonVariance, type Figure, figureOf, isNoisy } from './spread.ts';

/** What was collected about one row. A round that failed is null. */
export interface Collected {
  readonly model: string;
  readonly workload: string;
  readonly idle: number;
  readonly connections: number;
  readonly bytes: number;
  readonly note: string | null;
  readonly failure: string | null;
  readonly rounds: readonly (Round | null)[];
  readonly counts: Counts | null;
  /** Why nothing was counted for this row alone; null when it was, or for no row at all. */
  readonly uncounted: string | null;
}

type Pick1 = (round: Round) => number | null;

function medianOf(rounds: readonly (Round | null)[], pick: Pick1): number | null {
  return figureOf(rounds.map((round) => (round === null ? null : pick(round))))?.median ?? null;
}

/** What is over the baseline's, round by round: what slows the machine down slows both down. */
function ratiosOf(
  rounds: readonly (Round | null)[],
  baseline: readonly (Round | null)[],
  pick: Pick1,
): (number | null)[] {
  return rounds.map((round, index) => {
    const base = baseline[index] ?? null;
    if (round === null || base === null) return null;
    const [ours, theirs] = [pick(round), pick(base)];
    return ours === null || theirs === null || theirs === 0 ? null : ours / theirs;
  });
}

const rateOf: Pick1 = ({ rate }) => rate;
const cpuOf: Pick1 = ({ cpuUsPerMessage }) => cpuUsPerMessage;

/** What the rounds of a cell's models differ by on average, on logarithms. */
interface CommonVariance {
  readonly rate: number | null;
  readonly ratio: number | null;
}

const UNKNOWN: CommonVariance = { rate: null, ratio: null };

/** A row for each of those collected, in their order. */
export function rowsOf(all: readonly Collected[], baseline: string): Row[] {
  return all.map((one) => {
    const cell = all.filter(({ workload, idle }) => {
      return workload === one.workload && idle === one.idle;
    });
    const base = cell.find(({ model }) => model === baseline);
    const others = cell.filter(({ model }) => model !== baseline);
    const ratios = others.map(({ rounds }) => ratiosOf(rounds, base?.rounds ?? [], rateOf));
    const rates = cell.map(({ rounds }) => rounds.map((round) => round?.rate ?? null));
    // Not the cost: some models' varies with how busy they are, and others' does not.
    return rowOf(one, base, { rate: commonVariance(rates), ratio: commonVariance(ratios) });
  });
}

function sum(calls: Readonly<Record<string, number>> | null | undefined): number | null {
  if (calls === null || calls === undefined) return null;
  return Object.values(calls).reduce((total, count) => total + count, 0);
}

/** The baseline's ratio to itself is 1 in any run. */
function toItself(isBaseline: boolean, figure: Figure | null): Figure | null {
  return isBaseline && figure !== null ? { ...figure, interval: [1, 1] } : figure;
}

/** @param baseline what was collected about the baseline under the same load */
export function rowOf(
  collected: Collected,
  baseline: Collected | undefined,
  common: CommonVariance = UNKNOWN,
): Row {
  const { model, workload, idle, connections, bytes, failure, rounds, counts } = collected;
  const of = (pick: Pick1) => medianOf(rounds, pick);
  const base = baseline?.rounds ?? [];
  const rate = figureOf(
    rounds.map((round) => round?.rate ?? null),
    common.rate,
  );
  const isBaseline = collected === baseline;
  const ratio = toItself(isBaseline, figureOf(ratiosOf(rounds, base, rateOf), common.ratio));
  const cost = toItself(isBaseline, figureOf(ratiosOf(rounds, base, cpuOf)));
  const cpu = figureOf(rounds.map((round) => round?.cpuUsPerMessage ?? null));
  return {
    model,
    workload,
    idle,
    idleOpen: of((round) => round.idleOpen),
    connections,
    bytes,
    rate: rate?.median ?? null,
    rateSpread: rate?.spread ?? null,
    rateInterval: rate?.interval ?? null,
    megabytesPerSecond: of((round) => round.megabytesPerSecond),
    ratio: ratio?.median ?? null,
    ratioSpread: ratio?.spread ?? null,
    ratioInterval: ratio?.interval ?? null,
    cost: cost?.median ?? null,
    costSpread: cost?.spread ?? null,
    costInterval: cost?.interval ?? null,
    p50Us: of((round) => round.p50Us),
    p99Us: of((round) => round.p99Us),
    p999Us: of((round) => round.p999Us),
    cpuUsPerMessage: cpu?.median ?? null,
    cpuSpread: cpu?.spread ?? null,
    switchesPerMessage: of((round) => round.switchesPerMessage),
    wouldBlocksPerMessage: of((round) => round.wouldBlocksPerMessage),
    systemCallsPerMessage: sum(counts?.systemCalls),
    systemCalls: counts?.systemCalls ?? null,
    bytesPerConnection: counts?.bytesPerConnection ?? null,
    residentBytes: of((round) => round.residentBytes),
    loadCores: of((round) => round.loadCores),
    noisy: [rate, ratio].some((figure) => figure !== null && isNoisy(figure)),
    note: noteOf(collected, cpu),
    failure,
    rounds: rounds.filter((round) => round !== null),
  };
}

/** From here on the load has no time left to be faster. */
const LOAD_FULL = 0.97;
/** Below this part of a core the server waits more than it works. */
const SERVER_BUSY = 0.85;

/** Whether the figures are the load's rather than the server's. */
function isLoadLimit(rounds: readonly (Round | null)[], cpu: Figure | null): boolean {
  const loadCores = medianOf(rounds, (round) => round.loadCores) ?? 0;
  const rate = medianOf(rounds, (round) => round.rate) ?? 0;
  return loadCores > LOAD_FULL && cpu !== null && (cpu.median * rate) / 1e6 < SERVER_BUSY;
}

function noteOf({ note, rounds, uncounted }: Collected, cpu: Figure | null): string | null {
  const unserved = Math.max(0, ...rounds.map((round) => round?.neverServed ?? 0));
  const parts = [
    note,
    unserved === 0 ? null : `${unserved} connections were never served`,
    isLoadLimit(rounds, cpu) ? 'the load was at its limit, the server was not' : null,
    uncounted === null ? null : `system calls ${uncounted}`,
  ];
  return parts.filter((part) => part !== null).join('; ') || null;
}
