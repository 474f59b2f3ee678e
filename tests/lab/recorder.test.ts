import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createScript, record, SCENARIOS, type Scenario } from '../../src/lab.ts';
import { MODELS, type ModelName } from '../../src/servers.ts';
import type { Trace, TraceConnection, TraceEvent } from '../../src/trace.ts';
import { childrenOf, until } from '../cli/polyio-process.ts';
import { openDescriptors, test } from '../harness/test.ts';

const LIMIT_MS = 60_000;
/** How closely the clocks are known to one another, generously. */
const CLOCKS_NS = 50_000;
const SMALL = { clients: 2, messages: 4, delayMs: 5 };

/** Receives of these are not calls of the program's, so the sender's clock has to do. */
const WITHOUT_STAMPS: readonly ModelName[] = ['io-uring', 'node-net'];

function sum(events: readonly TraceEvent[]): number {
  return events.reduce((total, { result }) => total + Math.max(0, result), 0);
}

/** What holds in every trace, whatever the machine was busy with. */
function assertConsistent({ events, phases, connections, window, writers, summary }: Trace): void {
  for (const { start, end, writer, times, arrival } of events) {
    assert.ok(start >= 0 && end >= start, `${start} to ${end}`);
    assert.ok(writers[writer] !== undefined);
    assert.ok(times >= 1);
    assert.ok(arrival === null || Number.isFinite(arrival));
  }
  assert.ok(window[0] < window[1]);
  for (const { connection, bytes, waitStart, arrival, asked, end } of phases) {
    assert.ok(connections[connection] !== undefined);
    assert.ok(bytes > 0);
    assert.ok(waitStart <= end && asked <= end);
    assert.ok(arrival !== null && arrival <= end);
  }
  const calls = Object.values(summary.calls).reduce((total, count) => total + count, 0);
  assert.equal(calls, summary.totalCalls);
  assert.ok(summary.cpuNs > 0);
}

for (const { name, family, unavailable } of MODELS) {
  test(
    `record ${name}: every message, every byte, each receive split into its phases`,
    async () => {
      const trace = await record({ ...SMALL, model: name });
      assertConsistent(trace);
      const { run, summary, phases, events, connections, notes, dropped } = trace;
      assert.equal(run.model, name);
      assert.equal(summary.messages, 8);
      assert.equal(dropped, 0);
      assert.deepEqual(
        notes.filter((note) => /^client \d+:/.test(note)),
        [],
      );
      assert.deepEqual(connections.map(({ client }) => client).sort(), [0, 1]);
      assert.ok(connections.every(({ closed }) => closed !== null));
      const bytes = phases.reduce((total, phase) => total + phase.bytes, 0);
      assert.equal(bytes, 8 * 64, 'every byte lies in one phase');
      const method = WITHOUT_STAMPS.includes(name) ? 'sender' : 'kernel-stamp';
      assert.ok(
        phases.every(({ measured }) => measured === method),
        JSON.stringify(summary.measured),
      );
      const sent = events.filter((event) => event.kind === 'client' && event.name === 'send');
      assert.equal(sum(sent), 8 * 64);
      assert.equal(summary.threads, family === 'blocking' && name !== 'blocking' ? 2 : 1);
      assert.equal(summary.processes, name === 'blocking-processes' ? 2 : 1);
      const isRing = name === 'io-uring';
      assert.equal(summary.operations > 0, isRing);
      assert.equal(
        events.some(({ kind }) => kind === 'completion'),
        isRing,
      );
    },
    { limitMs: LIMIT_MS, skip: unavailable()?.reason ?? false },
  );
}

for (const scenario of Object.keys(SCENARIOS) as Scenario[]) {
  test(
    `record under '${scenario}': the script is played to its end`,
    async () => {
      const trace = await record({ ...SMALL, model: 'poll', scenario });
      assertConsistent(trace);
      const { events, summary, notes } = trace;
      const acts = new Set(
        events.filter(({ kind }) => kind === 'client').map((event) => event.name),
      );
      const { steps } = createScript({ ...SMALL, scenario });
      const scripted = new Set(steps.flat().map(({ act }) => act));
      for (const act of scripted) assert.ok(acts.has(act), `${act} is missing`);
      assert.ok(acts.has('closed'));
      assert.deepEqual(
        notes.filter((note) => /cut|client \d+:/.test(note)),
        [],
      );
      // Who breaks off leaves unseen what has not come back.
      const least = scenario === 'reset' ? 4 : 8;
      assert.ok(summary.messages >= least && summary.messages <= 8, `${summary.messages}`);
    },
    { limitMs: LIMIT_MS },
  );
}

test('record: the kernel stamps no byte before its sender sends it, and few long after', async (context) => {
  const { events, phases, connections } = await record({
    model: 'poll',
    clients: 3,
    messages: 8,
    delayMs: 6,
  });
  const received = new Map<number, number>();
  const delays: number[] = [];
  for (const { connection, bytes, arrival, measured } of phases) {
    if (measured !== 'kernel-stamp') continue;
    const total = (received.get(connection) ?? 0) + bytes;
    received.set(connection, total);
    const { port } = connections[connection] as TraceConnection;
    // The stamp is that of the last packet, which the send belongs to that the bytes reach into.
    let sent = 0;
    const send = events.find(({ kind, name, about, result }) => {
      if (kind !== 'client' || name !== 'send' || about !== port) return false;
      sent += result;
      return sent >= total;
    });
    assert.ok(send !== undefined && arrival !== null);
    assert.ok(arrival >= send.start - CLOCKS_NS, `${send.start - arrival} ns before it was sent`);
    delays.push(arrival - send.start);
  }
  assert.ok(delays.length > 0);
  const median = delays.sort((a, b) => a - b)[delays.length >> 1] as number;
  context.diagnostic(
    `stamped ${median / 1_000} us after the sender began, median of ${delays.length}`,
  );
});

test('record: two models get the same script, act for act', async () => {
  const options = {
    clients: 3,
    messages: 5,
    delayMs: 4,
    seed: 42,
    scenario: 'slow-sender',
  } as const;
  const sends = async (model: ModelName): Promise<number[][]> => {
    const { events, connections } = await record({ ...options, model });
    const clients = new Map(connections.map(({ port, client }) => [port, client]));
    const found: number[][] = [[], [], []];
    for (const { kind, name, about, result } of events) {
      if (kind === 'client' && name === 'send') found[clients.get(about) as number]?.push(result);
    }
    return found;
  };
  assert.deepEqual(await sends('blocking'), await sends('poll'));
});

test('record: a ring that is too small says how much is missing', async () => {
  const { dropped, notes, events } = await record({ ...SMALL, model: 'poll', capacity: 40 });
  assert.equal(events.length, 40);
  assert.ok(dropped > 0);
  assert.ok(notes.includes(`${dropped} events found no room and are missing`), notes.join('; '));
});

test('record: a polling server fills no memory, and its calls are counted all the same', async () => {
  const options = { ...SMALL, delayMs: 20, model: 'non-blocking', capacity: 300 } as const;
  const { dropped, events, summary, notes } = await record(options);
  assert.equal(dropped, 0);
  assert.ok(events.length <= 300);
  const calls = events.filter(({ kind }) => kind === 'call');
  assert.ok(summary.wouldBlocks > calls.length, `${summary.wouldBlocks}`);
  assert.ok(notes.some((note) => /would-blocks were folded/.test(note)));
});

test('record: a run in which the wall clock was set is dropped, and that is said', async () => {
  const shifts = [0n, 2_000_000_000n, 0n, 0n];
  const readClocks = () => {
    const monotonic = process.hrtime.bigint();
    const wall = BigInt(Date.now()) * 1_000_000n;
    base ??= wall - monotonic;
    return { monotonic, wall: monotonic + base + (shifts.shift() ?? 0n), errorNs: 50 };
  };
  let base: bigint | undefined;
  const { notes, summary } = await record({ ...SMALL, model: 'poll', readClocks });
  assert.equal(notes[0], 'a run was dropped: the wall clock was set by 2000.000 ms during the run');
  assert.equal(summary.messages, 8);
  let step = 0n;
  const restless = () => ({
    monotonic: process.hrtime.bigint(),
    wall: process.hrtime.bigint() + step++ * 1_000_000_000n,
    errorNs: 50,
  });
  await assert.rejects(record({ ...SMALL, model: 'poll', readClocks: restless }), {
    code: 'ETIME',
    message: /3 times in a row/,
  });
});

test('record: a signal ends the run with its reason, and nothing goes on', async () => {
  const reason = new Error('enough');
  await assert.rejects(record({ signal: AbortSignal.abort(reason) }), reason);
  const stop = new AbortController();
  const run = record({ ...SMALL, delayMs: 2_000, model: 'blocking', signal: stop.signal });
  setTimeout(() => stop.abort(reason), 300);
  await assert.rejects(run, reason);
});

/** How many sockets of this process are connected by TCP. */
function connectedSockets(): number {
  const own = new Set(openDescriptors().values());
  const rows = readFileSync('/proc/self/net/tcp', 'latin1').trim().split('\n');
  return rows.filter((row) => {
    const [, , , state, , , , , , inode] = row.trim().split(/\s+/);
    return state === '01' && own.has(`socket:[${inode}]`);
  }).length;
}

test('record: a worker that dies ends the run with that error', async () => {
  const before = new Set(childrenOf(process.pid));
  const options = { clients: 2, messages: 9, delayMs: 2_000, model: 'blocking-processes' } as const;
  const run = record(options);
  const failure = assert.rejects(run, { code: 'ERR_POLYIO_WORKER_DIED' });
  const started = () => childrenOf(process.pid).filter((pid) => !before.has(pid));
  await until('the clients', () => connectedSockets() === 2);
  process.kill(started()[0] as number, 'SIGKILL');
  await failure;
  await until('the end of the others', () => started().length === 0);
});

test('record: what cannot run is refused before anything starts', async () => {
  await assert.rejects(record({ model: 'kqueue' as ModelName }), { name: 'UnsupportedError' });
  await assert.rejects(record({ model: 'x' as ModelName }), /unknown model 'x'/);
  await assert.rejects(record({ capacity: 1, model: 'poll' }), /capacity must be an integer/);
  await assert.rejects(record({ clients: 0 }), RangeError);
});
