import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { inspect } from 'node:util';
import { EventFd, Pipe } from '../../src/io.ts';
import { FCNTL } from '../../src/sys/abi.ts';
import { fcntl } from '../../src/sys/posix/fcntl.ts';
import { openAndClose } from '../cases/open-and-close.ts';
import { test } from '../harness/test.ts';

const MAX = 2n ** 64n - 2n;

/** A counter whose calls do not wait. */
function openNonBlocking(options?: Parameters<typeof EventFd.open>[0]): EventFd {
  const eventFd = EventFd.open(options);
  eventFd.setBlocking(false);
  return eventFd;
}

test('a counter gives all that was added, once', () => {
  using eventFd = openNonBlocking({ initial: 5 });
  eventFd.add();
  eventFd.add(10);
  eventFd.add(2n ** 53n);
  assert.equal(eventFd.read(), 2n ** 53n + 16n);
  assert.equal(eventFd.tryRead(), null);
});

test('a semaphore gives one at a time', () => {
  using eventFd = openNonBlocking({ initial: 2, semaphore: true });
  assert.equal(eventFd.tryRead(), 1n);
  assert.equal(eventFd.read(), 1n);
  assert.equal(eventFd.tryRead(), null);
  eventFd.add(1_000n);
  assert.equal(eventFd.read(), 1n);
});

test('a counter of 0: read() throws EAGAIN or ETIMEDOUT, tryRead() answers null', () => {
  using eventFd = EventFd.open();
  assert.throws(() => eventFd.tryRead(), {
    name: 'TypeError',
    message: 'EventFd.tryRead: the EventFd is blocking; call setBlocking(false) first',
  });
  eventFd.setBlocking(false);
  assert.equal(eventFd.tryRead(), null);
  assert.throws(() => eventFd.read(), { code: 'EAGAIN', syscall: 'read' });
  eventFd.setTimeout(20);
  assert.throws(() => eventFd.read(), { code: 'ETIMEDOUT', syscall: 'read' });
});

test('what passes 2^64-2 does not fit: tryAdd() answers null and adds nothing', () => {
  using eventFd = openNonBlocking();
  assert.equal(eventFd.tryAdd(MAX), true);
  assert.equal(eventFd.tryAdd(1), null);
  assert.equal(eventFd.tryAdd(0), true);
  const expected = { code: 'EAGAIN', syscall: 'write', message: /somebody has to read it/ };
  assert.throws(() => eventFd.add(), expected);
  eventFd.setTimeout(20);
  assert.throws(() => eventFd.add(), { ...expected, code: 'ETIMEDOUT' });
  assert.equal(eventFd.read(), MAX);
});

test('values that no counter has are refused before the kernel sees them', () => {
  using eventFd = openNonBlocking();
  for (const wrong of [-1, 1.5, Number.NaN, 2 ** 53, -1n, MAX + 1n]) {
    assert.throws(() => eventFd.add(wrong), RangeError, String(wrong));
    assert.throws(() => eventFd.tryAdd(wrong), RangeError, String(wrong));
  }
  assert.throws(() => eventFd.add('1' as unknown as number), TypeError);
  assert.equal(eventFd.tryRead(), null);
  for (const initial of [-1, 2 ** 32, 0.5]) {
    assert.throws(() => EventFd.open({ initial }), { name: 'RangeError', message: /^initial/ });
  }
  assert.throws(() => EventFd.open({ semaphore: 1 as unknown as boolean }), TypeError);
});

test('fromFd() adopts an eventfd and nothing else', () => {
  using eventFd = EventFd.open({ initial: 3 });
  using adopted = EventFd.fromFd(fcntl(eventFd.fd, FCNTL.F_DUPFD_CLOEXEC, 0));
  assert.equal(adopted.read(), 3n);
  using pipe = Pipe.open();
  assert.throws(() => EventFd.fromFd(pipe.reader.fd), {
    name: 'TypeError',
    message: /^descriptor \d+ is pipe:\[\d+\], not an eventfd$/,
  });
  const file = openSync('/dev/null', 'r');
  closeSync(file);
  assert.throws(() => EventFd.fromFd(file), { code: 'EBADF' });
  assert.throws(() => EventFd.fromFd(Number.NaN), RangeError);
});

test('EventFd: printed in one line; closed, it says so', () => {
  const eventFd = EventFd.open();
  assert.equal(inspect(eventFd), `EventFd{fd ${eventFd.fd} blocking}`);
  eventFd.close();
  assert.equal(inspect(eventFd), 'EventFd{closed}');
  for (const call of ['read', 'tryRead', 'add', 'tryAdd'] as const) {
    assert.throws(() => eventFd[call](), { code: 'ERR_POLYIO_CLOSED' });
  }
});

openAndClose('EventFd', () => EventFd.open());
