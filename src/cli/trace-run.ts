/** One run of `polyio trace`, from the flags to the last line. */
import { record } from '../lab.ts';
import type { ModelName } from '../servers.ts';
import type { Trace } from '../trace.ts';
import { Failure, wrongUsage } from './failure.ts';
import { stdout } from './output.ts';
import { checkModel } from './serve-options.ts';
import { StopSignals } from './stop-signals.ts';
import { openReport } from './text-output.ts';
import { loadTrace, TraceFile } from './trace-file.ts';
import { checkScenario, type TraceFlags } from './trace-options.ts';
import { describeTrace } from './trace-text.ts';

/** Records, unless a signal comes first. */
async function recordUntilStopped(
  model: ModelName | 'default',
  flags: TraceFlags,
  signals: StopSignals,
): Promise<Trace> {
  const scenario = checkScenario(flags.scenario);
  const { clients, messages, bytes, delay: delayMs, seed } = flags;
  const stop = new AbortController();
  void signals.first.then((name) => {
    stop.abort(new Failure(`stopped by ${name}; nothing was recorded`));
  });
  const script = { scenario, clients, messages, bytes, delayMs, seed };
  try {
    return await record({ model, ...script, signal: stop.signal });
  } catch (error) {
    if (error instanceof RangeError) throw wrongUsage(error.message);
    throw error;
  }
}

async function traceOf(flags: TraceFlags): Promise<Trace> {
  const { out, read } = flags;
  if (read !== undefined) {
    if (out !== undefined) throw wrongUsage('--read runs nothing that --out could write');
    return loadTrace(read);
  }
  const model = checkModel(flags.model);
  checkScenario(flags.scenario);
  if (out === '') throw wrongUsage('--out takes the name of a file, got nothing');
  const signals = new StopSignals();
  using file = out === undefined ? null : new TraceFile(out);
  const trace = await recordUntilStopped(model, flags, signals);
  file?.write(trace);
  return trace;
}

function openedWith(path: string): string {
  const how = path.endsWith('.json') ? `polyio trace --read ${path}` : 'ui.perfetto.dev';
  return `written to ${path}; look at it with ${how}`;
}

/** Runs the command. */
export async function runTrace(flags: TraceFlags): Promise<void> {
  const output = flags.json === undefined ? null : openReport(flags.json, 'the summary');
  const trace = await traceOf(flags);
  const { run, machine, clock, window, dropped, notes, summary } = trace;
  await output?.write({ run, machine, clock, window, dropped, notes, summary });
  if (flags.json === true) return;
  for (const line of describeTrace(trace)) stdout.line(line);
  if (flags.out !== undefined) stdout.line(`\n${openedWith(flags.out)}`);
}
