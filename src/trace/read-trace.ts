/**
 * Reading a trace file that anybody may have written: every value is checked before it is taken
 * over, and what is wrong is said in one sentence.
 */
import {
  asFormat,
  asIndex,
  asList,
  asNumber,
  asObject,
  asText,
  type Fields,
  numbersOf,
  parseFile,
  refuse,
} from './checks.ts';
import type {
  Spread,
  Trace,
  TraceConnection,
  TracePhase,
  TraceSummary,
  TraceWriter,
} from './document.ts';
import { KINDS, METHODS, type TraceEvent } from './event.ts';
import { CAPACITY_MAX } from './ring.ts';
import { EVENT_COLUMNS, FORMAT, PHASE_COLUMNS, VERSION } from './write-trace.ts';

const WRITERS_MAX = 1_024;
const CONNECTIONS_MAX = 65_536;
const NAMES_MAX = 1_024;
const NOTES_MAX = 1_024;

const ANY = Number.NEGATIVE_INFINITY;

function readRun(value: unknown): Trace['run'] {
  const run = asObject(value, 'run');
  return {
    model: asText(run['model'], 'run.model'),
    scenario: asText(run['scenario'], 'run.scenario'),
    ...numbersOf(run, 'run', ['clients', 'messages', 'bytes', 'delayMs', 'seed', 'workers']),
  };
}

/** Where something was run. */
export function readMachine(value: unknown): Trace['machine'] {
  const machine = asObject(value, 'machine');
  return {
    system: asText(machine['system'], 'machine.system'),
    kernel: asText(machine['kernel'], 'machine.kernel'),
    architecture: asText(machine['architecture'], 'machine.architecture'),
    node: asText(machine['node'], 'machine.node'),
    cpus: asNumber(machine['cpus'], 'machine.cpus'),
  };
}

function readClock(value: unknown): Trace['clock'] {
  const clock = asObject(value, 'clock');
  return {
    origin: asText(clock['origin'], 'clock.origin'),
    errorNs: asNumber(clock['errorNs'], 'clock.errorNs'),
    movedNs: asNumber(clock['movedNs'], 'clock.movedNs', ANY),
    tapNs: asNumber(clock['tapNs'], 'clock.tapNs'),
  };
}

function readWriter(value: unknown, path: string): TraceWriter {
  const writer = asObject(value, path);
  const { role, name } = writer;
  if (role !== 'server' && role !== 'clients') return refuse(`${path}.role is neither of the two`);
  const names = ['pid', 'tid', 'cpuNs', 'voluntarySwitches', 'involuntarySwitches'] as const;
  return {
    role,
    ...(name === undefined ? {} : { name: asText(name, `${path}.name`) }),
    ...numbersOf(writer, path, names),
  };
}

function readConnection(value: unknown, path: string, writers: number): TraceConnection {
  const connection = asObject(value, path);
  const { closed } = connection;
  return {
    client: asNumber(connection['client'], `${path}.client`, -1),
    writer: asIndex(connection['writer'], `${path}.writer`, writers),
    fd: asNumber(connection['fd'], `${path}.fd`, -1),
    port: asNumber(connection['port'], `${path}.port`),
    opened: asNumber(connection['opened'], `${path}.opened`, ANY),
    closed: closed === null ? null : asNumber(closed, `${path}.closed`, ANY),
  };
}

/** The rows of a table whose columns are these. */
function rowsOf(value: unknown, path: string, columns: readonly string[]): readonly unknown[][] {
  const table = asObject(value, path);
  const found = asList(table['columns'], `${path}.columns`, columns.length);
  if (columns.some((name, index) => found[index] !== name)) {
    return refuse(`${path}.columns are not ${columns.join(', ')}`);
  }
  return asList(table['rows'], `${path}.rows`, CAPACITY_MAX).map((row, index) => {
    const cells = asList(row, `${path}.rows[${index}]`, columns.length);
    if (cells.length === columns.length) return cells as unknown[];
    return refuse(`${path}.rows[${index}] has ${cells.length} of ${columns.length} columns`);
  });
}

/** The value of a cell in a list of what there is; the first place of such lists is empty or `none`. */
function pick<Name extends string>(names: readonly Name[], value: unknown, path: string): Name {
  const name = names[asIndex(value, path, names.length)];
  return name ?? refuse(`${path} is ${String(value)}, which means nothing`);
}

function asArrival(value: unknown, path: string): number | null {
  return value === null ? null : asNumber(value, path, ANY);
}

function readEvent(
  row: readonly unknown[],
  path: string,
  names: readonly string[],
  writers: number,
): TraceEvent {
  const [kind, writer, name, fd, start, end, result, errno, times, arrival, measured, about] = row;
  const event = {
    kind: pick(KINDS, kind, `${path}.kind`),
    writer: asIndex(writer, `${path}.writer`, writers),
    name: names[asIndex(name, `${path}.name`, names.length)] as string,
    fd: asNumber(fd, `${path}.fd`, -1),
    start: asNumber(start, `${path}.start`, ANY),
    end: asNumber(end, `${path}.end`, ANY),
    result: asNumber(result, `${path}.result`, ANY),
    errno: asNumber(errno, `${path}.errno`),
    times: asNumber(times, `${path}.times`, 1),
    arrival: asArrival(arrival, `${path}.arrival`),
    measured: pick(METHODS, measured, `${path}.measured`),
    about: asNumber(about, `${path}.about`),
  };
  return event.end >= event.start ? event : refuse(`${path} ends before it starts`);
}

function readPhase(row: readonly unknown[], path: string, connections: number): TracePhase {
  const [connection, bytes, waitStart, arrival, asked, end, measured] = row;
  return {
    connection: asIndex(connection, `${path}.connection`, connections),
    bytes: asNumber(bytes, `${path}.bytes`, 1),
    waitStart: asNumber(waitStart, `${path}.waitStart`, ANY),
    arrival: asArrival(arrival, `${path}.arrival`),
    asked: asNumber(asked, `${path}.asked`, ANY),
    end: asNumber(end, `${path}.end`, ANY),
    measured: pick(METHODS, measured, `${path}.measured`),
  };
}

function readSpread(value: unknown, path: string): Spread {
  return numbersOf(value, path, ['count', 'median', 'p99', 'total']);
}

const FIGURES = [
  'messages',
  'receives',
  'totalCalls',
  'callsPerMessage',
  'wouldBlocks',
  'probes',
  'operations',
  'waitingNs',
  'callbackNs',
  'cpuNs',
  'voluntarySwitches',
  'involuntarySwitches',
  'threads',
  'processes',
] as const;

/** Numbers by the names of calls. */
function readCalls(value: unknown, path: string): Record<string, number> {
  const calls = Object.entries(asObject(value, path));
  asList(calls, path, NAMES_MAX);
  return Object.fromEntries(
    calls.map(([name, number]) => {
      const call = asText(name, `a name in ${path}`);
      return [call, asNumber(number, `${path}.${call}`)];
    }),
  );
}

function readSummary(value: unknown): TraceSummary {
  const summary = asObject(value, 'summary');
  const spread = (name: string): Spread => readSpread(summary[name], `summary.${name}`);
  return {
    ...numbersOf(summary, 'summary', FIGURES),
    wait: spread('wait'),
    ready: spread('ready'),
    copy: spread('copy'),
    roundTrip: spread('roundTrip'),
    measured: numbersOf(summary['measured'], 'summary.measured', METHODS),
    calls: readCalls(summary['calls'], 'summary.calls'),
    callTimes: readCalls(summary['callTimes'], 'summary.callTimes'),
  };
}

/**
 * The trace in a text that `writeTrace` has written. Throws TraceFileError, with one sentence, for
 * any other text, however it was made.
 */
export function readTrace(text: string): Trace {
  return traceOf(parseFile(text, FORMAT, VERSION));
}

/** The same for what a text that holds more than one trace has in the place of one. */
export function readTraceValue(value: unknown): Trace {
  return traceOf(asFormat(value, 'the trace', { format: FORMAT, version: VERSION }));
}

function traceOf(file: Fields): Trace {
  const list = (name: string, most: number): readonly unknown[] => asList(file[name], name, most);
  const writers = list('writers', WRITERS_MAX).map((value, index) =>
    readWriter(value, `writers[${index}]`),
  );
  const connections = list('connections', CONNECTIONS_MAX).map((value, index) =>
    readConnection(value, `connections[${index}]`, writers.length),
  );
  const names = list('names', NAMES_MAX).map((value, index) => asText(value, `names[${index}]`));
  const [from, to, ...rest] = list('window', 2);
  if (rest.length > 0) refuse('window has more than two entries');
  return {
    run: readRun(file['run']),
    machine: readMachine(file['machine']),
    clock: readClock(file['clock']),
    window: [asNumber(from, 'window[0]', ANY), asNumber(to, 'window[1]', ANY)],
    dropped: asNumber(file['dropped'], 'dropped'),
    notes: list('notes', NOTES_MAX).map((value, index) => asText(value, `notes[${index}]`)),
    writers,
    connections,
    events: rowsOf(file['events'], 'events', EVENT_COLUMNS).map((row, index) =>
      readEvent(row, `events.rows[${index}]`, names, writers.length),
    ),
    phases: rowsOf(file['phases'], 'phases', PHASE_COLUMNS).map((row, index) =>
      readPhase(row, `phases.rows[${index}]`, connections.length),
    ),
    summary: readSummary(file['summary']),
  };
}
