import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { Pipe, socketPair } from '../../src/io.ts';
import { INSTANCE_CALL } from '../../src/node/instance.ts';
import { type AttachedBatches, attach } from '../../src/node.ts';
import {
  ERROR,
  HANGUP,
  openSelector,
  PRIORITY,
  READABLE,
  type Ready,
  Waker,
  WRITABLE,
} from '../../src/readiness.ts';
import { SOCKET } from '../../src/sys/abi.ts';
import { KEVENT_ABI } from '../../src/sys/bsd/abi.ts';
import { setTap } from '../../src/sys/ffi.ts';
import { send } from '../../src/sys/socket.ts';
import { test } from '../harness/test.ts';
import { connectedPair, fillSocket } from '../io/loopback.ts';

async function firstOf<Batch>(batches: AttachedBatches<Batch>): Promise<Batch> {
  for await (const batch of batches) return batch;
  throw new Error('it ended without a batch');
}

test('a selector in the loop: batch by batch, beside timers and fs', async () => {
  using selector = openSelector<string>();
  using pipe = Pipe.open();
  using waker = new Waker();
  pipe.reader.setBlocking(false);
  selector.register(pipe.reader, READABLE, 'pipe');
  selector.register(waker, READABLE, 'waker');
  const seen: string[] = [];
  const timer = setTimeout(() => waker.wake(), 5);
  const text = readFile(new URL(import.meta.url), 'utf8').then(({ length }) => {
    assert.ok(length > 0);
    pipe.writer.write(Buffer.from('x'));
  });
  for await (const batch of attach(selector)) {
    for (const { key, ready } of batch) {
      assert.equal(ready, READABLE);
      seen.push(key.data);
      if (key.handle === waker) waker.clear();
      else pipe.reader.tryRead(Buffer.alloc(8));
    }
    if (seen.length === 2) break;
  }
  assert.deepEqual(seen.sort(), ['pipe', 'waker']);
  clearTimeout(timer);
  await text;
});

test('the callback form calls until it is closed', async () => {
  using selector = openSelector();
  using waker = new Waker();
  selector.register(waker, READABLE, undefined);
  let calls = 0;
  const attachment = attach(selector, (batch: IterableIterator<Ready<unknown>>) => {
    assert.equal([...batch].length, 1);
    if (++calls === 3) attachment.close();
  });
  assert.equal(attachment.closed, false);
  waker.wake();
  await attachment.finished;
  await turn();
  assert.equal(calls, 3);
  assert.equal(attachment.closed, true);
  attachment.close();
});

test('one descriptor: readable, writable, and both', async () => {
  const [left, right] = socketPair();
  using _left = left;
  using _right = right;
  left.setBlocking(false);
  assert.equal(await firstOf(attach(left, { interest: WRITABLE })), WRITABLE);
  fillSocket(left);
  right.send(Buffer.from('x'));
  assert.equal(await firstOf(attach(left, { interest: READABLE | WRITABLE })), READABLE);
  assert.equal(await firstOf(attach(left.fd)), READABLE);
  assert.equal(await firstOf(attach({ fd: left.fd })), READABLE);
});

test('one descriptor: urgent data is PRIORITY, or refused with the reason', async () => {
  const [client, server] = connectedPair();
  using _client = client;
  using _server = server;
  const batches = attach(server, { interest: PRIORITY });
  const next = batches.next();
  if (INSTANCE_CALL === 'kevent' && KEVENT_ABI.filters.EVFILT_EXCEPT === null) {
    await assert.rejects(next, { name: 'UnsupportedError', reason: /no filter for urgent data/ });
    return;
  }
  client.send(Buffer.from('ordinary'));
  await turn();
  send(client.fd, Buffer.from('!'), 1, SOCKET.MSG_OOB);
  assert.deepEqual(await next, { done: false, value: PRIORITY });
  await batches.return();
});

test('one descriptor: the leaving of the other end is a hint', async () => {
  const pipe = Pipe.open();
  using reader = pipe.reader;
  pipe.writer.close();
  assert.equal(await firstOf(attach(reader)), READABLE | HANGUP);
  using other = Pipe.open();
  other.reader.close();
  const first = firstOf(attach(other.writer, { interest: WRITABLE }));
  if (INSTANCE_CALL === 'kevent') await assert.rejects(first, { code: 'EPIPE', syscall: 'kevent' });
  else assert.equal(await first, WRITABLE | ERROR);
});

test('abort: batches end with AbortError, at any moment', async () => {
  using waker = new Waker();
  const aborted = { name: 'AbortError', code: 'ABORT_ERR', message: 'The operation was aborted' };
  assert.throws(() => attach(waker, { signal: AbortSignal.abort() }), aborted);
  const controller = new AbortController();
  const reason = new Error('enough');
  setTimeout(() => controller.abort(reason), 5);
  await assert.rejects(firstOf(attach(waker, { signal: controller.signal })), (error: Error) => {
    assert.equal(error.cause, reason);
    assert.equal(error.name, 'AbortError');
    return true;
  });
  const between = new AbortController();
  const batches = attach(waker, { signal: between.signal });
  between.abort();
  await assert.rejects(batches.next(), aborted);
  assert.deepEqual(await batches.next(), { done: true, value: undefined });
});

test('abort: a callback is called no more, and that is no failure', async () => {
  using waker = new Waker();
  const controller = new AbortController();
  const attachment = attach(waker, () => assert.fail('it was aborted'), controller);
  controller.abort();
  waker.wake();
  await attachment.finished;
  const late = attach(waker, () => assert.fail('it was aborted'), { signal: AbortSignal.abort() });
  assert.equal(late.closed, true);
  await late.finished;
});

test('next() can be called ahead; return() ends what waits', async () => {
  using waker = new Waker();
  using batches = attach(waker);
  const two = [batches.next(), batches.next()];
  waker.wake();
  assert.deepEqual(await Promise.all(two), [
    { done: false, value: READABLE },
    { done: false, value: READABLE },
  ]);
  waker.clear();
  const waiting = batches.next();
  assert.deepEqual(await batches.return(), { done: true, value: undefined });
  assert.deepEqual(await waiting, { done: true, value: undefined });
  assert.equal(batches.closed, true);
});

test('while the body runs nothing waits: a descriptor left readable wakes nobody', async () => {
  using waker = new Waker();
  waker.wake();
  let calls = 0;
  for await (const ready of attach(waker)) {
    assert.equal(ready, READABLE);
    setTap((call) => {
      if (call.startsWith('epoll')) calls++;
    });
    for (let turns = 0; turns < 20; turns++) await turn();
    await sleep(5);
    setTap(null);
    break;
  }
  assert.equal(calls, 0);
});

test('what happens while the body runs is in the next batch', async () => {
  using selector = openSelector<number>();
  const wakers = Array.from({ length: 3 }, () => new Waker());
  for (const [index, waker] of wakers.entries()) selector.register(waker, READABLE, index);
  wakers[0]?.wake();
  const sizes: number[] = [];
  for await (const batch of attach(selector)) {
    const events = [...batch];
    sizes.push(events.length);
    for (const { key } of events) wakers[key.data]?.clear();
    if (sizes.length === 2) break;
    await turn();
    for (const waker of wakers) waker.wake();
    await turn();
  }
  assert.deepEqual(sizes, [1, 3]);
  for (const waker of wakers) waker.close();
});

test('a hundred attached descriptors', async () => {
  const wakers = Array.from({ length: 100 }, () => new Waker());
  const counts = new Array<number>(100).fill(0);
  const rounds = 20;
  const attachments = wakers.map((waker, index) =>
    attach(waker, () => {
      waker.clear();
      counts[index] = (counts[index] as number) + 1;
      if (counts[index] === rounds) attachments[index]?.close();
      else wakers[(index + 1) % 100]?.wake();
      if (counts[index] !== rounds) waker.wake();
    }),
  );
  for (const waker of wakers) waker.wake();
  await Promise.all(attachments.map(({ finished }) => finished));
  assert.deepEqual(counts, new Array(100).fill(rounds));
  for (const waker of wakers) waker.close();
});

test('more are ready than one turn takes: nobody is left out', async () => {
  const wakers = Array.from({ length: 600 }, () => new Waker());
  const told = new Set<number>();
  const all = wakers.map((waker, index) => {
    const attachment = attach(waker, () => {
      told.add(index);
      attachment.close();
    });
    return attachment.finished;
  });
  for (const waker of wakers) waker.wake();
  await Promise.all(all);
  assert.equal(told.size, wakers.length);
  for (const waker of wakers) waker.close();
});

test('a callback runs in the context of its attach()', async () => {
  using waker = new Waker();
  const storage = new AsyncLocalStorage<string>();
  const seen = await storage.run('mine', () => {
    return new Promise<string | undefined>((resolve) => {
      const attachment = attach(waker, () => {
        attachment.close();
        resolve(storage.getStore());
      });
      storage.run('other', () => waker.wake());
    });
  });
  assert.equal(seen, 'mine');
});

test('ref() and unref() say what they did, and so does inspect()', () => {
  using waker = new Waker();
  const batches = attach(waker);
  assert.equal(batches.hasRef(), true);
  assert.equal(batches.unref().hasRef(), false);
  assert.equal(inspect(batches), `BatchIterator{the descriptor (fd ${waker.fd}), unref}`);
  assert.equal(batches.ref().hasRef(), true);
  batches.close();
  assert.equal(inspect(batches), `BatchIterator{the descriptor (fd ${waker.fd}), closed}`);
  using selector = openSelector('epoll');
  using attachment = attach(selector, () => {});
  assert.equal(inspect(attachment), 'CallbackAttachment{the epoll selector}');
});
