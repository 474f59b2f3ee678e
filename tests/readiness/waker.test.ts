import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { HOST } from '../../src/platform/host.ts';
import { openSelector, READABLE, Waker } from '../../src/readiness.ts';
import { KEVENT_SYSTEM } from '../../src/sys/bsd/abi.ts';
import { close, isOpen, write } from '../../src/sys/descriptor.ts';
import { openOneEndedPipe } from '../../src/sys/waking.ts';
import { test } from '../harness/test.ts';

test('Waker: wakes add up until clear', () => {
  using waker = new Waker();
  using selector = openSelector();
  selector.register(waker, READABLE, 0);
  assert.equal(waker.clear(), false);
  assert.equal(selector.wait(0), 0);
  for (let wake = 0; wake < 3; wake++) waker.wake();
  assert.equal(selector.wait(), 1);
  assert.equal(waker.clear(), true);
  assert.equal(selector.wait(0), 0);
});

test(
  'Waker: a full counter is awake already',
  () => {
    using waker = Waker.open();
    const full = new Uint8Array(new BigUint64Array([2n ** 64n - 2n]).buffer);
    assert.equal(write(waker.fd, full, full.length), full.length);
    waker.wake();
    assert.equal(waker.clear(), true);
  },
  { skip: KEVENT_SYSTEM !== null && 'a kqueue does not count' },
);

test(
  'Waker: where the kernel has no event for it, a pipe of one number is one',
  () => {
    const fd = openOneEndedPipe();
    const waker = Waker.fromFd(fd);
    using selector = openSelector();
    selector.register(waker, READABLE, 0);
    assert.equal(selector.wait(0), 0);
    assert.equal(waker.clear(), false);
    // More than the pipe has room for: it is awake already.
    for (let wake = 0; wake < 10_000; wake++) waker.wake();
    assert.equal(selector.wait(), 1);
    assert.equal(waker.clear(), true);
    assert.equal(selector.wait(0), 0);
    assert.equal(waker.clear(), false);
    selector.unregister(waker);
    assert.equal(close(fd), 0);
  },
  { skip: HOST === 'win32' && 'Windows has no such pipes' },
);

test('Waker: fromFd wakes what it does not own', () => {
  using waker = new Waker();
  const shared = Waker.fromFd(waker.fd);
  shared.wake();
  shared.close();
  assert.ok(isOpen(waker.fd));
  assert.equal(waker.clear(), true);
  assert.throws(() => Waker.fromFd(-1), RangeError);
  assert.throws(() => Waker.fromFd(Number.NaN), RangeError);
});

test('Waker: closed, it says so', () => {
  const waker = new Waker();
  const fd = waker.fd;
  assert.equal(inspect(waker), `Waker{fd ${fd}}`);
  waker.close();
  waker.close();
  assert.equal(waker.fd, -1);
  assert.equal(isOpen(fd), false);
  assert.equal(inspect(waker), 'Waker{closed}');
  assert.throws(() => waker.wake(), { code: 'ERR_POLYIO_CLOSED' });
  assert.throws(() => waker.clear(), { code: 'ERR_POLYIO_CLOSED' });
});
