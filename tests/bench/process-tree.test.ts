import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { platform } from 'node:os';
import type { Readable } from 'node:stream';
import {
  readUse,
  residentBytes,
  servingThreads,
  type TreeUse,
  treeOf,
  usedBetween,
} from '../../src/bench/process-tree.ts';
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
    for (const pid of treeOf(shell.pid ?? 0)) process.kill(pid, 'SIGKILL');
    await once(shell, 'close');
  },
  { skip: noProc },
);

const BUSY = `
  const worker = new (require('node:worker_threads').Worker)(
    "let n = 0; for (const end = Date.now() + 400; Date.now() < end; ) n++; require('node:fs').writeSync(1, 'done')",
    { eval: true },
  );
  setInterval(() => {}, 1000);
  worker.on('online', () => require('node:fs').writeSync(1, 'started'));
`;

test(
  'usedBetween: CPU time and switches of all threads, and which of them did the work',
  async (context) => {
    const child = spawn(process.execPath, ['-e', BUSY], { stdio: ['ignore', 'pipe', 'inherit'] });
    const said = (child.stdout as Readable).setEncoding('utf8');
    await once(said, 'data');
    const pids = treeOf(child.pid ?? 0);
    const before = readUse(pids);
    let text = '';
    for await (const part of said) {
      text += part;
      if (text.includes('done')) break;
    }
    // The worker has ended: what it used is not seen any more, so look at the main thread's memory only.
    assert.ok((residentBytes(pids) ?? 0) > 10e6);
    const after = readUse(pids) as TreeUse;
    assert.ok(after.threads.some(({ tid }) => tid === child.pid));
    assert.ok((before?.threads.length ?? 0) > 1, 'Node has several threads');
    child.kill('SIGKILL');
    await once(child, 'close');
    assert.equal(readUse(pids), null, 'nothing is left of it');
    context.diagnostic(`${before?.threads.length} threads`);
  },
  { skip: noProc },
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
