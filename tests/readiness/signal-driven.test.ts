import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';
import {
  PollSelector,
  READABLE,
  READINESS_SIGNAL,
  SignalDrivenSelector,
  Waker,
  WRITABLE,
} from '../../src/readiness.ts';
import { FCNTL } from '../../src/sys/abi.ts';
import { SIGNAL_IO } from '../../src/sys/linux/event-abi.ts';
import { fcntl } from '../../src/sys/posix/fcntl.ts';
import { INTERRUPT_SIGNAL } from '../../src/sys/threads.ts';
import { selectorCases } from '../cases/selector.ts';
import { Descriptors, ok, put, take } from '../cases/selector-descriptors.ts';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

selectorCases({ model: 'signal-driven', open: () => new SignalDrivenSelector() });

const OVERFLOW = fileURLToPath(new URL('../fixtures/signal-overflow.js', import.meta.url));
const LIMIT_MS = 60_000;
const ROUNDS = process.env['POLYIO_TEST_FULL'] === '1' ? 2_000 : 100;
const SOCKETS = 256;

function isArmed(fd: number): boolean {
  return (ok(fcntl(fd, FCNTL.F_GETFL, 0)) & SIGNAL_IO.O_ASYNC) !== 0;
}

function signalOf(fd: number): number {
  return ok(fcntl(fd, SIGNAL_IO.F_GETSIG, 0));
}

test('signal-driven: what sends signals is armed, and disarmed again', () => {
  using fds = new Descriptors();
  const selector = new SignalDrivenSelector();
  const [reader] = fds.pipe();
  const [socket] = fds.pair();
  for (const fd of [reader, socket]) {
    selector.register(fd, READABLE, 0);
    assert.deepEqual([isArmed(fd), signalOf(fd)], [true, READINESS_SIGNAL]);
  }
  assert.equal(selector.emulated, 0);
  selector.unregister(reader);
  assert.deepEqual([isArmed(reader), signalOf(reader)], [false, 0]);
  selector.close();
  assert.deepEqual([isArmed(socket), signalOf(socket)], [false, 0]);
  assert.notEqual(READINESS_SIGNAL, INTERRUPT_SIGNAL);
});

test('signal-driven: a signal is what ends the wait, and names the descriptor', () => {
  using fds = new Descriptors();
  using selector = new SignalDrivenSelector();
  const [reader, writer] = fds.pair();
  selector.register(reader, READABLE, 0);
  assert.equal(selector.wait(0), 0);
  for (let round = 1; round <= 3; round++) {
    put(writer, 'x');
    assert.equal(selector.wait(), 1);
    assert.equal(selector.readyFd(0), reader);
    assert.equal(take(reader), 'x');
    assert.equal(selector.wait(0), 0);
    assert.equal(selector.signals, round);
  }
  assert.equal(selector.overflows, 0);
});

test('signal-driven: what sends none is emulated, and says so', () => {
  using fds = new Descriptors();
  using selector = new SignalDrivenSelector();
  const event = fds.event(0);
  const file = fds.file(process.execPath);
  selector.register(event, READABLE, 0);
  selector.register(file, READABLE, 0);
  assert.equal(selector.emulated, 2);
  assert.match(inspect(selector), /2 registered, 2 emulated with poll/);
  assert.equal(isArmed(event), false);
  assert.equal(selector.wait(), 1);
  selector.unregister(file);
  const [reader, writer] = fds.pair();
  selector.register(reader, READABLE, 0);
  assert.equal(selector.wait(0), 0);
  put(writer, 'x');
  assert.equal(selector.wait(), 1);
  assert.equal(selector.signals, 1);
});

test('signal-driven: a description that is armed already is emulated, and stays as it is', () => {
  using fds = new Descriptors();
  using selector = new SignalDrivenSelector();
  const [reader, writer] = fds.pair();
  const again = fds.duplicate(reader);
  selector.register(reader, READABLE, 0);
  selector.register(again, READABLE, 0);
  assert.equal(selector.emulated, 1);
  put(writer, 'x');
  const seen = new Set([...selector.select()].map(({ key }) => key.fd));
  assert.deepEqual(seen, new Set([reader, again]));
  selector.unregister(again);
  assert.ok(isArmed(reader));
});

test('signal-driven: a waker that sends signals is not emulated', () => {
  using waker = Waker.open({ signals: true });
  using selector = new SignalDrivenSelector();
  using other = new PollSelector();
  selector.register(waker, READABLE, 0);
  other.register(waker, READABLE | WRITABLE, 0);
  assert.equal(selector.emulated, 0);
  assert.equal(selector.wait(0), 0);
  for (let wake = 0; wake < 2_000; wake++) waker.wake();
  assert.equal(selector.wait(), 1);
  assert.equal(other.wait(0), 1);
  assert.equal(waker.clear(), true);
  assert.equal(waker.clear(), false);
  assert.equal(selector.wait(0), 0);
});

test('signal-driven: a thread that ends with an open selector disarms', async () => {
  using fds = new Descriptors();
  const [reader] = fds.pair();
  const room = new URL('../../src/readiness.js', import.meta.url).href;
  const source = `
    import { workerData } from 'node:worker_threads';
    import { READABLE, SignalDrivenSelector } from '${room}';
    new SignalDrivenSelector().register(workerData, READABLE, 0);`;
  const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  const worker = new Worker(url, { workerData: reader, execArgv: [] });
  const code = await new Promise((resolve) => worker.once('exit', resolve));
  assert.deepEqual([code, isArmed(reader), signalOf(reader)], [0, false, 0]);
});

const prlimit = spawnSync('prlimit', ['--version']).status === 0;

test(
  `signal-driven: a queue of 8 and ${SOCKETS} busy sockets, ${ROUNDS} rounds: nothing stalls`,
  async (context) => {
    const command = [process.execPath, OVERFLOW, String(ROUNDS)];
    const { stdout, stderr, code } = await runCommand('prlimit', ['--sigpending=8', ...command], {
      limitMs: LIMIT_MS,
    });
    assert.equal(code, 0, stderr);
    const { received, stalls, overflows, signals, emulated } = JSON.parse(stdout);
    assert.deepEqual(
      { received, stalls, emulated },
      { received: SOCKETS * ROUNDS, stalls: 0, emulated: 0 },
    );
    assert.ok(overflows >= ROUNDS, `${overflows} overflows`);
    context.diagnostic(`${signals} signals named a socket, ${overflows} times the queue was full`);
  },
  {
    limitMs: LIMIT_MS,
    skip: prlimit ? false : 'prlimit (package util-linux) is not installed',
  },
);
