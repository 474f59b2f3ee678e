// Operations that start after others: links, drains, and where they break.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Case, codeOf, finish } from './completion.ts';
import { put, take } from './selector-descriptors.ts';

export const order: Readonly<Record<string, Case>> = {
  'linked operations run one after the other': (queue) => {
    const folder = mkdtempSync(join(tmpdir(), 'polyio-order-'));
    const path = join(folder, 'file');
    const fd = finish(queue, queue.openFile(path, { flags: 'w+' }));
    const room = Buffer.alloc(6);
    const written = Array.from({ length: 6 }, (_, index) =>
      queue.write(fd, Buffer.from(String(index)), { link: true }),
    );
    const synced = queue.sync(fd, { link: true });
    const read = queue.read(fd, room, { position: 0 });
    assert.equal(queue.wait({ min: 8 }).length, 8);
    for (const receipt of written) assert.equal(receipt.result(), 1);
    synced.result();
    assert.equal(read.result(), 6);
    assert.equal(room.toString(), '012345');
    assert.equal(readFileSync(path, 'utf8'), '012345');
    finish(queue, queue.close(fd));
    rmSync(folder, { recursive: true });
  },

  'a link that fails, or moves too few bytes, cancels what follows': (queue, fds) => {
    const [one, other] = fds.pair();
    const failing = queue.recv(fds.file(process.execPath), Buffer.alloc(1), { link: true });
    const second = queue.send(one, Buffer.from('never'), { link: true });
    const third = queue.send(one, Buffer.from('never'));
    const free = queue.send(one, Buffer.from('free'));
    assert.equal(queue.wait({ min: 4 }).length, 4);
    assert.equal(codeOf(failing), 'ENOTSOCK');
    assert.throws(() => second.result(), { code: 'ECANCELED', message: /linked.*not succeed/ });
    assert.equal(codeOf(third), 'ECANCELED');
    assert.equal(free.result(), 4);
    assert.equal(take(other), 'free');
    put(other, 'abc');
    const short = queue.recv(one, Buffer.alloc(10), { all: true, link: true });
    const after = queue.send(one, Buffer.from('never'));
    queue.submit();
    fds.close(other);
    queue.wait({ min: 2 });
    assert.equal(short.result(), 3);
    assert.equal(codeOf(after), 'ECANCELED');
  },

  'a time that is over does not break a chain': (queue, fds) => {
    const [one, other] = fds.pair();
    queue.timeout(5, { link: true });
    const sent = queue.send(one, Buffer.from('later'));
    queue.submit();
    assert.equal(take(other), null);
    queue.wait({ min: 2 });
    assert.equal(sent.result(), 5);
  },

  'a chain ends where it is submitted': (queue, fds) => {
    const [one, other] = fds.pair();
    const waits = queue.recv(one, Buffer.alloc(1), { link: true });
    queue.submit();
    const free = queue.send(one, Buffer.from('at once'));
    assert.deepEqual(queue.wait(), [free]);
    assert.equal(take(other), 'at once');
    put(other, 'x');
    assert.deepEqual(queue.wait(), [waits]);
  },

  'a chain enters as a whole, however full the ring is': (_, fds, suite) => {
    using queue = suite.open({ entries: 16 });
    const [one, other] = fds.pair();
    for (let round = 0; round < 20; round++) {
      for (let index = 0; index < round % 8; index++) queue.timeout(0);
      for (let index = 0; index < 6; index++) {
        queue.send(one, Buffer.from(String(index)), { link: index < 5 });
      }
      while (queue.pending > 0) queue.wait();
      assert.equal(take(other), '012345');
    }
    const misuse = () => {
      for (let index = 0; index < 20; index++) queue.timeout(0, { link: true });
    };
    assert.throws(misuse, /RangeError: the chain is too long/);
  },

  'a link with a time limit': (queue, fds) => {
    const [one] = fds.pair();
    const slow = queue.recv(one, Buffer.alloc(1), { timeoutMs: 5, link: true });
    const after = queue.send(one, Buffer.from('never'));
    queue.wait({ min: 2 });
    assert.deepEqual([codeOf(slow), codeOf(after)], ['ETIMEDOUT', 'ECANCELED']);
    const quick = queue.send(one, Buffer.from('x'), { timeoutMs: 20_000, link: true });
    const then = queue.send(one, Buffer.from('y'));
    queue.wait({ min: 2 });
    assert.deepEqual([quick.result(), then.result()], [1, 1]);
  },

  'a drained operation starts after all before it, and before all after it': (queue, fds) => {
    const [one, other] = fds.pair();
    const events = fds.event(0);
    const first = queue.recv(one, Buffer.alloc(4));
    const drained = queue.write(events, Buffer.from('\x01\0\0\0\0\0\0\0'), { drain: true });
    const last = queue.poll(events, 2);
    assert.deepEqual(queue.wait({ timeoutMs: 10 }), []);
    assert.equal(take(events), null, 'it has not started');
    put(other, 'x');
    assert.deepEqual(queue.wait({ min: 3 }), [first, drained, last]);
    assert.equal(drained.result(), 8);
  },

  'what waits behind a drain can be cancelled, and the drain too': (queue, fds) => {
    const [one] = fds.pair();
    const first = queue.recv(one, Buffer.alloc(4));
    const drained = queue.timeout(0, { drain: true });
    const last = queue.timeout(0);
    queue.submit();
    last.cancel();
    assert.deepEqual(queue.wait(), [last]);
    drained.cancel();
    assert.deepEqual(queue.wait(), [drained]);
    first.cancel();
    assert.deepEqual(queue.wait(), [first]);
    assert.deepEqual([first, drained, last].map(codeOf), Array(3).fill('ECANCELED'));
  },
};
