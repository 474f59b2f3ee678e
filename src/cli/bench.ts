/** `polyio bench`: every model side by side, under the same load, in one run. */
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import {
  type BenchReport,
  buildReport,
  type Cell,
  choosePinning,
  describeMachine,
  drawPage,
  freePort,
  requireGenerator,
  runBench,
  runLoad,
  uncountable,
} from '../bench.ts';
import { polyioVersion } from '../platform/version.ts';
import { defineCompare } from './bench-compare.ts';
import { type BenchFlags, type Decisions, decide, declareOptions } from './bench-options.ts';
import { ProgressLine } from './bench-progress.ts';
import { drawReport } from './bench-text.ts';
import { EXIT } from './exit-codes.ts';
import { Failure, sentenceOf } from './failure.ts';
import { stdout } from './output.ts';
import { explainStart } from './serve-errors.ts';
import { StopSignals } from './stop-signals.ts';
import { openReport, openText } from './text-output.ts';

const HELP = `
Examples:
  polyio bench                                   all models, small and idle: under 8 minutes
  polyio bench --quick                           the same in under 2, and less sure
  polyio bench --models epoll,io-uring --workload small,bulk,pipelined
  polyio bench --peers all --html report.html    with Bun, Deno and Python where installed
  polyio bench --peer 'C=./echo-server --port {port}' --baseline C
  polyio bench --json today.json && polyio bench compare yesterday.json today.json

Each measurement has a fresh server on one core and the load on another; in every round all models
have their turn. A ratio is taken against the baseline of the same round, so compare ratios, not
rates. The interval behind it is where the median of another run is to be expected, 19 times in 20.
System calls are counted by strace in a short run of their own, on the threads that serve.

Ctrl-C ends it and prints what has been measured, as do SIGTERM and SIGHUP; a second one ends it at
once.
Exit codes: 0 fine, 1 something could not be measured, or it was interrupted, 2 wrong usage.`;

const SERVE = [process.execPath, fileURLToPath(new URL('../cli.js', import.meta.url)), 'serve'];
/** Terminals that do not tell their width, and files. */
const WIDTH_OF_FILES = 132;

/** A port that is asked for has to be free before anything is measured. */
async function checkPort(port: number): Promise<void> {
  if (port === 0) return;
  try {
    await freePort(port);
  } catch (error) {
    throw explainStart(error, { host: '127.0.0.1', port });
  }
}

function commandLine(): string {
  return ['polyio', ...process.argv.slice(2)]
    .map((word) => (/^[\w./:=,@{}-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}

async function measure(
  decisions: Decisions,
  flags: BenchFlags,
  signal: AbortSignal,
): Promise<BenchReport> {
  const pinning = flags.pin ? choosePinning() : 'programs are not pinned to a core (--no-pin)';
  const uncounted = flags.counts ? uncountable() : 'not counted: --no-counts';
  const plan = {
    contenders: decisions.contenders,
    cells: decisions.cells,
    baseline: flags.baseline,
    rounds: decisions.rounds,
    uncounted,
    isCounted: (cell: Cell) => flags.counts && decisions.isCounted(cell),
    limitMs: decisions.limitMs,
    roundsLeast: decisions.roundsLeast,
  };
  const { durationMs, warmUpMs, stallMs } = decisions;
  const setting = {
    runLoad,
    timing: { durationMs, warmUpMs, stallMs },
    pinning: typeof pinning === 'string' ? null : pinning,
    port: flags.port,
    signal,
  };
  const machine = describeMachine(polyioVersion());
  const startedAt = new Date();
  using progress = new ProgressLine();
  const findings = await runBench(plan, setting, (now) => progress.show(now));
  return buildReport(findings, {
    plan,
    setting,
    machine,
    startedAt,
    elapsedMs: Date.now() - startedAt.getTime(),
    command: commandLine(),
    pinningNote: typeof pinning === 'string' ? pinning : null,
    unavailable: decisions.unavailable,
  });
}

/** The end of a run that did not find out everything. */
function explain(report: BenchReport): void {
  if (!report.complete) {
    throw new Failure('interrupted; what had been measured until then is above');
  }
  const failed = report.rows.filter(({ failure }) => failure !== null);
  const [first] = failed;
  if (first === undefined) return;
  const others = failed.length === 1 ? '' : ` (and ${failed.length - 1} more)`;
  throw new Failure(
    `${first.model} could not be measured under ${first.workload}: ${sentenceOf(first.failure)}${others}; the other rows are as measured`,
  );
}

async function run(flags: BenchFlags): Promise<void> {
  requireGenerator();
  const decisions = decide(flags, SERVE);
  await checkPort(flags.port);
  // Before the run: nobody wants to hear of a wrong path after eight minutes.
  const json = flags.json === undefined ? null : openReport(flags.json, 'the report');
  const html = flags.html === undefined ? null : openText(flags.html, 'the page');
  // A terminal that is closed takes no servers with it: they are process groups of their own.
  const signals = new StopSignals(['SIGHUP']);
  const interrupt = new AbortController();
  void signals.first.then((signal) => interrupt.abort(new Failure(signal)));
  void signals.second.then(() => process.exit(EXIT.failure));
  const report = await measure(decisions, flags, interrupt.signal);
  if (flags.json !== true) {
    const width = stdout.isScreen ? stdout.columns : WIDTH_OF_FILES;
    for (const line of drawReport(report, width)) stdout.line(line);
  }
  // Last, and each for itself: what has been measured is not lost with a file that cannot be written.
  const written = await Promise.allSettled([
    json?.write(report),
    (async () => html?.write(drawPage(report)))(),
  ]);
  for (const one of written) if (one.status === 'rejected') throw one.reason;
  explain(report);
}

/** Declares the command. */
export function defineBench(command: Command): void {
  command.description('measure every model side by side, under the same load');
  declareOptions(command);
  command.addHelpText('after', HELP).action(run);
  defineCompare(command.command('compare'));
}
