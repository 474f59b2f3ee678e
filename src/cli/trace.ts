/** `polyio trace`: one run of a model against scripted clients, both phases measured. */
import type { Command } from 'commander';
import { declareTraceOptions, type TraceFlags } from './trace-options.ts';

const HELP = `
Examples:
  polyio trace --model epoll                          three clients, ten messages each
  polyio trace --model blocking --clients 3           the second client waits for the first
  polyio trace --model non-blocking --delay 20        what asking again and again costs
  polyio trace --model epoll --scenario slow-reader --out epoll.pftrace
  polyio trace --model io-uring --out run.json        then: polyio trace --read run.json
  polyio trace --model poll --json | node -p 'JSON.parse(fs.readFileSync(0)).summary.calls'

A file that ends in .json holds everything in this project's own format (docs/trace.md); any other
is for Perfetto: open ui.perfetto.dev and drop it there.

Two models get the same script when scenario, clients, messages, bytes, delay and seed are the same.

--json prints one object: run, machine, clock, window, dropped, notes, summary; times in nanoseconds.

SIGINT (Ctrl-C) and SIGTERM end the run, and nothing is written.
Exit codes: 0 fine, 1 failure, 2 wrong usage.`;

/** The recorder is loaded when it is wanted: a server would carry it along for nothing. */
async function run(flags: TraceFlags): Promise<void> {
  const { runTrace } = await import('./trace-run.ts');
  await runTrace(flags);
}

/** Declares the command. */
export function defineTrace(command: Command): void {
  command.description('run a model against scripted clients, and show its two phases, measured');
  declareTraceOptions(command);
  command.addHelpText('after', HELP).action(run);
}
