import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { SystemError, UnsupportedError } from '../../src/errors.ts';
import { Socket } from '../../src/io.ts';
import { attach } from '../../src/node.ts';
import { ERROR, HANGUP, KqueueSelector, READABLE, Waker, WRITABLE } from '../../src/readiness.ts';
import { ERRNO, FCNTL, SOCKET } from '../../src/sys/abi.ts';
import { KEVENT_ABI } from '../../src/sys/bsd/abi.ts';
import { fcntl } from '../../src/sys/posix/fcntl.ts';
import { shutdown } from '../../src/sys/socket.ts';
import { selectorCases } from '../cases/selector.ts';
import { Descriptors, ok, put, readyOf, take } from '../cases/selector-descriptors.ts';
import { hasKqueue, spokenHere } from '../doubles/kqueue.ts';
import { underTheDouble } from '../doubles/suite.ts';
import { test } from '../harness/test.ts';

const LISTEN = { host: '127.0.0.1', port: 0 };
const { filters, notes } = KEVENT_ABI;
const noUserEvents = filters.EVFILT_USER === null && 'kqueue of this system has no user events';
const noAbsoluteTime = notes.NOTE_ABSTIME === null && 'timers of this system have spans only';

if (hasKqueue) {
  readinessSuite();
  whatItTells();
  timers();
  userEvents();
} else {
  underTheDouble('readiness', [import.meta.url]);
}

function kqueueTest(
  title: string,
  body: (selector: KqueueSelector<unknown>, fds: Descriptors) => void | Promise<void>,
  skip: string | false = false,
): void {
  const run = async () => {
    using fds = new Descriptors();
    using selector = new KqueueSelector<unknown>();
    await body(selector, fds);
  };
  test(`kqueue (${spokenHere}): ${title}`, run, { skip });
}

function readinessSuite(): void {
  selectorCases({
    model: 'kqueue',
    open: () => new KqueueSelector(),
    options: ['edge', 'oneShot'],
    hasDescriptor: true,
    forgetsClosed: 'at once',
    lacksPriority: filters.EVFILT_EXCEPT === null,
    skip: {
      'a regular file is always ready':
        'for kqueue a regular file is readable before its end, and the double has none',
    },
  });
}

function whatItTells(): void {
  kqueueTest('how many bytes wait, and how many a write would take', (selector, fds) => {
    const [one, other] = fds.pair();
    put(other, 'twelve bytes');
    selector.register(one, READABLE | WRITABLE, 0);
    assert.equal(selector.wait(), 1);
    assert.equal(selector.readyBytes(0), 12);
    assert.ok(selector.readyRoom(0) > 0);
    assert.equal(selector.readyError(0), 0);
    take(one);
    assert.equal(selector.wait(), 1);
    assert.equal(selector.readyBytes(0), 0, 'the last wait said nothing of reading');
    assert.deepEqual([selector.readyBytes(1), selector.readyBytes(-1)], [0, 0]);
  });

  kqueueTest('how many connections wait', (selector) => {
    using listener = Socket.open('ipv4', 'stream');
    listener.bind(LISTEN);
    listener.listen(8);
    listener.setBlocking(false);
    selector.register(listener, READABLE, 0);
    using first = Socket.open('ipv4', 'stream');
    using second = Socket.open('ipv4', 'stream');
    first.connect(listener.localAddress);
    second.connect(listener.localAddress);
    assert.equal(selector.wait(), 1);
    assert.equal(selector.readyBytes(0), 2);
  });

  kqueueTest('the end of a stream is a HANGUP, with what is left before it', (selector, fds) => {
    const [one, other] = fds.pair();
    put(other, 'last');
    ok(shutdown(other, SOCKET.SHUT_WR));
    selector.register(one, READABLE | WRITABLE, 0);
    assert.deepEqual(readyOf(selector), new Map([[one, READABLE | WRITABLE | HANGUP]]));
    selector.wait();
    assert.equal(selector.readyBytes(0), 4);
    assert.deepEqual([take(one), take(one)], ['last', '']);
  });

  kqueueTest('a refused connect is an ERROR with its number, which is still found', (selector) => {
    using listener = Socket.open('ipv4', 'stream');
    listener.bind(LISTEN);
    const target = listener.localAddress;
    listener.close();
    using client = Socket.open('ipv4', 'stream');
    client.setBlocking(false);
    client.startConnect(target);
    selector.register(client, WRITABLE, 0);
    assert.equal(selector.wait(), 1);
    assert.equal(selector.readyEvents(0), WRITABLE | HANGUP | ERROR);
    assert.equal(selector.readyError(0), ERRNO.ECONNREFUSED);
    assert.throws(() => client.finishConnect(), { code: 'ECONNREFUSED' });
  });

  kqueueTest('a reset is an ERROR with its number, which recv finds as well', (selector) => {
    using listener = Socket.open('ipv4', 'stream');
    listener.bind(LISTEN);
    listener.listen(1);
    using peer = Socket.open('ipv4', 'stream');
    peer.connect(listener.localAddress);
    using socket = listener.accept().socket;
    socket.setBlocking(false);
    peer.setOption('SO_LINGER', { on: true, seconds: 0 });
    peer.close();
    selector.register(socket, READABLE, 0);
    assert.equal(selector.wait(), 1);
    assert.equal(selector.readyEvents(0), READABLE | HANGUP | ERROR);
    assert.equal(selector.readyError(0), ERRNO.ECONNRESET);
    assert.throws(() => socket.recv(Buffer.alloc(8)), { code: 'ECONNRESET' });
  });

  kqueueTest(
    'a pipe that nobody reads is refused, and what it was before stays',
    (selector, fds) => {
      const [reader, writer] = fds.pipe();
      fds.close(reader);
      const refused = (error: unknown) =>
        error instanceof SystemError &&
        error.code === 'EPIPE' &&
        /nobody reads/.test(error.message);
      assert.throws(() => selector.register(writer, WRITABLE, 0), refused);
      assert.equal(selector.size, 0);
      selector.register(writer, READABLE, 0);
      assert.throws(() => selector.modify(writer, READABLE | WRITABLE), refused);
      assert.equal(selector.getKey(writer).interest, READABLE);
      assert.deepEqual(readyOf(selector, 0), new Map([[writer, READABLE | HANGUP]]));
    },
  );

  kqueueTest('registering takes no event away', (selector, fds) => {
    const [first, second] = [fds.event(1), fds.event(1)];
    selector.register(first, READABLE, 0, { edge: true });
    selector.register(second, READABLE, 0, { oneShot: true });
    const [reader] = fds.pair();
    selector.register(reader, READABLE, 0);
    selector.modify(reader, WRITABLE);
    selector.unregister(reader);
    assert.equal(selector.wait(), 2);
  });

  kqueueTest('its descriptor is closed on exec, and watches not itself', (selector) => {
    assert.equal(ok(fcntl(selector.fd, FCNTL.F_GETFD, 0)), FCNTL.FD_CLOEXEC);
    assert.throws(
      () => selector.register(selector.fd, READABLE, 0),
      (error) => error instanceof SystemError && error.code === 'EINVAL',
    );
  });

  kqueueTest('a number that was closed is watched again once it is registered again', (s, fds) => {
    const fd = fds.event(1);
    s.register(fd, READABLE, 0);
    fds.close(fd);
    assert.equal(fds.event(1), fd);
    assert.equal(s.wait(0), 0);
    s.unregister(fd);
    s.register(fd, READABLE, 0);
    assert.equal(s.wait(0), 1);
  });

  kqueueTest(
    'attached to the loop it tells of descriptors and of timers',
    async (selector, fds) => {
      const [reader, writer] = fds.pair();
      selector.register(reader, READABLE, 'reader');
      const batches = attach(selector);
      put(writer, 'x');
      const first = await batches.next();
      assert.deepEqual(
        [...(first.value ?? [])].map(({ key }) => key.data),
        ['reader'],
      );
      take(reader);
      selector.setTimer(1, 1);
      const second = await batches.next();
      assert.deepEqual([...(second.value ?? [])], []);
      assert.deepEqual(selector.expired, [{ id: 1, times: 1 }]);
      batches.close();
    },
  );

  kqueueTest('a signal with a handler neither ends a wait nor is lost', async () => {
    const source = `
      import { KqueueSelector } from ${JSON.stringify(new URL('../../src/readiness.js', import.meta.url))};
      process.on('SIGUSR2', () => { console.log('handled'); clearInterval(kept); });
      const kept = setInterval(() => {}, 1000);
      const selector = new KqueueSelector();
      process.kill(process.pid, 'SIGUSR2');
      console.log('waited', selector.wait(30));`;
    const args = ['--input-type=module', '--eval', source];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    assert.equal(stdout, 'waited 0\nhandled\n', stderr);
  });
}

function timers(): void {
  kqueueTest('a timer ends the wait, once', (selector) => {
    const begun = performance.now();
    selector.setTimer(7, 20);
    assert.equal(selector.wait(), 0);
    assert.ok(performance.now() - begun >= 19);
    assert.deepEqual(selector.expired, [{ id: 7, times: 1 }]);
    assert.equal(selector.statistics().events, 1);
    assert.equal(selector.wait(30), 0);
    assert.deepEqual(selector.expired, []);
    assert.equal(selector.clearTimer(7), false);
  });

  kqueueTest('beside a descriptor both are told', (selector, fds) => {
    const fd = fds.event(0);
    selector.register(fd, READABLE, 0);
    selector.setTimer(fd, 0);
    assert.equal(selector.wait(), 0);
    assert.deepEqual(selector.expired, [{ id: fd, times: 1 }], 'its number is not the descriptor');
    put(fd, '\x01\0\0\0\0\0\0\0');
    assert.equal(selector.wait(), 1);
    assert.deepEqual(selector.expired, []);
  });

  kqueueTest('with repeat it runs out again, and counts what nobody waited for', (selector) => {
    selector.setTimer(1, 5, { repeat: true });
    let times = 0;
    for (let round = 0; round < 3; round++) {
      selector.wait();
      times += selector.expired[0]?.times ?? 0;
    }
    assert.ok(times >= 3);
    const begun = performance.now();
    while (performance.now() - begun < 25);
    selector.wait();
    assert.ok((selector.expired[0]?.times as number) >= 4);
    assert.equal(selector.clearTimer(1), true);
    assert.equal(selector.wait(15), 0);
    assert.deepEqual(selector.expired, []);
  });

  kqueueTest('set anew it starts anew', (selector) => {
    selector.setTimer(1, 60_000);
    selector.setTimer(1, 1);
    selector.wait();
    assert.deepEqual(selector.expired, [{ id: 1, times: 1 }]);
  });

  kqueueTest(
    'an absolute one waits for a time of the calendar clock',
    (selector) => {
      const due = Date.now() + 30;
      selector.setTimer(1, due, { absolute: true });
      selector.wait();
      assert.ok(Date.now() >= due);
      assert.deepEqual(selector.expired, [{ id: 1, times: 1 }]);
      selector.setTimer(2, Date.now() - 1_000, { absolute: true });
      selector.wait();
      assert.deepEqual(selector.expired, [{ id: 2, times: 1 }]);
      const both = { absolute: true, repeat: true };
      assert.throws(() => selector.setTimer(1, due, both), TypeError);
    },
    noAbsoluteTime,
  );

  kqueueTest('what is no timer is refused', (selector) => {
    for (const [id, ms] of [
      [-1, 1],
      [0.5, 1],
      [2 ** 31, 1],
      [1, -1],
      [1, Number.NaN],
      [1, 2 ** 31],
      [1, Number.POSITIVE_INFINITY],
    ] as const) {
      assert.throws(() => selector.setTimer(id, ms), RangeError, `${id} ${ms}`);
    }
    assert.throws(() => selector.setTimer(1, '1' as unknown as number), TypeError);
    assert.equal(selector.wait(0), 0);
    selector.close();
    assert.throws(() => selector.setTimer(1, 1), { code: 'ERR_POLYIO_CLOSED' });
    assert.throws(() => selector.clearTimer(1), { code: 'ERR_POLYIO_CLOSED' });
  });
}

function userEvents(): void {
  if (noUserEvents !== false) {
    kqueueTest('user events are refused with the remedy', (selector) => {
      const expected = (error: unknown) =>
        error instanceof UnsupportedError && /Waker/.test(error.remedy);
      assert.throws(() => selector.addUserEvent(1), expected);
      assert.throws(() => selector.trigger(1), expected);
    });
    return;
  }

  kqueueTest('an event of the program ends the next wait, with its last value', (selector) => {
    selector.addUserEvent(1);
    assert.equal(selector.wait(0), 0);
    selector.trigger(1, 5);
    selector.trigger(1, 6);
    assert.equal(selector.wait(), 0);
    assert.deepEqual(selector.triggered, [{ id: 1, value: 6 }]);
    assert.equal(selector.wait(0), 0);
    assert.deepEqual(selector.triggered, []);
  });

  kqueueTest('another thread triggers it by the number of the selector', async (selector) => {
    selector.addUserEvent(3);
    const room = new URL('../../src/readiness.js', import.meta.url).href;
    const source = `
      import { workerData } from 'node:worker_threads';
      import { KqueueSelector } from '${room}';
      KqueueSelector.trigger(workerData, 3, 0xffffff);`;
    const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
    const worker = new Worker(url, { workerData: selector.fd, execArgv: [] });
    const ended = once(worker, 'exit');
    await once(worker, 'online');
    assert.equal(selector.wait(), 0);
    assert.deepEqual(selector.triggered, [{ id: 3, value: 0xffffff }]);
    await ended;
  });

  kqueueTest('one that was not added, and what is none, are refused', (selector) => {
    assert.throws(
      () => selector.trigger(1),
      (error) =>
        error instanceof SystemError &&
        error.code === 'ENOENT' &&
        /addUserEvent/.test(error.message),
    );
    assert.throws(() => selector.addUserEvent(-1), RangeError);
    assert.throws(() => selector.trigger(1, 2 ** 24), RangeError);
    assert.throws(() => KqueueSelector.trigger(999_999, 1), { code: 'EBADF' });
    selector.close();
    assert.throws(() => selector.trigger(1), { code: 'ERR_POLYIO_CLOSED' });
  });

  kqueueTest('a waker is a queue of its own: woken often, it is one event', (selector) => {
    using waker = new Waker();
    selector.register(waker, READABLE, 0);
    assert.equal(waker.clear(), false);
    for (let wake = 0; wake < 1_000; wake++) waker.wake();
    assert.deepEqual([selector.wait(), selector.wait(0)], [1, 1]);
    assert.equal(waker.clear(), true);
    assert.equal(selector.wait(0), 0);
    assert.equal(waker.clear(), false);
  });
}
