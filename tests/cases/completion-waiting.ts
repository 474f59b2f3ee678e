// Waiting: how many, how long, and who may end it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { interrupt } from '../../src/sys/interrupt.ts';
import { type Case, finish, full } from './completion.ts';
import { put } from './selector-descriptors.ts';

export const waiting: Readonly<Record<string, Case>> = {
  'nothing recorded is nothing to wait for': (queue) => {
    assert.deepEqual(queue.wait(), []);
    assert.deepEqual(queue.wait({ min: 5 }), []);
    assert.equal(finish(queue, queue.timeout(0)), undefined);
    assert.deepEqual(queue.wait(), []);
  },

  'a wait gives up when its time is over, and not before': (queue, fds) => {
    const [one, other] = fds.pair();
    const receipt = queue.recv(one, Buffer.alloc(1));
    for (const timeoutMs of [0, 0.4, 12.5]) {
      const start = performance.now();
      assert.deepEqual(queue.wait({ timeoutMs }), []);
      assert.ok(performance.now() - start >= timeoutMs, `${timeoutMs} ms`);
    }
    put(other, 'x');
    assert.deepEqual(queue.wait({ timeoutMs: 20_000 }), [receipt]);
  },

  'a wait returns when enough have completed, with all that have': (queue, fds) => {
    const events = [fds.event(1), fds.event(1), fds.event(1)];
    const pending = queue.recv(fds.pair()[0], Buffer.alloc(1));
    const polls = events.map((fd) => queue.poll(fd, 1));
    assert.deepEqual(new Set(queue.wait({ min: 3 })), new Set(polls));
    assert.equal(queue.pending, 1);
    assert.equal(pending.done, false);
  },

  'a time that is asked for passes': (queue) => {
    const start = performance.now();
    finish(queue, queue.timeout(15.2));
    assert.ok(performance.now() - start >= 15.2);
  },

  'an operation with a time limit fails with ETIMEDOUT, or succeeds in time': (queue, fds) => {
    const [one, other] = fds.pair();
    const late = queue.recv(one, Buffer.alloc(4), { timeoutMs: 5 });
    queue.wait();
    const message = /^recv ETIMEDOUT: no completion within 5 ms$/;
    assert.throws(() => late.result(), { code: 'ETIMEDOUT', message });
    put(other, 'x');
    assert.equal(finish(queue, queue.recv(one, Buffer.alloc(4), { timeoutMs: 20_000 })), 1);
    assert.equal(queue.pending, 0);
    assert.equal(queue.statistics().inFlight, 0);
  },

  'more operations than there is room for in the kernel take their turns': (_, fds, suite) => {
    using queue = suite.open({ entries: 16 });
    const count = full(10_000, 2_000);
    const fd = fds.event(1);
    const receipts = new Set(Array.from({ length: count }, () => queue.poll(fd, 1)));
    queue.submit();
    assert.ok(queue.statistics().queued > 0);
    while (receipts.size > 0) {
      for (const receipt of queue.wait()) {
        assert.ok(receipts.delete(receipt as never), 'a receipt came twice');
        assert.equal(receipt.result(), 1);
      }
    }
    const { recorded, completed, overflows, lost } = queue.statistics();
    assert.deepEqual([recorded, completed, overflows, lost], [count, count, 0, 0]);
  },

  'there is a limit to what may be pending': (_, fds, suite) => {
    using queue = suite.open({ entries: 16, operationsMax: 20 });
    const fd = fds.event(1);
    for (let index = 0; index < 20; index++) queue.poll(fd, 1);
    assert.throws(() => queue.poll(fd, 1), /RangeError: 20 operations are recorded.*operationsMax/);
    queue.wait({ min: 20 });
    assert.equal(finish(queue, queue.poll(fd, 1)), 1);
  },

  'there is a limit to its memory, which private copies respect': (_, fds, suite) => {
    using queue = suite.open({ memoryMax: 2 ** 20 });
    const kept = queue.allocate(2 ** 20);
    assert.throws(() => queue.allocate(1), { code: 'ENOMEM', message: /memoryMax is 1048576/ });
    const [one] = fds.pair();
    assert.throws(() => queue.send(one, Buffer.from('x')), { code: 'ENOMEM' });
    assert.equal(queue.pending, 0);
    kept[Symbol.dispose]();
    assert.equal(queue.allocate(2 ** 20).length, 2 ** 20);
  },

  'the options are checked': (_queue, _fds, suite) => {
    for (const entries of [0, 15, 17, 65_536, Number.NaN]) {
      assert.throws(() => suite.open({ entries }), RangeError, String(entries));
    }
    assert.throws(() => suite.open({ operationsMax: 0 }), RangeError);
    assert.throws(() => suite.open({ memoryMax: '1' as unknown as number }), TypeError);
  },

  'another thread interrupts a wait, and nothing is lost by it': async () => {
    const worker = new Worker(new URL('./completion-thread.js', import.meta.url));
    const ended = once(worker, 'exit');
    const messages: unknown[] = [];
    worker.on('message', (message) => messages.push(message));
    await once(worker, 'message');
    await interrupt(worker);
    await ended;
    assert.deepEqual(messages, ['waiting', ['ERR_POLYIO_INTERRUPTED', 1, ['x']]]);
  },

  'a promise needs a loop': (queue, fds) => {
    const receipt = queue.recv(fds.pair()[0], Buffer.alloc(1));
    const message = /recv: .*not attached.*attach\(queue\) of polyio\/node/;
    assert.throws(() => receipt.promise(), { code: 'ERR_POLYIO_NOT_ATTACHED', message });
    assert.equal(queue.attached, false);
  },
};
