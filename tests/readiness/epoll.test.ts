import assert from 'node:assert/strict';
import { SystemError } from '../../src/errors.ts';
import { EpollSelector, PRIORITY, READABLE, WRITABLE } from '../../src/readiness.ts';
import { selectorCases } from '../cases/selector.ts';
import { Descriptors, Owner, put, take } from '../cases/selector-descriptors.ts';
import { test } from '../harness/test.ts';

selectorCases({
  model: 'epoll',
  open: () => new EpollSelector(),
  options: ['edge', 'oneShot', 'exclusive'],
  hasDescriptor: true,
  forgetsClosed: 'with the last duplicate',
  skip: {
    'a regular file is always ready': 'epoll refuses it with EPERM, which has a test of its own',
  },
});

function epollTest(
  title: string,
  body: (selector: EpollSelector<unknown>, fds: Descriptors) => void,
): void {
  test(`epoll: ${title}`, () => {
    using fds = new Descriptors();
    using selector = new EpollSelector<unknown>();
    body(selector, fds);
  });
}

function refusal(code: string, hint: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof SystemError &&
    error.code === code &&
    error.syscall === 'epoll_ctl' &&
    hint.test(error.message);
}

epollTest('a regular file is EPERM with the reason and what to use', (selector, fds) => {
  const fd = fds.file(process.execPath);
  const expected = refusal('EPERM', /always ready.*poll and select.*completion model/);
  assert.throws(() => selector.register(fd, READABLE, 0), expected);
  assert.equal(selector.size, 0);
  assert.throws(() => selector.getKey(fd), TypeError);
});

epollTest('exclusive watches, and modify is EINVAL as the kernel says', (selector, fds) => {
  const fd = fds.event(1);
  selector.register(fd, READABLE, 0, { exclusive: true });
  assert.equal(selector.wait(), 1);
  assert.throws(() => selector.modify(fd, WRITABLE), refusal('EINVAL', /unregister it/));
  assert.equal(selector.getKey(fd).interest, READABLE);
  selector.unregister(fd);
  for (const [interest, options] of [
    [READABLE, { exclusive: true, oneShot: true }],
    [PRIORITY, { exclusive: true }],
  ] as const) {
    assert.throws(() => selector.register(fd, interest, 0, options), refusal('EINVAL', /PRIORITY/));
  }
});

epollTest('selectors nest through their descriptor', (outer, fds) => {
  using inner = new EpollSelector();
  inner.register(fds.event(1), READABLE, 0);
  assert.ok(inner.fd >= 0);
  outer.register(inner.fd, READABLE, 0);
  assert.equal(outer.wait(), 1);
  inner.close();
  assert.equal(inner.fd, -1);
  assert.equal(outer.wait(0), 0);
  assert.throws(
    () => outer.register(outer.fd, READABLE, 0),
    (error) => error instanceof SystemError && error.code === 'EINVAL',
  );
});

epollTest('building anew keeps every registration as it was', (selector, fds) => {
  const loud = fds.event(1);
  const [edge, silenced, armed] = [fds.event(0), fds.event(0), fds.event(0)];
  selector.register(edge, READABLE, 'edge', { edge: true });
  selector.register(silenced, READABLE, 'silenced', { oneShot: true });
  selector.register(armed, READABLE, 'armed', { oneShot: true });
  put(silenced, '\x01\0\0\0\0\0\0\0');
  assert.equal(selector.wait(), 1);
  const owner = new Owner(fds, fds.duplicate(loud));
  selector.register(owner, READABLE, 'closed');
  owner.close();
  assert.equal(selector.wait(0), 0);
  assert.equal(selector.statistics().stale, 1);
  assert.equal(selector.wait(0), 0);
  assert.equal(selector.statistics().stale, 1, 'the stale entry is gone');
  for (const fd of [edge, armed]) put(fd, '\x01\0\0\0\0\0\0\0');
  assert.deepEqual([...selector.select()].map(({ key }) => key.data).sort(), ['armed', 'edge']);
  assert.equal(selector.wait(0), 0);
  selector.modify(silenced, READABLE);
  assert.deepEqual(
    [...selector.select()].map(({ key }) => key.data),
    ['silenced'],
  );
});

epollTest('an instance that was handed out is not built anew', (selector, fds) => {
  const loud = fds.event(1);
  const number = selector.fd;
  const owner = new Owner(fds, fds.duplicate(loud));
  const fd = owner.fd;
  selector.register(owner, READABLE, 0);
  owner.close();
  assert.deepEqual([selector.wait(0), selector.wait(10)], [0, 0]);
  assert.equal(selector.fd, number);
  assert.ok(selector.statistics().stale >= 2);
  // The number leads to the same description again: its forgotten entry is taken over.
  fds.duplicateAt(loud, fd);
  selector.register(fd, READABLE, 0);
  assert.equal(selector.wait(), 1);
  take(loud);
  assert.equal(selector.wait(0), 0);
});
