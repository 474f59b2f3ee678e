import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { platform } from 'node:os';
import {
  readUse,
  residentBytes,
  servingThreads,
  type TreeUse,
  treeOf,
  usedBetween,
} from '../../src/bench/process-tree.ts';
import { until } from '../cli/polyio-process.ts';
import { test } from '../harness/test.ts';

const noProc = platform() === 'linux' ? false : 'no /proc on this system';

test(
  'treeOf: a process, its children and theirs',
  async () => {
    const shell = spawn('sh', ['-c', 'sh -c "sleep 100; true" & echo started; wait'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    await once(shell.stdout, 'data');
    const [first, ...rest] = treeOf(shell.pid ?? 0);
    assert.equal(first, shell.pid);
    assert.ok(rest.length >= 1, 'the shell in the background');
    assert.ok(treeOf(process.pid).includes(shell.pid ?? 0));
    const ended = once(shell, 'close');
    for (const pid of treeOf(shell.pid ?? 0)) process.kill(pid, 'SIGKILL');
    await ended;
  },
  { skip: noProc },
);

/** A thread that works, in a process that ends by itself when nobody ends it. */
const BUSY = `
  const source = 'for (const end = Date.now() + 60_000; Date.now() < end; );';
  new (require('node:worker_threads').Worker)(source, { eval: true });
`;

test(
  'usedBetween: CPU time of all threads of a process, and which of them works',
  async (context) => {
    const child = spawn(process.execPath, ['-e', BUSY], { stdio: 'ignore' });
    const pids = [child.pid ?? 0];
    try {
      await until('its threads', () => (readUse(pids)?.threads.length ?? 0) > 1, 20_000);
      const before = readUse(pids);
      const after = await until(
        'CPU time of a thread',
        () => {
          const now = readUse(pids);
          const used = usedBetween(before, now)?.cpuUs ?? 0;
          return used > 300_000 ? (now ?? undefined) : undefined;
        },
        20_000,
      );
      const serving = servingThreads(before, after);
      assert.ok(
        serving.some((tid) => tid !== child.pid),
        `threads ${serving}`,
      );
      assert.ok((residentBytes(pids) ?? 0) > 10e6);
      context.diagnostic(`${after.threads.length} threads, ${serving.length} of them work`);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    assert.equal(readUse(pids), null, 'nothing is left of it');
  },
  { skip: noProc, limitMs: 60_000 },
);

function use(...threads: [tid: number, cpuUs: number, switches: number][]): TreeUse {
  return { atMs: 0, threads: threads.map(([tid, cpuUs, switches]) => ({ tid, cpuUs, switches })) };
}

test('usedBetween: sums what threads used, a new one from its beginning', () => {
  const before = use([1, 100, 5], [2, 1_000, 7]);
  const after = use([1, 150, 6], [2, 3_000, 17], [3, 40, 2]);
  assert.deepEqual(usedBetween(before, after), { cpuUs: 2_090, switches: 13 });
  assert.equal(usedBetween(null, after), null);
});

test('servingThreads: those with more than a fiftieth of the time', () => {
  const before = use([1, 0, 0], [2, 0, 0], [3, 0, 0]);
  assert.deepEqual(servingThreads(before, use([1, 10, 0], [2, 900, 0], [3, 90, 0])), [2, 3]);
  assert.deepEqual(servingThreads(before, null), []);
});

test(
  'readUse: this very process gets more, and its own time is counted',
  () => {
    const before = readUse([process.pid]);
    const cpu = process.cpuUsage();
    const end = performance.now() + 50;
    while (performance.now() < end);
    const { user, system } = process.cpuUsage(cpu);
    const used = usedBetween(before, readUse([process.pid]));
    assert.ok((used?.cpuUs ?? 0) > (user + system) * 0.5, `${used?.cpuUs} of ${user + system}`);
  },
  { skip: noProc },
);
