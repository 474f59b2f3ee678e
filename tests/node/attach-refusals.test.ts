import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { Pipe, socketPair } from '../../src/io.ts';
import { INSTANCE_CALL } from '../../src/node/instance.ts';
import { attach } from '../../src/node.ts';
import { openSelector, READABLE, Waker, WRITABLE } from '../../src/readiness.ts';
import { FCNTL } from '../../src/sys/abi.ts';
import { close } from '../../src/sys/descriptor.ts';
import { fcntl } from '../../src/sys/posix/fcntl.ts';
import { test } from '../harness/test.ts';

for (const model of ['select', 'poll'] as const) {
  test(`a ${model} selector refuses: no descriptor stands for it`, () => {
    using selector = openSelector(model);
    assert.throws(() => attach(selector), {
      name: 'UnsupportedError',
      code: 'ERR_POLYIO_UNSUPPORTED',
      model: `attach() of a ${model} selector`,
      reason: `${model} keeps its set in this process, and no descriptor stands for it`,
      remedy: 'attach an epoll or kqueue selector: openSelector()',
    });
  });
}

test('a regular file is refused with what to use instead', () => {
  const fd = openSync(new URL(import.meta.url), 'r');
  assert.throws(() => attach(fd), {
    name: 'SystemError',
    code: 'EPERM',
    syscall: INSTANCE_CALL,
    message: /always ready, .* use node:fs, or a completion model/,
  });
  closeSync(fd);
});

test('what is not open is EBADF, what cannot be a descriptor is named', () => {
  const fd = openSync('/dev/null', 'r');
  closeSync(fd);
  assert.throws(() => attach(fd), { code: 'EBADF', message: /is not open/ });
  assert.throws(() => attach(Number.NaN), RangeError);
  assert.throws(() => attach('0' as unknown as number), TypeError);
  assert.throws(() => attach(null as unknown as number), TypeError);
  const waker = new Waker();
  waker.close();
  assert.throws(() => attach(waker), { name: 'RangeError', message: /closed or detached/ });
  const selector = openSelector();
  selector.close();
  assert.throws(() => attach(selector), { code: 'ERR_POLYIO_CLOSED' });
});

test('options are checked', () => {
  using waker = new Waker();
  using selector = openSelector();
  for (const interest of [0, 8, 1.5]) assert.throws(() => attach(waker, { interest }), RangeError);
  const mixed = { interest: READABLE };
  assert.throws(() => attach(selector, mixed), { message: /interest is about a descriptor/ });
  const signal = {} as AbortSignal;
  assert.throws(() => attach(waker, { signal }), { message: /signal must be an AbortSignal/ });
});

test('the same descriptor twice is refused until the first is ended', async () => {
  using waker = new Waker();
  const first = attach(waker);
  const message = new RegExp(`^fd ${waker.fd} is attached already in this thread: end that first`);
  assert.throws(() => attach(waker), { name: 'TypeError', message });
  assert.throws(() => attach(waker.fd, () => {}), { name: 'TypeError', message });
  const waiting = first.next();
  assert.throws(() => attach(waker), { name: 'TypeError', message });
  waker.wake();
  assert.equal((await waiting).value, READABLE);
  assert.throws(() => attach(waker), { name: 'TypeError', message });
  first.close();
  attach(waker).close();
});

test('closing what is attached ends it with an error, at once', async () => {
  using pipe = Pipe.open();
  const next = attach(pipe.reader).next();
  pipe.reader.close();
  await assert.rejects(next, {
    code: 'ERR_POLYIO_CLOSED',
    message: /closed while it was attached/,
  });

  const selector = openSelector('epoll');
  const attachment = attach(selector, () => {});
  selector.close();
  await assert.rejects(attachment.finished, {
    code: 'ERR_POLYIO_CLOSED',
    message: 'the epoll selector was closed while it was attached',
  });

  const waker = new Waker();
  const idle = attach(waker);
  waker.close();
  await assert.rejects(idle.next(), { code: 'ERR_POLYIO_CLOSED' });
  assert.deepEqual(await idle.next(), { done: true, value: undefined });

  const [left, right] = socketPair();
  const detached = attach(left).next();
  const fd = left.detach();
  await assert.rejects(detached, { code: 'ERR_POLYIO_CLOSED' });
  close(fd);
  right.close();
});

test('a bare number that was closed is an error of the next wait, never an abort', async () => {
  using waker = new Waker();
  const fd = fcntl(waker.fd, FCNTL.F_DUPFD_CLOEXEC, 0);
  waker.wake();
  const batches = attach(fd);
  assert.equal((await batches.next()).value, READABLE);
  close(fd);
  await assert.rejects(batches.next(), { code: 'EBADF', syscall: INSTANCE_CALL });

  const closedAtOnce = fcntl(waker.fd, FCNTL.F_DUPFD_CLOEXEC, 0);
  const neverArmed = attach(closedAtOnce);
  close(closedAtOnce);
  await assert.rejects(neverArmed.next(), { code: 'EBADF' });
});

test('a number that was closed and given to another can be attached anew', async () => {
  using waker = new Waker();
  const lost = Pipe.open();
  const fd = fcntl(lost.reader.fd, FCNTL.F_DUPFD_CLOEXEC, 0);
  const waiting = attach(fd).next();
  waiting.catch(() => {});
  close(fd);
  const again = fcntl(waker.fd, FCNTL.F_DUPFD_CLOEXEC, 0);
  assert.equal(again, fd);
  const batches = attach(again);
  await assert.rejects(waiting, { code: 'EBADF' });
  waker.wake();
  assert.equal((await batches.next()).value, READABLE);
  batches.close();
  close(again);
  lost.close();
});

test('stale events that nobody can silence end the attachment instead of spinning', async () => {
  using selector = openSelector('epoll');
  using waker = new Waker();
  const handle = { fd: fcntl(waker.fd, FCNTL.F_DUPFD_CLOEXEC, 0) };
  waker.wake();
  selector.register(handle, READABLE, undefined);
  close(handle.fd);
  handle.fd = -1;
  await assert.rejects(attach(selector).next(), {
    code: 'EBADF',
    message: /unregister, then close/,
  });
});

test('a failed callback form rejects finished', async () => {
  using waker = new Waker();
  const fd = fcntl(waker.fd, FCNTL.F_DUPFD_CLOEXEC, 0);
  waker.wake();
  const attachment = attach(fd, () => close(fd));
  await assert.rejects(attachment.finished, { code: 'EBADF' });
  assert.equal(attachment.closed, true);
});

test('what Node itself watches can be attached, too', async () => {
  const [left, right] = socketPair();
  const { Socket: NodeSocket } = await import('node:net');
  const theirs = new NodeSocket({ fd: left.detach() });
  const { fd } = (theirs as unknown as { _handle: { fd: number } })._handle;
  theirs.on('data', () => {});
  for await (const ready of attach(fd, { interest: WRITABLE })) {
    assert.equal(ready, WRITABLE);
    break;
  }
  theirs.destroy();
  right.close();
});
