/** What every selector must do, whichever system call it rests on. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { UnsupportedError } from '../../src/errors.ts';
import { HOST } from '../../src/platform/host.ts';
import {
  EpollSelector,
  ERROR,
  HANGUP,
  KqueueSelector,
  PollSelector,
  PRIORITY,
  READABLE,
  type RegisterOptions,
  type Selector,
  type SelectorModel,
  Waker,
  WRITABLE,
} from '../../src/readiness.ts';
import { SOCKET } from '../../src/sys/abi.ts';
import { interrupt } from '../../src/sys/interrupt.ts';
import { send } from '../../src/sys/socket.ts';
import { currentThread, wakeThread } from '../../src/sys/threads.ts';
import { UNDER_WINE } from '../harness/emulator.ts';
import { test } from '../harness/test.ts';
import { Descriptors, fill, Owner, ok, put, readyOf, take } from './selector-descriptors.ts';
import { remembering } from './selector-options.ts';
import { registration } from './selector-registration.ts';
import { GO, SENT, STOP, type Task } from './selector-thread.ts';

export interface SelectorSuite {
  readonly model: SelectorModel;
  readonly open: () => Selector<unknown>;
  /** The options of a registration that it has; the others are refused. @default none */
  readonly options?: readonly (keyof RegisterOptions)[];
  /** Whether it has a descriptor of its own. @default false */
  readonly hasDescriptor?: boolean;
  /** Whether the kernel takes a closed number out of its set, so that nobody hears of it. */
  readonly forgetsClosed?: 'with the last duplicate' | 'at once';
  /** Whether the kernel cannot be asked for urgent data. @default false */
  readonly lacksPriority?: boolean;
  /** Cases that cannot hold for this back end: title and reason. */
  readonly skip?: Readonly<Record<string, string>>;
}

/** One case: it gets an open selector and whatever descriptors it asks for. */
export type Case = (selector: Selector<unknown>, fds: Descriptors, suite: SelectorSuite) => unknown;

/** A call costs a round trip to another process under Wine. */
const ROUNDS = UNDER_WINE ? 2_000 : 10_000;
const ROUNDS_WITH_DUPLICATE = 1_000;
const MANY = 2_100;
const EPOLL_BATCH = 512;
const SIGNALS_MIN = 30;

interface Thread {
  readonly worker: Worker;
  /** Asked for at once: the event may come while the test waits for another. */
  readonly ended: Promise<unknown>;
}

async function startThread(task: Task): Promise<Thread> {
  const worker = new Worker(new URL('./selector-thread.js', import.meta.url), { workerData: task });
  const ended = once(worker, 'exit');
  await once(worker, 'message');
  return { worker, ended };
}

function sharedWords(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * Int32Array.BYTES_PER_ELEMENT));
}

function release(words: Int32Array, word: number): void {
  Atomics.store(words, word, 1);
  Atomics.notify(words, word);
}

/** An UnsupportedError about something, whose remedy names something. */
function refuses(what: string, remedy = ''): (error: unknown) => boolean {
  return (error) =>
    error instanceof UnsupportedError &&
    error.model.includes(what) &&
    error.remedy.includes(remedy);
}

const readiness: Readonly<Record<string, Case>> = {
  'select gives what is ready and nothing else': (selector, fds) => {
    const [reader, writer] = fds.pair();
    selector.register(reader, READABLE, 'reader');
    const key = selector.register(writer, WRITABLE, 'writer');
    assert.deepEqual([...selector.select()], [{ key, ready: WRITABLE }]);
  },

  'readable and writable come as one event': (selector, fds) => {
    const [one, other] = fds.pair();
    put(other, 'x');
    selector.register(one, READABLE | WRITABLE, 0);
    assert.deepEqual(readyOf(selector), new Map([[one, READABLE | WRITABLE]]));
    assert.equal(take(one), 'x');
    assert.deepEqual(readyOf(selector), new Map([[one, WRITABLE]]));
  },

  'a full pipe is not writable until it is read': (selector, fds) => {
    const [reader, writer] = fds.pipe();
    fill(writer);
    selector.register(writer, WRITABLE, 0);
    assert.equal(selector.wait(0), 0);
    while (take(reader) !== null);
    assert.equal(selector.wait(), 1);
    assert.equal(selector.readyEvents(0), WRITABLE);
  },

  'a level is reported again until it is drained': (selector, fds) => {
    const [reader, writer] = fds.pair();
    selector.register(reader, READABLE, 0);
    put(writer, 'x');
    for (let round = 0; round < 3; round++) assert.equal(selector.wait(0), 1);
    take(reader);
    assert.equal(selector.wait(0), 0);
  },

  'twelve pairs exchange a message each': (selector, fds) => {
    const peers = new Map<number, number>();
    for (let index = 0; index < 12; index++) {
      const [reader, writer] = fds.pair();
      peers.set(writer, reader);
      selector.register(reader, READABLE, 0);
      selector.register(writer, WRITABLE, 0);
    }
    while (peers.size > 0) {
      const [writer] = readyOf(selector).keys();
      const reader = peers.get(writer as number) as number;
      put(writer as number, 'this is a test');
      const readable = [...readyOf(selector)].filter(([, ready]) => (ready & READABLE) !== 0);
      assert.deepEqual(readable, [[reader, READABLE]]);
      assert.equal(take(reader), 'this is a test');
      selector.unregister(reader);
      selector.unregister(writer as number);
      peers.delete(writer as number);
    }
    assert.equal(selector.size, 0);
  },

  'wait, readyFd and readyEvents tell the same as select': (selector, fds) => {
    const [one, other] = [fds.event(1), fds.event(1)];
    selector.register(one, READABLE, 0);
    selector.register(other, READABLE | WRITABLE, 0);
    assert.equal(selector.wait(), 2);
    const seen = new Map([0, 1].map((i) => [selector.readyFd(i), selector.readyEvents(i)]));
    assert.deepEqual(seen, readyOf(selector));
    assert.equal(selector.readyFd(2), -1);
    assert.equal(selector.readyEvents(2), 0);
  },

  'select waits in the call, not at the first next()': (selector, fds) => {
    const [reader, writer] = fds.pair();
    selector.register(reader, READABLE, 0);
    put(writer, 'x');
    const batch = selector.select(0);
    take(reader);
    assert.equal([...batch].length, 1);
    const empty = selector.select(0);
    put(writer, 'y');
    assert.deepEqual([...empty], []);
  },

  'a batch survives a wait in the middle of it': (selector, fds) => {
    for (let index = 0; index < 4; index++) selector.register(fds.event(1), READABLE, index);
    let seen = 0;
    for (const { key } of selector.select()) {
      take(key.fd);
      selector.wait(0);
      seen++;
    }
    assert.equal(seen, 4);
  },

  'a key that leaves in the middle of a batch is skipped': (selector, fds) => {
    const events = [fds.event(1), fds.event(1), fds.event(1)];
    for (const fd of events) selector.register(fd, READABLE, 0);
    const seen: number[] = [];
    for (const { key } of selector.select()) {
      seen.push(key.fd);
      for (const fd of events) if (fd !== key.fd && !seen.includes(fd)) selector.unregister(fd);
      events.length = 0;
    }
    assert.equal(seen.length, 1);
  },

  'a closed peer makes the other end readable': (selector, fds, { model }) => {
    const [reader, writer] = fds.pair();
    selector.register(reader, READABLE, 0);
    fds.close(writer);
    const hint = model === 'select' ? 0 : HANGUP;
    assert.deepEqual(readyOf(selector), new Map([[reader, READABLE | hint]]));
    assert.equal(take(reader), '');
  },

  'a pipe without a reader makes the writer ready with an error': (selector, fds, { model }) => {
    const [reader, writer] = fds.pipe();
    fill(writer);
    selector.register(writer, WRITABLE, 0);
    assert.equal(selector.wait(0), 0);
    fds.close(reader);
    const hints: Partial<Record<SelectorModel, number>> = { select: 0, kqueue: HANGUP };
    const hint = hints[model] ?? ERROR;
    const [[fd, ready] = []] = [...readyOf(selector)];
    // Where the pipe is a connection it hangs up, too; select knows neither.
    const surplus = HOST === 'win32' ? HANGUP : 0;
    assert.deepEqual([fd, (ready ?? 0) & ~surplus], [writer, WRITABLE | hint]);
  },

  'urgent data is PRIORITY, or refused with the reason': (selector, fds, { lacksPriority }) => {
    const [client, server] = fds.tcpPair();
    if (lacksPriority === true) {
      assert.throws(() => selector.register(server, PRIORITY, 0), refuses('PRIORITY'));
      selector.register(server, READABLE, 0);
      assert.throws(() => selector.modify(server, READABLE | PRIORITY), refuses('PRIORITY'));
      assert.equal(selector.getKey(server).interest, READABLE);
      return;
    }
    selector.register(server, PRIORITY, 0);
    ok(send(client, Buffer.from('in band'), 7, SOCKET.MSG_NOSIGNAL));
    assert.equal(selector.wait(0), 0);
    ok(send(client, Buffer.from('!'), 1, SOCKET.MSG_NOSIGNAL | SOCKET.MSG_OOB));
    assert.deepEqual(readyOf(selector), new Map([[server, PRIORITY]]));
  },

  'a regular file is always ready': (selector, fds) => {
    const fd = fds.file(process.execPath);
    selector.register(fd, READABLE | WRITABLE, 0);
    for (let round = 0; round < 3; round++) {
      assert.deepEqual(readyOf(selector), new Map([[fd, READABLE | WRITABLE]]));
    }
  },

  'it watches a selector, as every descriptor': (selector, fds, { model }) => {
    const hasEpoll = HOST === 'linux' && model !== 'kqueue';
    using inner = hasEpoll ? new EpollSelector() : new KqueueSelector();
    const fd = fds.event(0);
    inner.register(fd, READABLE, 0);
    const key = selector.register(inner, READABLE, 'inner');
    assert.equal(selector.wait(0), 0);
    put(fd, '\x01\0\0\0\0\0\0\0');
    assert.deepEqual([...selector.select()], [{ key, ready: READABLE }]);
    take(fd);
    assert.equal(selector.wait(0), 0);
    selector.unregister(inner);
  },

  'it watches more than 1024 descriptors': (selector, fds) => {
    const loud = fds.event(1);
    const numbers = new Set<number>();
    while (numbers.size < MANY) numbers.add(fds.duplicate(loud));
    assert.ok(Math.max(...numbers) > MANY);
    for (const fd of numbers) selector.register(fd, READABLE, 0);
    const seen = new Set<number>();
    for (let batch = 0; batch <= MANY / EPOLL_BATCH; batch++) {
      for (const fd of readyOf(selector, 0).keys()) seen.add(fd);
    }
    assert.deepEqual(seen, numbers);
    for (const fd of numbers) if (fd % 2 === 0) selector.unregister(fd);
    take(loud);
    assert.equal(selector.wait(0), 0);
  },

  'options that it does not have are refused with the reason': (selector, fds, suite) => {
    const fd = fds.event(0);
    for (const name of ['edge', 'oneShot', 'exclusive'] as const) {
      const asked = { [name]: true };
      if (suite.options?.includes(name) !== true) {
        assert.throws(() => selector.register(fd, READABLE, 0, asked), refuses(name, 'epoll'));
        assert.equal(selector.size, 0);
        selector.register(fd, READABLE, 0, { [name]: false });
        assert.throws(() => selector.modify(fd, READABLE, 0, asked), refuses(name, 'epoll'));
      } else {
        selector.register(fd, READABLE, 0, asked);
      }
      selector.unregister(fd);
    }
  },

  'its own descriptor is ready while something is, or it says why it has none': (
    selector,
    fds,
    { hasDescriptor },
  ) => {
    if (hasDescriptor !== true) {
      assert.throws(() => selector.fd, refuses('fd', 'epoll'));
      return;
    }
    using outer = new PollSelector();
    outer.register(selector.fd, READABLE, 0);
    const fd = fds.event(0);
    selector.register(fd, READABLE, 0);
    assert.equal(outer.wait(0), 0);
    put(fd, '\x01\0\0\0\0\0\0\0');
    assert.deepEqual([outer.wait(), outer.wait(0)], [1, 1]);
    take(fd);
    assert.equal(outer.wait(0), 0);
    selector.close();
    assert.equal(selector.fd, -1);
  },
};

const time: Readonly<Record<string, Case>> = {
  'an empty selector waits out its time': (selector) => {
    assert.deepEqual([...selector.select(0)], []);
    const start = performance.now();
    assert.equal(selector.wait(30), 0);
    assert.ok(performance.now() - start >= 30);
  },

  'a wait is never shorter than asked, fractions included': (selector, fds) => {
    selector.register(fds.event(0), READABLE, 0);
    for (const timeoutMs of [0.1, 1, 2.5, 20, 20.01]) {
      for (let round = 0; round < 5; round++) {
        const start = performance.now();
        assert.equal(selector.wait(timeoutMs), 0);
        const elapsed = performance.now() - start;
        assert.ok(elapsed >= timeoutMs, `${elapsed} ms instead of ${timeoutMs}`);
      }
    }
  },

  'a timeout that is none is refused': (selector) => {
    for (const timeoutMs of [-1, -0.5, Number.NaN, Number.NEGATIVE_INFINITY]) {
      assert.throws(() => selector.wait(timeoutMs), RangeError);
      assert.throws(() => selector.select(timeoutMs), RangeError);
    }
    assert.throws(() => selector.wait('1' as unknown as number), TypeError);
  },

  'timeouts longer than an int of milliseconds still wait': async (selector) => {
    using waker = new Waker();
    selector.register(waker, READABLE, 0);
    for (const timeoutMs of [2 ** 31, 2 ** 32, 1e300, Number.POSITIVE_INFINITY]) {
      const words = sharedWords();
      const { ended } = await startThread({ role: 'wake', words, fd: waker.fd });
      release(words, GO);
      assert.equal(selector.wait(timeoutMs), 1);
      assert.ok(waker.clear());
      await ended;
    }
  },

  'signals neither shorten a wait nor surface': async (selector, fds) => {
    selector.register(fds.event(0), READABLE, 0);
    selector.wait(0);
    const words = sharedWords();
    const { ended } = await startThread({ role: 'signal', words, tid: currentThread() });
    release(words, GO);
    while (Atomics.load(words, SENT) === 0) assert.equal(selector.wait(1), 0);
    for (const timeoutMs of [0, 0.5, 7, 300]) {
      const start = performance.now();
      assert.equal(selector.wait(timeoutMs), 0);
      assert.ok(performance.now() - start >= timeoutMs);
    }
    while (Atomics.load(words, SENT) < SIGNALS_MIN) assert.equal(selector.wait(1), 0);
    release(words, STOP);
    await ended;
  },

  'a wait after a signal is a wait like any other': (selector, fds) => {
    const [reader, writer] = fds.pair();
    selector.register(reader, READABLE, 0);
    selector.wait(0);
    ok(wakeThread(process.pid, currentThread()));
    assert.equal(selector.wait(5), 0);
    put(writer, 'x');
    ok(wakeThread(process.pid, currentThread()));
    assert.equal(selector.wait(), 1);
  },

  'interrupt ends a wait for ever, and only that one': async (_selector, _fds, { model }) => {
    const { worker, ended } = await startThread({ role: 'wait', words: sharedWords(), model });
    const answer = once(worker, 'message');
    await interrupt(worker);
    assert.deepEqual(await answer, [{ code: 'ERR_POLYIO_INTERRUPTED', afterwards: 1 }]);
    await ended;
  },

  'a waker in another thread ends a wait for ever': async (selector) => {
    using waker = new Waker();
    const key = selector.register(waker, READABLE, 0);
    const words = sharedWords();
    const { ended } = await startThread({ role: 'wake', words, fd: waker.fd });
    release(words, GO);
    assert.deepEqual([...selector.select()], [{ key, ready: READABLE }]);
    await ended;
  },

  'statistics count waits, events and stale ones': (selector, fds) => {
    assert.deepEqual(selector.statistics(), { waits: 0, events: 0, stale: 0 });
    selector.register(fds.event(1), READABLE, 0);
    selector.register(fds.event(1), READABLE, 0);
    selector.wait();
    selector.select();
    assert.deepEqual(selector.statistics(), { waits: 2, events: 4, stale: 0 });
  },
};

const staleness: Readonly<Record<string, Case>> = {
  'a number reused in the middle of a batch gets no event': (selector, fds) => {
    const [loud, quiet] = [fds.event(1), fds.event(0)];
    const numbers = [fds.duplicate(loud), fds.duplicate(loud)];
    let wrong = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (const fd of numbers) selector.register(fd, READABLE, 'first owner');
      const batch = round % 2 === 0 ? undefined : selector.select(0);
      if (batch === undefined) assert.equal(selector.wait(0), 2);
      const handled = batch === undefined ? selector.readyFd(0) : batch.next().value?.key.fd;
      const reused = numbers.find((fd) => fd !== handled) as number;
      selector.unregister(reused);
      fds.close(reused);
      fds.duplicateAt(quiet, reused);
      selector.register(reused, READABLE, 'second owner');
      if (batch === undefined ? selector.readyFd(1) !== -1 : [...batch].length > 0) wrong++;
      selector.wait(0);
      if (selector.readyFd(0) === reused || selector.readyFd(1) === reused) wrong++;
      for (const fd of numbers) selector.unregister(fd);
      fds.close(reused);
      fds.duplicateAt(loud, reused);
    }
    assert.equal(wrong, 0);
  },

  'an object closed without being unregistered is dropped': (selector, fds) => {
    const [loud, quiet] = [fds.event(1), fds.event(0)];
    let wrong = 0;
    for (let round = 0; round < ROUNDS_WITH_DUPLICATE; round++) {
      const owner = new Owner(fds, fds.duplicate(loud));
      const fd = owner.fd;
      selector.register(owner, READABLE, 'first owner');
      assert.equal(selector.wait(0), 1);
      // The description lives on in `loud`, so epoll goes on reporting the number.
      owner.close();
      if (selector.readyFd(0) !== -1) wrong++;
      fds.duplicateAt(quiet, fd);
      selector.register(fd, READABLE, 'second owner');
      wrong += selector.wait(0);
      selector.unregister(fd);
      fds.close(fd);
    }
    assert.equal(wrong, 0);
  },

  'an event of an object that was closed is counted as stale': (selector, fds, suite) => {
    const [loud, live] = [fds.event(1), fds.event(1)];
    const owner = new Owner(fds, fds.duplicate(loud));
    const fd = owner.fd;
    selector.register(owner, READABLE, 'closed');
    selector.register(live, READABLE, 'live');
    owner.close();
    fds.duplicateAt(loud, fd);
    assert.deepEqual(readyOf(selector, 0), new Map([[live, READABLE]]));
    // Who was told of the close by the kernel has no event to drop, and nothing to learn it by.
    const isForgotten = suite.forgetsClosed === 'at once';
    assert.equal(selector.statistics().stale, isForgotten ? 0 : 1);
    assert.equal(selector.size, isForgotten ? 2 : 1);
    if (isForgotten) selector.unregister(owner);
    selector.unregister(live);
    assert.equal(selector.wait(20), 0);
  },

  'a description that lives on in a child reports nothing here': async (selector, fds) => {
    const quiet = fds.event(0);
    const [reader, writer] = fds.pipe();
    const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore', reader] });
    const ended = once(child, 'exit');
    await once(child, 'spawn');
    const owner = new Owner(fds, reader);
    selector.register(owner, READABLE, 'first owner');
    put(writer, 'x');
    assert.equal(selector.wait(), 1);
    owner.close();
    fds.duplicateAt(quiet, reader);
    selector.register(reader, READABLE, 'second owner');
    for (let round = 0; round < ROUNDS_WITH_DUPLICATE; round++) assert.equal(selector.wait(0), 0);
    assert.equal(selector.wait(20), 0);
    child.stdin?.end();
    await ended;
  },

  'a closed number is reported with ERROR, or forgotten without a word': (selector, fds, suite) => {
    const isForgotten = suite.forgetsClosed !== undefined;
    const [closed, live] = [fds.event(isForgotten ? 1 : 0), fds.event(1)];
    selector.register(closed, READABLE, 0);
    selector.register(live, READABLE, 0);
    fds.close(closed);
    const expected = new Map([[live, READABLE]]);
    if (!isForgotten) expected.set(closed, READABLE | ERROR);
    assert.deepEqual(readyOf(selector), expected);
    selector.unregister(closed);
    assert.deepEqual(readyOf(selector), new Map([[live, READABLE]]));
  },
};

/** Cases about what Windows does not have. */
const NOT_ON_WINDOWS: Readonly<Record<string, string>> = {
  'a regular file is always ready': 'select and WSAPoll take sockets only',
  'it watches a selector, as every descriptor': 'no selector of Windows has a descriptor',
  'a description that lives on in a child reports nothing here':
    'Node hands no socket to a child process on Windows',
};

/** Runs the cases over one back end. */
export function selectorCases(suite: SelectorSuite): void {
  const cases = {
    ...registration,
    ...readiness,
    ...time,
    ...staleness,
    ...(suite.options === undefined ? {} : remembering),
  };
  const skipped = { ...suite.skip, ...(HOST === 'win32' ? NOT_ON_WINDOWS : {}) };
  for (const title of Object.keys(suite.skip ?? {})) assert.ok(title in cases, `no case: ${title}`);
  for (const [title, body] of Object.entries(cases)) {
    const run = async () => {
      using fds = new Descriptors();
      using selector = suite.open();
      await body(selector, fds, suite);
    };
    test(`${suite.model}: ${title}`, run, { skip: skipped[title] ?? false });
  }
}
