import assert from 'node:assert/strict';
import { type Contender, peerContender } from '../../src/bench/contender.ts';
import type { LoadReport } from '../../src/bench/load/report.ts';
import { runLoad } from '../../src/bench/load/run-load.ts';
import type { RunLoad, Setting } from '../../src/bench/measure.ts';
import { treeOf } from '../../src/bench/process-tree.ts';
import { type BenchPlan, type BenchProgress, runBench } from '../../src/bench/run.ts';
import { uncountable } from '../../src/bench/system-calls.ts';
import { cellsOf, findWorkload, type Workload } from '../../src/bench/workload.ts';
import { test } from '../harness/test.ts';

const LISTENER =
  'require("net").createServer((s) => s.pipe(s)).listen(Number(process.argv[1]), "127.0.0.1")';

function server(name: string, source = LISTENER): Contender {
  return peerContender(name, [process.execPath, '-e', source, '{port}']);
}

/** The load of a test takes no time: its figures are given. */
function load(rate: (call: number) => number, rest: Partial<LoadReport> = {}): RunLoad {
  let calls = 0;
  return (plan) => {
    calls++;
    const latency = { p50: 1, p99: 2, p999: 3, max: 4 };
    return Promise.resolve({
      plan,
      outcome: 'complete',
      failure: null,
      measuredMs: 100,
      messages: 10,
      rate: rate(calls),
      megabytesPerSecond: 1,
      latency,
      idle: { open: 0, closed: 0 },
      neverServed: { count: 0, connections: [] },
      cpu: { userMs: 0, systemMs: 0, cores: 0.5 },
      ...rest,
    } as unknown as LoadReport);
  };
}

function planOf(contenders: readonly Contender[], rest: Partial<BenchPlan> = {}): BenchPlan {
  return {
    contenders,
    cells: cellsOf([findWorkload('ping-pong') as Workload]),
    baseline: 'base',
    rounds: 2,
    uncounted: 'not counted: a test',
    isCounted: () => true,
    limitMs: Number.POSITIVE_INFINITY,
    roundsLeast: 3,
    ...rest,
  };
}

function settingOf(runLoad: RunLoad, signal?: AbortSignal): Setting {
  const timing = { warmUpMs: 1, durationMs: 10, stallMs: 1_000 };
  return { runLoad, timing, pinning: null, port: 0, signal };
}

test('runBench: every server in every round, the second one backwards', async () => {
  const seen: string[] = [];
  const plan = planOf([server('base'), server('other')]);
  const { rows, complete, rounds } = await runBench(
    plan,
    settingOf(load((call) => [100, 150, 300, 200][call - 1] ?? 0)),
    ({ round, model, done, steps }) => seen.push(`${round} ${model} ${done}/${steps}`),
  );
  assert.deepEqual(seen, ['1 base 0/4', '1 other 1/4', '2 other 2/4', '2 base 3/4']);
  assert.deepEqual([complete, rounds], [true, 2]);
  const [base, other] = rows;
  assert.deepEqual([base?.rate, other?.rate], [150, 225]);
  assert.deepEqual(other?.ratioSpread, [1.5, 1.5], 'within each round');
});

test('runBench: a server that fails keeps its sentence, the others their rows', async () => {
  const broken = server('broken', 'console.error("bad luck"); process.exit(1)');
  const plan = planOf([server('base'), broken, server('other')]);
  const { rows, complete } = await runBench(plan, settingOf(load(() => 100)));
  assert.equal(complete, true);
  assert.deepEqual(
    rows.map(({ model, rate, rounds, failure }) => [model, rate, rounds.length, failure]),
    [
      ['base', 100, 2, null],
      ['broken', null, 0, 'broken never listened: it ended with code 1: bad luck'],
      ['other', 100, 2, null],
    ],
  );
});

test('runBench: what the load says went wrong is the row’s sentence', async () => {
  const wrong = load(() => 100, { outcome: 'failed', failure: '3 wrong-bytes' });
  const { rows } = await runBench(planOf([server('base')]), settingOf(wrong));
  assert.equal(rows[0]?.failure, '3 wrong-bytes');
});

test('runBench: an abort gives back what there is, and leaves no process', async () => {
  const abort = new AbortController();
  const before = treeOf(process.pid).length;
  const oneLoad = load(() => 100);
  const setting = settingOf((plan, options) => {
    if (calls++ === 2) abort.abort(new Error('enough'));
    return oneLoad(plan, options);
  }, abort.signal);
  let calls = 0;
  const plan = planOf([server('base'), server('other')], { rounds: 5 });
  const { rows, complete } = await runBench(plan, setting);
  assert.equal(complete, false);
  assert.deepEqual(
    rows.map(({ rounds }) => rounds.length),
    [1, 1],
  );
  assert.ok(treeOf(process.pid).length <= before + 1, 'only the watchdog');
});

test('runBench: rounds after the third are left out when the time is up', async () => {
  const plan = planOf([server('base')], { rounds: 9, limitMs: 1 });
  const progress: BenchProgress[] = [];
  const { rows, rounds } = await runBench(plan, settingOf(load(() => 100)), (now) =>
    progress.push(now),
  );
  assert.equal(rounds, 3);
  assert.equal(rows[0]?.rounds.length, 3);
  assert.ok(progress.every(({ leftMs }) => leftMs > 0));
  assert.equal(progress.length, 3);
});

test('runBench: calls of one row that are not counted are its note, those of all rows are not', async () => {
  // This load never gets to its measured time, so that nobody sees which thread serves.
  for (const [uncounted, note] of [
    [null, 'system calls not counted: no thread is known to serve'],
    ['not counted: a test', null],
  ] as const) {
    const plan = planOf([server('base')], { rounds: 1, uncounted });
    const { rows } = await runBench(plan, settingOf(load(() => 100)));
    assert.deepEqual([rows[0]?.note, rows[0]?.failure], [note, null]);
    assert.equal(rows[0]?.systemCalls, null);
  }
});

test(
  'runBench: an abort in the last counting is no complete run',
  async () => {
    const abort = new AbortController();
    let calls = 0;
    const setting = settingOf((plan, options) => {
      // One round, the load before the counting, and the counted one.
      if (++calls === 3) abort.abort(new Error('enough'));
      return runLoad(plan, options);
    }, abort.signal);
    const plan = planOf([server('base')], { rounds: 1, uncounted: null });
    const { rows, complete } = await runBench(plan, setting);
    assert.equal(calls, 3);
    assert.equal(complete, false);
    assert.equal(rows[0]?.rounds.length, 1);
  },
  { skip: uncountable() ?? false, limitMs: 60_000 },
);

test('runBench: a server that fails in the counting alone keeps its row, with a note', async () => {
  let calls = 0;
  const fine = load(() => 100);
  const failing = load(() => 100, { outcome: 'failed', failure: '3 wrong-bytes' });
  const setting = settingOf((plan) => (++calls > 1 ? failing(plan) : fine(plan)));
  const plan = planOf([server('base')], { rounds: 1, uncounted: null });
  const { rows } = await runBench(plan, setting);
  assert.equal(calls, 2);
  const [row] = rows;
  assert.deepEqual([row?.rate, row?.failure], [100, null]);
  assert.equal(row?.note, 'system calls not counted: 3 wrong-bytes');
});
