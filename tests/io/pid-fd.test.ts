import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';
import { EventFd, PidFd, Pipe, type SignalName } from '../../src/io.ts';
import { FCNTL } from '../../src/sys/abi.ts';
import { interrupt } from '../../src/sys/interrupt.ts';
import { fcntl } from '../../src/sys/posix/fcntl.ts';
import { openAndClose } from '../cases/open-and-close.ts';
import { untilAsleep } from '../fixtures/start-sleeper.ts';
import { test } from '../harness/test.ts';

const EXIT_SOON = ['-c', 'read line; exit 7'] as const;

/** A child that exits with 7 once its standard input ends. */
function start(): { child: ChildProcess; pid: number } {
  const child = spawn('sh', EXIT_SOON, { stdio: ['pipe', 'ignore', 'ignore'] });
  return { child, pid: child.pid as number };
}

test('the end of a child is seen before Node sees it, and left to Node', async () => {
  // A pipe of ours: it closes at once, while one of Node's closes when the loop runs, and reaps.
  using pipe = Pipe.open();
  const child = spawn('sh', EXIT_SOON, { stdio: [pipe.reader.fd, 'ignore', 'ignore'] });
  const pid = child.pid as number;
  using pidFd = PidFd.open(pid);
  const ended = once(child, 'exit');
  assert.equal(pidFd.tryWaitExit(), null);
  pipe.writer.close();
  const expected = { pid, reason: 'exited', code: 7, signal: null };
  assert.deepEqual(pidFd.waitExit(), expected);
  assert.deepEqual(pidFd.tryWaitExit(), expected);
  assert.deepEqual(await ended, [7, null]);
  assert.deepEqual(pidFd.waitExit(), { ...expected, reason: 'unknown', code: null });
});

for (const signal of ['SIGTERM', 'SIGKILL', 'SIGRTMIN+4'] as const) {
  test(`a child that ${signal} ends says so`, async () => {
    const { child, pid } = start();
    using pidFd = PidFd.open(pid);
    const ended = once(child, 'exit');
    pidFd.sendSignal(signal);
    assert.deepEqual(pidFd.waitExit(), { pid, reason: 'killed', code: null, signal });
    await ended;
    const expected = { code: 'ESRCH', syscall: 'pidfd_send_signal', message: /has ended/ };
    assert.throws(() => pidFd.sendSignal(signal), expected);
  });
}

test('a process that runs: waitExit() throws EAGAIN or ETIMEDOUT', async () => {
  const { child, pid } = start();
  using pidFd = PidFd.open(pid);
  pidFd.setBlocking(false);
  assert.throws(() => pidFd.waitExit(), { code: 'EAGAIN', syscall: 'waitid' });
  pidFd.setTimeout(20);
  assert.throws(() => pidFd.waitExit(), { code: 'ETIMEDOUT', syscall: 'waitid' });
  const ended = once(child, 'exit');
  child.stdin?.end();
  await ended;
});

test('a worker waits for a child of the main thread', async () => {
  const { child, pid } = start();
  const entry = new URL('../fixtures/wait-for-process.js', import.meta.url);
  const worker = new Worker(entry, { workerData: pid });
  await once(worker, 'message');
  const told = once(worker, 'message');
  const gone = once(worker, 'exit');
  const ended = once(child, 'exit');
  child.stdin?.end();
  const [{ reason }] = (await told) as [{ reason: string }];
  // Who comes first, the worker or libuv that reaps, is not settled; that it ended is.
  assert.ok(['exited', 'unknown'].includes(reason), reason);
  assert.deepEqual(await ended, [7, null]);
  await gone;
});

test('interrupt() ends a wait for a process', async () => {
  const entry = new URL('../fixtures/wait-for-process.js', import.meta.url);
  const worker = new Worker(entry, { workerData: process.pid });
  const [tid] = (await once(worker, 'message')) as [number];
  await untilAsleep(tid);
  const failed = once(worker, 'error');
  await interrupt(worker);
  const [error] = (await failed) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ERR_POLYIO_INTERRUPTED');
});

test('a process that is no child of ours: that it ended, not how', async () => {
  const program = 'sleep 1000 & echo $!; wait';
  const shell = spawn('sh', ['-c', program], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = (await once(shell.stdout, 'data')) as [Buffer];
  using grandchild = PidFd.open(Number(line));
  assert.equal(grandchild.tryWaitExit(), null);
  const ended = once(shell, 'exit');
  grandchild.sendSignal('SIGKILL');
  const unknown = { pid: grandchild.pid, reason: 'unknown', code: null, signal: null };
  assert.deepEqual(grandchild.waitExit(), unknown);
  await ended;
});

test('getFd() duplicates a descriptor of the process', (context) => {
  using self = PidFd.open(process.pid);
  using eventFd = EventFd.open({ initial: 9 });
  let fd: number;
  try {
    fd = self.getFd(eventFd.fd);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    assert.equal(code, 'EPERM', message);
    context.skip(`the kernel does not let this process trace itself: ${message}`);
    return;
  }
  using duplicate = EventFd.fromFd(fd);
  assert.notEqual(duplicate.fd, eventFd.fd);
  assert.equal(fcntl(duplicate.fd, FCNTL.F_GETFD, 0), FCNTL.FD_CLOEXEC);
  assert.equal(duplicate.read(), 9n);
  assert.throws(() => self.getFd(1_000_000), { code: 'EBADF', syscall: 'pidfd_getfd' });
  assert.throws(() => self.getFd(-1), { name: 'RangeError', message: /^target/ });
});

test('a pid that is none is refused, one that is gone is ESRCH', () => {
  for (const wrong of [0, -1, 1.5, Number.NaN, 2 ** 31]) {
    assert.throws(() => PidFd.open(wrong), { name: 'RangeError', message: /^pid/ });
  }
  const pidMax = Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8'));
  const expected = { code: 'ESRCH', syscall: 'pidfd_open', message: /no such process/ };
  assert.throws(() => PidFd.open(pidMax), expected);
});

test('sendSignal() refuses what is no signal', () => {
  using self = PidFd.open(process.pid);
  for (const wrong of ['SIGNOTHING', 'TERM', 9, undefined, 'constructor']) {
    assert.throws(() => self.sendSignal(wrong as SignalName), { name: 'TypeError' });
  }
  assert.throws(() => self.sendSignal('SIGRTMIN+31'), RangeError);
});

test('PidFd: fromFd() adopts a pidfd and nothing else', () => {
  using self = PidFd.open(process.pid);
  using adopted = PidFd.fromFd(fcntl(self.fd, FCNTL.F_DUPFD_CLOEXEC, 0));
  assert.equal(adopted.pid, process.pid);
  const file = openSync('/dev/zero', 'r');
  assert.equal(readSync(file, new Uint8Array(1)), 1);
  assert.throws(() => PidFd.fromFd(file), { name: 'TypeError', message: /zero, not a pidfd/ });
  closeSync(file);
});

test('PidFd: printed in one line; closed, it says so', () => {
  const self = PidFd.open(process.pid);
  assert.equal(inspect(self), `PidFd{fd ${self.fd} pid ${process.pid} blocking}`);
  self.close();
  const calls = [
    () => self.waitExit(),
    () => self.tryWaitExit(),
    () => self.sendSignal('SIGCONT'),
    () => self.getFd(0),
  ];
  for (const call of calls) assert.throws(call, { code: 'ERR_POLYIO_CLOSED' });
});

openAndClose('PidFd', () => PidFd.open(process.pid));
