/** The options of `polyio bench`: how they are declared, and what of them can be judged before anything starts. */
import { type Command, Option } from 'commander';
import {
  availableModels,
  type Cell,
  type Contender,
  cellsOf,
  DEFAULT_WORKLOADS,
  descriptorsNeeded,
  findPeer,
  findWorkload,
  IDLE_LEVELS,
  modelContender,
  PEER_NAMES,
  parsePeer,
  WORKLOADS,
  type Workload,
} from '../bench.ts';
import { MODELS, type ModelInfo, modelInfo } from '../servers.ts';
import { descriptorLimit } from '../sys/limits.ts';
import { Failure, sentenceOf, wrongUsage } from './failure.ts';
import { JSON_FLAG, type JsonOption } from './json-output.ts';
import { nearestName } from './nearest-name.ts';
import { wholeNumber } from './whole-number.ts';

/** The options as commander hands them over. */
export interface BenchFlags {
  readonly models: string;
  readonly workload: string;
  readonly baseline: string;
  readonly peers?: string;
  readonly peer?: readonly string[];
  readonly idle?: readonly number[];
  readonly rounds?: number;
  readonly duration?: number;
  readonly warmUp?: number;
  readonly quick?: true;
  readonly counts: boolean;
  readonly pin: boolean;
  readonly port: number;
  readonly json?: JsonOption;
  readonly html?: string;
}

/** How long and how often, where the person has not said so. */
interface Effort {
  readonly rounds: number;
  readonly durationMs: number;
  readonly warmUpMs: number;
  /** On a slow machine rounds are left out rather than make it longer. */
  readonly limitMs: number;
  readonly roundsLeast: number;
}

const NORMAL: Effort = {
  rounds: 5,
  durationMs: 600,
  warmUpMs: 250,
  limitMs: 450_000,
  roundsLeast: 3,
};
const QUICK: Effort = {
  rounds: 3,
  durationMs: 160,
  warmUpMs: 80,
  limitMs: 105_000,
  roundsLeast: 1,
};
/** What the limits are for: other workloads may take longer. */
const LIMITED_CELLS = cellsOf(chooseWorkloads(DEFAULT_WORKLOADS.join(','))).length;

/** Quick runs leave out one of the numbers of silent connections: the curve shows without it. */
const QUICK_IDLE: readonly number[] = [0, 1_000, 10_000];

/** After how long without any answer a server has failed. */
const STALL_MS = 5_000;

const ROUNDS_MAX = 100;
const DURATION_MAX_MS = 600_000;
const IDLE_MAX = 100_000;

/** All that the flags decide. */
export interface Decisions extends Effort {
  readonly stallMs: number;
  isCounted(cell: Cell): boolean;
  readonly contenders: readonly Contender[];
  readonly cells: readonly Cell[];
  readonly unavailable: readonly { readonly model: string; readonly reason: string }[];
}

function number(flags: string, description: string, min: number, max: number): Option {
  return new Option(flags, description).argParser(wholeNumber(min, max));
}

function levels(text: string): number[] {
  const parse = wholeNumber(0, IDLE_MAX);
  return [...new Set(text.split(',').map((part) => parse(part.trim())))].sort((a, b) => a - b);
}

function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

/** Declares every option of the command. */
export function declareOptions(command: Command): void {
  const workloads = WORKLOADS.map(({ name }) => name).join(', ');
  const { rounds, durationMs, warmUpMs } = NORMAL;
  command
    .option('--models <names>', 'which models, separated by commas, or all', 'all')
    .option(
      '--workload <names>',
      `which of ${workloads}, separated by commas, or all`,
      DEFAULT_WORKLOADS.join(','),
    )
    .option('--baseline <name>', 'what ratios are taken against', 'node-net')
    .option(
      '--quick',
      `${QUICK.rounds} short rounds, idle only beside ${QUICK_IDLE.join(', ')} and its calls counted once: small and idle in under 2 minutes, and less sure`,
    )
    .addOption(number('--rounds <n>', `how often each is measured (${rounds})`, 1, ROUNDS_MAX))
    .addOption(
      number('--duration <ms>', `how long is measured (${durationMs})`, 10, DURATION_MAX_MS),
    )
    .addOption(
      number('--warm-up <ms>', `how long the load runs before (${warmUpMs})`, 0, DURATION_MAX_MS),
    )
    .addOption(
      new Option(
        '--idle <numbers>',
        `how many silent connections (${IDLE_LEVELS.join(',')})`,
      ).argParser(levels),
    )
    .option('--peers <names>', `also ${PEER_NAMES.join(', ')}, or all that are installed`)
    .option('--peer <name=command>', 'also this server; {port} stands for its port', collect)
    .addOption(number('--port <n>', 'the port of every server; 0: free ones', 0, 65_535).default(0))
    .option('--no-counts', 'do not count system calls and memory: saves a minute')
    .option('--no-pin', 'do not keep server and load on a core each')
    .option('--html <file>', 'one page with charts and every number')
    .option(JSON_FLAG, 'one JSON object, to standard output or to the file');
}

function unknown(what: string, name: string, names: readonly string[]): Failure {
  const nearest = nearestName(name, [...names]);
  const guess = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
  const all = `${names.join(', ')}, or all`;
  return wrongUsage(`there is no ${what} '${name}'${guess}; the ${what}s are ${all}`);
}

function wordsOf(text: string): string[] {
  return [...new Set(text.split(',').map((word) => word.trim()))];
}

function chooseWorkloads(text: string): Workload[] {
  if (text === 'all') return [...WORKLOADS];
  return wordsOf(text).map((name) => {
    const workload = findWorkload(name);
    if (workload !== undefined) return workload;
    const names = WORKLOADS.map((known) => known.name);
    throw unknown('workload', name, names);
  });
}

/** The named models, all of which have to work here, or all that work here and the reasons of the others. */
function chooseModels(
  text: string,
  baseline: string,
): { models: ModelInfo[]; unavailable: Decisions['unavailable'] } {
  if (text === 'all') {
    const unavailable: { model: string; reason: string }[] = [];
    const models = availableModels((model, reason) => unavailable.push({ model, reason }));
    return { models, unavailable };
  }
  const names = MODELS.map(({ name }) => name as string);
  const wanted = wordsOf(text);
  // The baseline is measured in any case: a ratio needs it.
  if (names.includes(baseline) && !wanted.includes(baseline)) wanted.push(baseline);
  const models = wanted.map((name) => {
    if (!names.includes(name)) throw unknown('model', name, names);
    const model = modelInfo(name);
    const refused = model.unavailable();
    if (refused === null) return model;
    throw new Failure(`${name} cannot run here: ${refused.reason}; ${refused.remedy}`);
  });
  return { models, unavailable: [] };
}

function choosePeers({ peers, peer = [] }: BenchFlags): Contender[] {
  const isAll = peers === 'all';
  const names = peers === undefined ? [] : isAll ? PEER_NAMES : wordsOf(peers);
  const known = names.flatMap((name) => {
    if (!PEER_NAMES.includes(name)) throw unknown('peer', name, PEER_NAMES);
    const found = findPeer(name);
    if (typeof found !== 'string') return [found];
    if (isAll) return [];
    throw new Failure(`cannot compare with ${name}: ${found}`);
  });
  try {
    return [...known, ...peer.map(parsePeer)];
  } catch (error) {
    throw wrongUsage(sentenceOf(error));
  }
}

function checkNames(contenders: readonly Contender[], baseline: string): void {
  const names = contenders.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw wrongUsage(`two servers are called ${twice}; give one of them another name`);
  }
  if (names.includes(baseline)) return;
  throw wrongUsage(
    `the baseline ${baseline} is not measured; it has to be one of ${names.join(', ')}`,
  );
}

function checkDescriptors(cells: readonly Cell[]): void {
  const needed = descriptorsNeeded(cells);
  const limit = descriptorLimit();
  if (limit >= needed) return;
  const most = Math.max(...cells.map(({ idle }) => idle));
  const idle = most === 0 ? '' : ', or take fewer silent connections (--idle)';
  throw new Failure(
    `the server needs ${needed} descriptors, the load nearly as many, and a process may have ${limit}; raise the hard limit (ulimit -Hn ${needed})${idle}`,
  );
}

/** @param serveCommand what starts a server of ours, without its options */
export function decide(flags: BenchFlags, serveCommand: readonly string[]): Decisions {
  const workloads = chooseWorkloads(flags.workload);
  const { models, unavailable } = chooseModels(flags.models, flags.baseline);
  const contenders = [
    ...models.map((model) => modelContender(model, serveCommand)),
    ...choosePeers(flags),
  ];
  checkNames(contenders, flags.baseline);
  const isQuick = flags.quick === true;
  const effort = isQuick ? QUICK : NORMAL;
  const cells = cellsOf(workloads, flags.idle ?? (isQuick ? QUICK_IDLE : IDLE_LEVELS));
  checkDescriptors(cells);
  const most = Math.max(...cells.map(({ idle }) => idle));
  const isLimited = flags.rounds === undefined && cells.length <= LIMITED_CELLS;
  return {
    roundsLeast: effort.roundsLeast,
    limitMs: isLimited ? effort.limitMs : Number.POSITIVE_INFINITY,
    // A quick run counts each workload once.
    isCounted: ({ workload, idle }) => !isQuick || !workload.hasIdle || idle === most,
    rounds: flags.rounds ?? effort.rounds,
    durationMs: flags.duration ?? effort.durationMs,
    warmUpMs: flags.warmUp ?? effort.warmUpMs,
    stallMs: STALL_MS,
    contenders,
    cells,
    unavailable,
  };
}
