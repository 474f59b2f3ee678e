import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';
import { signalName } from '../../src/io/signal-names.ts';
import { Pipe, SignalFd, type SignalName, signalThread } from '../../src/io.ts';
import { FCNTL, SIGNAL } from '../../src/sys/abi.ts';
import { bind } from '../../src/sys/ffi.ts';
import { interrupt } from '../../src/sys/interrupt.ts';
import { SIGNAL_IO } from '../../src/sys/linux/event-abi.ts';
import { gettid, tgkill } from '../../src/sys/linux/thread.ts';
import { fcntl } from '../../src/sys/posix/fcntl.ts';
import {
  blockSignals,
  isInSet,
  signalSet,
  unblockSignals,
} from '../../src/sys/posix/signal-set.ts';
import { INTERRUPT_SIGNAL } from '../../src/sys/threads.ts';
import { openAndClose } from '../cases/open-and-close.ts';
import { untilAsleep } from '../fixtures/start-sleeper.ts';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const SIGUSR2 = 12;
const REAL_TIME = SIGNAL.SIGRTMIN + 5;

function isBlocked(signal: number): boolean {
  const now = signalSet([]);
  assert.equal(blockSignals([], now), 0);
  return isInSet(now, signal);
}

function openNonBlocking(signals: readonly SignalName[]): SignalFd {
  const signalFd = SignalFd.open(signals);
  signalFd.setBlocking(false);
  return signalFd;
}

test('a signal aimed at the thread is read with its sender', () => {
  using signalFd = openNonBlocking(['SIGUSR2', 'SIGRTMIN+5']);
  assert.equal(signalFd.tid, gettid());
  assert.equal(signalFd.tryRead(), null);
  assert.throws(() => signalFd.read(), { code: 'EAGAIN', syscall: 'read' });
  for (let sent = 0; sent < 3; sent++) tgkill(process.pid, signalFd.tid, SIGUSR2);
  assert.deepEqual(signalFd.read(), {
    signal: 'SIGUSR2',
    code: 'SI_TKILL',
    pid: process.pid,
    uid: process.getuid?.(),
    value: 0,
    fd: -1,
    band: 0,
    overrun: 0,
  });
  // Plain signals of one kind become one.
  assert.equal(signalFd.tryRead(), null);
});

test('real-time signals queue, each with its value', () => {
  using signalFd = openNonBlocking(['SIGRTMIN+5']);
  for (const value of [1, -2, 2 ** 31 - 1]) signalThread(signalFd.tid, 'SIGRTMIN+5', { value });
  const values: (number | undefined)[] = [];
  for (let info = signalFd.tryRead(); info !== null; info = signalFd.tryRead()) {
    assert.deepEqual([info.signal, info.code], ['SIGRTMIN+5', 'SI_QUEUE']);
    values.push(info.value);
  }
  assert.deepEqual(values, [1, -2, 2 ** 31 - 1]);
});

test('a descriptor that signals its owner is named with its events', () => {
  const { F_SETSIG, F_SETOWN_EX, F_OWNER_TID, O_ASYNC } = SIGNAL_IO;
  const setOwner = bind<[fd: number, command: number, owner: Int32Array]>('fcntl', 'int', [
    'fd',
    'int',
    'buffer',
  ]);
  using signalFd = openNonBlocking(['SIGRTMIN+5']);
  using pipe = Pipe.open();
  const { fd } = pipe.reader;
  assert.equal(setOwner(fd, F_SETOWN_EX, Int32Array.of(F_OWNER_TID, gettid())), 0);
  assert.equal(fcntl(fd, F_SETSIG, REAL_TIME), 0);
  assert.equal(fcntl(fd, FCNTL.F_SETFL, fcntl(fd, FCNTL.F_GETFL, 0) | O_ASYNC), 0);
  pipe.writer.writeAll(Uint8Array.of(1));
  const { code, fd: about, band } = signalFd.read();
  assert.deepEqual([code, about, band & 1], ['POLL_IN', fd, 1]);
});

test('a worker reads the signals aimed at it', async () => {
  const worker = new Worker(new URL('../fixtures/signal-reader.js', import.meta.url));
  const [tid] = (await once(worker, 'message')) as [number];
  const told = once(worker, 'message');
  const gone = once(worker, 'exit');
  signalThread(tid, 'SIGRTMIN+5', { value: 77 });
  const [{ signal, value }] = (await told) as [{ signal: string; value: number }];
  assert.deepEqual([signal, value], ['SIGRTMIN+5', 77]);
  await gone;
});

test('interrupt() ends a read of signals', async () => {
  const worker = new Worker(new URL('../fixtures/signal-reader.js', import.meta.url));
  const [tid] = (await once(worker, 'message')) as [number];
  await untilAsleep(tid);
  const failed = once(worker, 'error');
  await interrupt(worker);
  const [error] = (await failed) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ERR_POLYIO_INTERRUPTED');
});

const fixture = fileURLToPath(new URL('../fixtures/signalled-process.js', import.meta.url));

/** Sends the whole process SIGUSR2 once it is ready. */
function signalWhole(mode: 'handler' | 'none') {
  let isSent = false;
  const onOutput = (_: string, pid: number) => {
    if (!isSent) process.kill(pid, 'SIGUSR2');
    isSent = true;
  };
  return runCommand(process.execPath, [fixture, mode], { onOutput });
}

test('a signal sent to the process is taken by another of its threads, and it dies', async () => {
  const { signal, stdout } = await signalWhole('none');
  assert.equal(signal, 'SIGUSR2');
  assert.match(stdout, /^rivals [1-9]/);
});

test('a signal sent to the process runs the handler of process.on', async () => {
  const { code, stdout } = await signalWhole('handler');
  assert.equal(code, 0);
  assert.match(stdout, /handler ran, the descriptor has null/);
});

test('rivals() names the threads that leave a signal unblocked', () => {
  using signalFd = SignalFd.open(['SIGUSR2']);
  const threads = readdirSync('/proc/self/task').map(Number);
  const rivals = signalFd.rivals();
  assert.ok(rivals.length > 0);
  assert.ok(rivals.every((tid) => threads.includes(tid) && tid !== gettid()));
});

test('close() unblocks what open() has blocked, the last one of several', () => {
  const one = SignalFd.open(['SIGUSR2', 'SIGRTMIN+5']);
  const other = SignalFd.open(['SIGUSR2']);
  assert.ok(isBlocked(SIGUSR2) && isBlocked(REAL_TIME));
  one.close();
  assert.ok(isBlocked(SIGUSR2) && !isBlocked(REAL_TIME));
  other.close();
  other.close();
  assert.ok(!isBlocked(SIGUSR2));
});

test('what was blocked before stays blocked', () => {
  blockSignals([SIGUSR2]);
  try {
    SignalFd.open(['SIGUSR2']).close();
    assert.ok(isBlocked(SIGUSR2));
  } finally {
    unblockSignals([SIGUSR2]);
  }
});

test('signals that cannot be read are refused with the reason', () => {
  const refused: Readonly<Record<string, RegExp>> = {
    SIGKILL: /nothing blocks/,
    SIGSTOP: /nothing blocks/,
    SIGSEGV: /fault/,
    SIGCHLD: /reaps its children.*PidFd/,
    [signalName(INTERRUPT_SIGNAL)]: /must stay unblocked/,
  };
  for (const [name, message] of Object.entries(refused)) {
    const call = () => SignalFd.open(['SIGUSR2', name as SignalName]);
    assert.throws(call, { name: 'TypeError', message });
  }
  for (const wrong of [[], 'SIGUSR2', ['SIGNOTHING'], [12], ['USR2']]) {
    assert.throws(() => SignalFd.open(wrong as SignalName[]), TypeError);
  }
  assert.throws(() => SignalFd.open(['SIGRTMIN+31']), RangeError);
  assert.ok(!isBlocked(SIGUSR2));
});

test('signalThread() names a thread that is gone and a value that is none', () => {
  const expected = { code: 'ESRCH', syscall: 'rt_tgsigqueueinfo', message: /no thread/ };
  assert.throws(() => signalThread(2 ** 31 - 1, 'SIGUSR2'), expected);
  for (const wrong of [0, -1, Number.NaN]) {
    assert.throws(() => signalThread(wrong, 'SIGUSR2'), { name: 'RangeError', message: /^tid/ });
  }
  const call = () => signalThread(gettid(), 'SIGUSR2', { value: 2 ** 31 });
  assert.throws(call, { name: 'RangeError', message: /^value/ });
});

test('SignalFd: printed in one line; closed, it says so', () => {
  const signalFd = SignalFd.open(['SIGUSR2', 'SIGRTMIN+0']);
  assert.equal(inspect(signalFd), `SignalFd{fd ${signalFd.fd} SIGUSR2 SIGRTMIN+0 blocking}`);
  signalFd.close();
  for (const call of ['read', 'tryRead', 'rivals'] as const) {
    assert.throws(() => signalFd[call](), { code: 'ERR_POLYIO_CLOSED' });
  }
});

openAndClose('SignalFd', () => SignalFd.open(['SIGUSR2']));
