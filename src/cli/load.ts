/** `polyio load`: many connections, messages that come back, and how long that took. */
import type { Command } from 'commander';
import { type LoadReport, runLoad } from '../bench.ts';
import { EXIT } from './exit-codes.ts';
import { Failure } from './failure.ts';
import { duration } from './figures.ts';
import { declareOptions, type LoadFlags, planOf } from './load-options.ts';
import { describePlan, describeProgress, describeReport } from './load-text.ts';
import { stdout } from './output.ts';
import { checkPlace } from './serve-options.ts';
import { StatusLine } from './status-line.ts';
import { StopSignals } from './stop-signals.ts';
import { openReport } from './text-output.ts';

const HELP = `
Examples:
  polyio serve --model epoll --port 8080          in another terminal
  polyio load --port 8080
  polyio load --port 8080 --connections 500 --size 65536 --duration 10
  polyio load --port 8080 --rate 20000            on schedule: pauses of the server show
  polyio load --port 8080 --idle 10000 --connections 10
  polyio load --port 8080 --churn 1               a connection for each message
  polyio load --path /tmp/echo.sock --json report.json

The server has to send every byte back; each one is compared. Latency counts from when a message
was due until all of it was back. The load comes from a process of its own.
Ctrl-C ends it: what was measured until then is printed, exit code 0; a second one ends it at once.
Exit codes: 0 fine, 1 something went wrong (the figures until then are printed), 2 wrong usage.
--json prints one object: rate, megabytesPerSecond, messages, bytes, measuredMs, connectMs,
connects, latency and connectLatency (microseconds: count, mean, min, p50, p90, p99, p999, max, and
histogram, an encoded HdrHistogram of nanoseconds), perConnection (min, max), neverServed, idle,
errors by kind, behind, cpu, engine, rejected (why not a better one), outcome (complete,
interrupted, failed), failure (a sentence, or null), plan.`;

function printReport(report: LoadReport): void {
  if (report.outcome === 'interrupted') {
    const isEarly = report.measuredMs === 0;
    const when = isEarly ? 'before measuring' : `after ${duration(report.measuredMs)} of measuring`;
    stdout.line(`interrupted ${when}`);
  }
  // Of a load that never got so far there is nothing to tell but why.
  if (report.measuredMs > 0) for (const line of describeReport(report)) stdout.line(line);
}

async function run(flags: LoadFlags, command: Command): Promise<void> {
  checkPlace(command);
  const plan = await planOf(flags);
  const json = flags.json === undefined ? null : openReport(flags.json, 'the report');
  const isText = flags.json !== true;
  const status = new StatusLine(stdout);
  const signals = new StopSignals();
  const ending = new AbortController();
  void signals.first.then(() => ending.abort());
  // The generator ends with this process.
  void signals.second.then(() => process.exit(EXIT.failure));
  try {
    if (isText) stdout.line(describePlan(plan));
    const report = await runLoad(plan, {
      signal: ending.signal,
      onProgress: (progress) => {
        if (isText && stdout.isScreen) status.draw(describeProgress(progress));
      },
    });
    status.clear();
    if (isText) printReport(report);
    await json?.write(report);
    if (report.failure !== null) throw new Failure(report.failure);
  } finally {
    status.clear();
  }
}

/** Declares the command. */
export function defineLoad(command: Command): void {
  command.description('put a load on an echo server: rate, latency, every byte compared');
  declareOptions(command);
  command.addHelpText('after', HELP).action(run);
}
