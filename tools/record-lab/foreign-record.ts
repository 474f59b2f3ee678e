/** Recordings of models that this kernel does not have: the calls alone, made elsewhere. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { summarize } from '../../src/lab/record/summary.ts';
import { type LabRecord, type SceneRequest, splitPhases } from '../../src/lab.ts';
import { ERRNO } from '../../src/sys/abi.ts';
import type { Trace, TraceEvent } from '../../src/trace.ts';
import { Double } from '../../tests/doubles/kqueue.ts';
import { windowsPath, wineMachine } from '../foreign/wine.ts';
import type { CallRow, CallsRun } from './calls.ts';

const PROGRAM = fileURLToPath(new URL('./calls-only.js', import.meta.url));
const LIMIT_MS = 120_000;
const NS_PER_MS = 1e6;
const NO_COST = { cpuNs: 0, voluntarySwitches: 0, involuntarySwitches: 0 };

const NOTES = {
  double:
    'the calls were made to a double of kqueue(2) on Linux: they are those of the program, their times are not those of a BSD',
  wine: 'the calls were made under Wine on Linux: they are those of the program, their times are not those of Windows',
} as const;

type ForeignSource = keyof typeof NOTES;

/** How a program of that system is started here. */
interface Machine extends Disposable {
  readonly node: string;
  readonly env: Readonly<Record<string, string>>;
  /** What the program calls a file of this machine. */
  path(file: string): string;
}

function doubleMachine(): Machine {
  const double = new Double('darwin');
  const { env } = double;
  const path = (file: string): string => file;
  return { node: process.execPath, env, path, [Symbol.dispose]: () => double[Symbol.dispose]() };
}

function wine(): Machine {
  const { node, env = {}, stop } = wineMachine();
  return { node, env, path: windowsPath, [Symbol.dispose]: () => stop?.() };
}

function play(source: ForeignSource, model: string, request: SceneRequest): CallsRun {
  using machine = source === 'wine' ? wine() : doubleMachine();
  const folder = mkdtempSync(join(tmpdir(), 'polyio-record-'));
  try {
    const { scenario, clients, messages, bytes, delayMs, seed } = request;
    const script = JSON.stringify({ scenario, clients, messages, bytes, delayMs, seed });
    const args = [machine.path(PROGRAM), model, script, machine.path(folder)];
    const { status, stdout, stderr } = spawnSync(machine.node, args, {
      encoding: 'utf8',
      timeout: LIMIT_MS,
      env: { ...process.env, ...machine.env },
    });
    if (status !== 0) throw new Error(`${model} did not run (${status}):\n${stdout}${stderr}`);
    return JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as CallsRun;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function eventOf(row: CallRow, origin: number): TraceEvent {
  const at = (ms: number): number => Math.round((ms - origin) * NS_PER_MS);
  const writer = row.kind === 'client' ? 1 : 0;
  const [start, end] = [at(row.start), at(row.end)];
  const none = { times: 1, arrival: null, measured: 'none' } as const;
  return { ...row, ...none, writer, start, end: Math.max(start, end) };
}

function traceOf(run: CallsRun, source: ForeignSource, request: Required<SceneRequest>): Trace {
  const origin = Math.min(...run.rows.map(({ start }) => start));
  const events = run.rows.map((row) => eventOf(row, origin)).sort((a, b) => a.start - b.start);
  const ports = new Map(run.ports.map((port, client) => [port, client]));
  const { connections } = splitPhases(events, ports);
  const [from, to] = run.window;
  const window = [(from - origin) * NS_PER_MS, (to - origin) * NS_PER_MS] as const;
  const writers = [
    { role: 'server' as const, pid: 0, tid: 0, ...NO_COST },
    { role: 'clients' as const, pid: 0, tid: 0, ...NO_COST },
  ];
  const { scenario, clients, messages, bytes, delayMs, seed, models } = request;
  const figures = { events, phases: [], writers, window, roundTripsNs: [] };
  const summary = summarize({ ...figures, wouldBlock: ERRNO.EAGAIN });
  const sent = clients * messages;
  const [model = ''] = models;
  return {
    run: { model, scenario, clients, messages, bytes, delayMs, seed, workers: 1 },
    machine: run.machine,
    clock: { origin: new Date(origin).toISOString(), errorNs: 0, movedNs: 0, tapNs: 0 },
    window,
    dropped: 0,
    notes: [NOTES[source]],
    writers,
    connections,
    events,
    phases: [],
    // Every message came back, or the program would have failed; how fast says nothing.
    summary: { ...summary, messages: sent, callsPerMessage: summary.totalCalls / sent },
  };
}

/** Records the calls of a model that runs on another system only. */
export function foreignRecord(source: ForeignSource, request: Required<SceneRequest>): LabRecord {
  const [model = ''] = request.models;
  const run = play(source, model, request);
  const trace = traceOf(run, source, request);
  return {
    request,
    source,
    recordedAt: new Date().toISOString(),
    machine: run.machine,
    runs: [{ label: model, trace }],
    charts: [],
    facts: [],
  };
}
