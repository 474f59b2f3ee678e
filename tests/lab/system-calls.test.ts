/** The recorder against strace(1): the same threads, the same run, the same counts. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MODELS } from '../../src/servers.ts';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const MESSAGES = 1_000;
const LIMIT_MS = 120_000;

/** What each call of a trace is called by the kernel; a traced receive is one recvmsg(2). */
const SYSTEM_CALLS: Readonly<Record<string, readonly string[]>> = {
  recv: ['recvmsg'],
  send: ['sendto'],
  accept4: ['accept4'],
  getpeername: ['getpeername'],
  shutdown: ['shutdown'],
  epoll_wait: ['epoll_wait'],
  epoll_ctl: ['epoll_ctl'],
  poll: ['poll'],
  select: ['select', 'pselect6'],
  sigtimedwait: ['rt_sigtimedwait'],
  io_uring_enter: ['io_uring_enter'],
};

interface RecordedRun {
  readonly model: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly threads: readonly number[];
  /** The epoll instances and rings that the program opened. */
  readonly own: readonly number[];
  readonly dropped: number;
  readonly echoed: number;
  readonly receives: number;
}

interface SeenCall {
  readonly call: string;
  /** Its first argument. */
  readonly first: number;
}

/** The calls in the output of strace -f, by thread. A call that is told in two lines counts at its beginning. */
function parseStrace(text: string): Map<number, SeenCall[]> {
  const found = new Map<number, SeenCall[]>();
  for (const line of text.split('\n')) {
    const match = /^(\d+) +(\w+)\((-?\d*)/.exec(line);
    if (match === null) continue;
    const [, tid, call = '', first] = match;
    const calls = found.get(Number(tid)) ?? [];
    found.set(Number(tid), calls);
    calls.push({ call, first: Number(first) });
  }
  return found;
}

/** These go to a descriptor of the program's; Node's own loop has an epoll instance and a ring too. */
const ON_OWN: readonly string[] = ['epoll_ctl', 'epoll_wait', 'io_uring_enter'];
/** A ring that is registered goes by its place in the thread's table, and ours is the only one. */
const REGISTERED_RING = 0;

/** How often strace saw the threads of a run make a call. */
function countSeen(run: RecordedRun, seen: Map<number, SeenCall[]>, call: string): number {
  const names = SYSTEM_CALLS[call] as readonly string[];
  const calls = run.threads.flatMap((tid) => seen.get(tid) ?? []);
  return calls.filter(({ call: name, first }) => {
    if (!names.includes(name)) return false;
    if (!ON_OWN.includes(call) || run.own.includes(first)) return true;
    return call === 'io_uring_enter' && first === REGISTERED_RING;
  }).length;
}

function whyNot(): string | false {
  const { error, status, stderr } = spawnSync('strace', [
    '-f',
    '--seccomp-bpf',
    '-o',
    '/dev/null',
    'true',
  ]);
  if (error !== undefined) return 'strace is not installed';
  return status === 0 ? false : `strace cannot trace here: ${String(stderr).trim()}`;
}

test(
  `record: ${MESSAGES} messages under every model, the counts that strace shows on the server's threads`,
  async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'polyio-strace-'));
    try {
      const output = join(folder, 'strace.txt');
      const names = [...new Set(Object.values(SYSTEM_CALLS).flat())];
      // The baseline's calls are libuv's own, which no tap sees.
      const models = MODELS.filter(
        (model) => model.name !== 'node-net' && model.unavailable() === null,
      );
      const script = fileURLToPath(new URL('../fixtures/recorded-runs.js', import.meta.url));
      const traced = [
        '-f',
        '--seccomp-bpf',
        '-qq',
        '-e',
        'signal=none',
        '-e',
        `trace=${names.join(',')}`,
      ];
      const program = [process.execPath, script, String(MESSAGES)];
      const { code, stdout, stderr } = await runCommand(
        'strace',
        [...traced, '-o', output, ...program, ...models.map(({ name }) => name)],
        { limitMs: LIMIT_MS },
      );
      assert.equal(code, 0, stderr);
      const runs = stdout.trim().split('\n');
      assert.equal(runs.length, models.length);
      const seen = parseStrace(readFileSync(output, 'utf8'));
      for (const line of runs) {
        const run = JSON.parse(line) as RecordedRun;
        const { model, counts } = run;
        assert.equal(run.dropped, 0, model);
        assert.equal(run.echoed, MESSAGES, model);
        const calls = Object.keys(SYSTEM_CALLS);
        const shown = calls.map((call) => [call, countSeen(run, seen, call)]);
        const recorded = calls.map((call) => [call, counts[call] ?? 0]);
        assert.deepEqual(recorded, shown, model);
        const used = recorded.filter(([, count]) => count !== 0);
        assert.ok(used.length > 0, model);
        context.diagnostic(`${model}: ${used.map((pair) => pair.join(' ')).join(', ')}`);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  { limitMs: LIMIT_MS, skip: whyNot() },
);
