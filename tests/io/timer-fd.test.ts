import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { EventFd, TimerFd } from '../../src/io.ts';
import { FCNTL } from '../../src/sys/abi.ts';
import { bind } from '../../src/sys/ffi.ts';
import { fcntl } from '../../src/sys/posix/fcntl.ts';
import { openAndClose } from '../cases/open-and-close.ts';
import { test } from '../harness/test.ts';

const HOUR_MS = 3_600_000;
const CLOCKS = ['monotonic', 'realtime', 'boottime'] as const;

for (const clock of CLOCKS) {
  test(`a timer on the ${clock} clock expires once, not before its time`, () => {
    using timer = TimerFd.open(clock);
    const started = timer.now();
    timer.start(20);
    assert.equal(timer.read(), 1);
    const elapsed = timer.now() - started;
    if (clock !== 'realtime') assert.ok(elapsed >= 20_000_000n, `${elapsed} ns`);
    timer.setBlocking(false);
    assert.equal(timer.tryRead(), null);
    assert.deepEqual(timer.remaining(), { ms: 0, everyMs: 0 });
  });

  test(`a timer of the ${clock} clock is set for one of its times`, () => {
    using timer = TimerFd.open(clock);
    timer.startAt(timer.now() + 20_000_000n);
    assert.equal(timer.read(), 1);
    timer.startAt(1);
    assert.equal(timer.read(), 1);
    timer.startAt(0);
    assert.equal(timer.read(), 1);
  });
}

test('expirations that nobody has read add up', () => {
  using timer = TimerFd.open();
  timer.start(0, { every: 1 });
  let expired = timer.read();
  const until = performance.now() + 30;
  while (performance.now() < until);
  expired += timer.read();
  assert.ok(expired >= 30, `${expired} expirations`);
});

test('times are as performance.now() and process.hrtime.bigint() have them', () => {
  using timer = TimerFd.open();
  timer.startAt(process.hrtime.bigint() + BigInt(HOUR_MS) * 1_000_000n);
  assert.ok(timer.remaining().ms > HOUR_MS - 60_000 && timer.remaining().ms <= HOUR_MS);
  using realtime = TimerFd.open('realtime');
  realtime.startAt(Date.now() + HOUR_MS);
  assert.ok(Math.abs(realtime.remaining().ms - HOUR_MS) < 60_000);
});

test('nanoseconds count, fractions of milliseconds are rounded up to them', () => {
  using timer = TimerFd.open();
  timer.start(HOUR_MS, { every: 0.000_001 });
  assert.equal(timer.remaining().everyMs, 0.000_001);
  timer.start(HOUR_MS, { every: 0.000_000_1 });
  assert.equal(timer.remaining().everyMs, 0.000_001);
  timer.start(HOUR_MS, { every: 1_234_567n });
  assert.equal(timer.remaining().everyMs, 1.234567);
  timer.start(HOUR_MS, { every: 90_000_000.5 });
  assert.equal(timer.remaining().everyMs, 90_000_000.5);
});

test('stop() takes back what nobody has read', () => {
  using timer = TimerFd.open();
  timer.setBlocking(false);
  timer.start(0, { every: 1 });
  timer.setTimeout(20_000);
  assert.ok(timer.read() >= 1);
  timer.stop();
  assert.equal(timer.tryRead(), null);
  assert.deepEqual(timer.remaining(), { ms: 0, everyMs: 0 });
  timer.setTimeout(20);
  assert.throws(() => timer.read(), { code: 'ETIMEDOUT', syscall: 'read' });
});

const ADJ_SETOFFSET = 0x0100;
/** Where `time` lies in struct timex. */
const TIMEX_TIME = 72;

/** Sets the clock forward by a microsecond, or back by one: adjtimex(2). */
function setClock(by: 1 | -1): number {
  const timex = new DataView(new ArrayBuffer(208));
  timex.setUint32(0, ADJ_SETOFFSET, true);
  timex.setBigInt64(TIMEX_TIME, by < 0 ? -1n : 0n, true);
  timex.setBigInt64(TIMEX_TIME + 8, by < 0 ? 999_999n : 1n, true);
  const adjtimex = bind<[timex: Uint8Array]>('adjtimex', 'int', ['buffer']);
  return adjtimex(new Uint8Array(timex.buffer));
}

test('a clock that is set cancels: ECANCELED says to compute the time anew', (context) => {
  using timer = TimerFd.open('realtime');
  timer.setBlocking(false);
  timer.startAt(Date.now() + HOUR_MS, { cancelOnSet: true });
  assert.equal(timer.tryRead(), null);
  const result = setClock(1);
  if (result < 0) {
    context.skip(`the kernel answers adjtimex with ${result}: setting a clock needs CAP_SYS_TIME`);
    return;
  }
  const expected = { name: 'SystemError', code: 'ECANCELED', message: /compute the time anew/ };
  assert.throws(() => timer.tryRead(), { ...expected, syscall: 'read' });
  assert.equal(timer.tryRead(), null);
  setClock(-1);
  const again = () => timer.startAt(Date.now() + HOUR_MS, { cancelOnSet: true });
  assert.throws(again, { ...expected, syscall: 'timerfd_settime' });
  again();
  assert.equal(timer.tryRead(), null);
});

test('an alarm clock is there, or says what it needs', () => {
  try {
    using timer = TimerFd.open('boottime-alarm');
    assert.equal(timer.clock, 'boottime-alarm');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    assert.ok(code === 'EPERM' && /CAP_WAKE_ALARM/.test(message), message);
  }
});

test('times and clocks that are none are refused', () => {
  using timer = TimerFd.open();
  for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY, -1n, 2n ** 63n]) {
    assert.throws(() => timer.start(wrong), { name: 'RangeError', message: /^after/ });
    assert.throws(() => timer.start(1, { every: wrong }), {
      name: 'RangeError',
      message: /^every/,
    });
    assert.throws(() => timer.startAt(wrong), { name: 'RangeError', message: /^time/ });
  }
  assert.throws(() => timer.start('1' as unknown as number), TypeError);
  assert.throws(() => timer.startAt(1, { cancelOnSet: true }), {
    name: 'TypeError',
    message: /nobody sets the monotonic clock/,
  });
  assert.throws(() => TimerFd.open('tai' as 'realtime'), {
    name: 'TypeError',
    message: /^clock must be one of monotonic, realtime,/,
  });
});

test('fromFd() adopts a timerfd with its clock', () => {
  using timer = TimerFd.open('boottime');
  timer.start(0);
  using adopted = TimerFd.fromFd(fcntl(timer.fd, FCNTL.F_DUPFD_CLOEXEC, 0));
  assert.equal(adopted.clock, 'boottime');
  assert.equal(adopted.read(), 1);
  using other = EventFd.open();
  assert.throws(() => TimerFd.fromFd(other.fd), { name: 'TypeError', message: /not a timerfd/ });
});

test('TimerFd: printed in one line; closed, it says so', () => {
  const timer = TimerFd.open('realtime');
  assert.equal(inspect(timer), `TimerFd{fd ${timer.fd} realtime blocking}`);
  timer.close();
  const calls = [
    () => timer.start(1),
    () => timer.startAt(1),
    () => timer.stop(),
    () => timer.remaining(),
    () => timer.read(),
    () => timer.tryRead(),
  ];
  for (const call of calls) assert.throws(call, { code: 'ERR_POLYIO_CLOSED' });
});

openAndClose('TimerFd', () => TimerFd.open());
