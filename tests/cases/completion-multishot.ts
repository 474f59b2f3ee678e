// One operation, many results.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { AcceptedFd } from '../../src/completion.ts';
import { Socket } from '../../src/index.ts';
import { type Case, codeOf, full } from './completion.ts';
import { put, take } from './selector-descriptors.ts';

function listening(): Socket {
  const listener = Socket.open('ipv4', 'stream');
  listener.bind({ host: '127.0.0.1', port: 0 });
  listener.listen(4_096);
  return listener;
}

export const multishot: Readonly<Record<string, Case>> = {
  'accepts go on until they are cancelled': (queue) => {
    using listener = listening();
    const accepts = queue.acceptMultishot(listener);
    queue.submit();
    const clients: Socket[] = [];
    const taken: AcceptedFd[] = [];
    for (let round = 0; round < 5; round++) {
      for (let index = 0; index < 20; index++) {
        const client = Socket.open('ipv4', 'stream');
        client.connect(listener.localAddress);
        clients.push(client);
      }
      while (taken.length < clients.length) {
        assert.deepEqual(queue.wait(), [accepts]);
        taken.push(...accepts);
      }
    }
    assert.deepEqual(
      new Set(taken.map(({ address }) => (address as { port: number }).port)),
      new Set(clients.map((client) => (client.localAddress as { port: number }).port)),
    );
    accepts.cancel();
    assert.deepEqual(queue.wait(), [accepts]);
    assert.equal(codeOf(accepts), 'ECANCELED');
    assert.equal(accepts.take(), undefined);
    for (const { fd } of taken) Socket.fromFd(fd).close();
    for (const client of clients) client.close();
    assert.equal(queue.statistics().items, 100);
  },

  'an accept pauses when nobody takes the connections, and goes on when somebody does': (
    queue,
    _fds,
    suite,
  ) => {
    using listener = listening();
    const accepts = queue.acceptMultishot(listener);
    const clients: Socket[] = [];
    const connect = (count: number): void => {
      for (let index = 0; index < count; index++) {
        const client = Socket.open('ipv4', 'stream');
        client.connect(listener.localAddress);
        clients.push(client);
      }
    };
    // Accepts that complete one by one pause at the limit itself, not beyond it.
    const limit = suite.acceptsOneByOne === true ? 1_024 : 1_100;
    connect(1_100);
    while (accepts.pending < limit) queue.wait();
    queue.wait({ timeoutMs: 5 });
    connect(100);
    assert.deepEqual(queue.wait({ timeoutMs: 5 }), []);
    assert.equal(accepts.pending, limit);
    let taken = 0;
    while (taken < 1_200) {
      for (const { fd } of accepts) {
        queue.close(fd);
        taken++;
      }
      queue.wait();
    }
    accepts.cancel();
    while (queue.pending > 0) queue.wait();
    for (const client of clients) client.close();
  },

  'an accept of what does not listen fails': (queue, fds) => {
    const accepts = queue.acceptMultishot(fds.pair()[0]);
    queue.wait();
    assert.equal(accepts.done, true);
    assert.match(codeOf(accepts), /EINVAL|EOPNOTSUPP/);
  },

  'pieces arrive in provided buffers, each a lease until the next': (queue, fds) => {
    const [one, other] = fds.pair();
    using buffers = queue.provideBuffers({ count: 4, size: 16 });
    const stream = queue.recvMultishot(one, buffers);
    put(other, 'first');
    queue.wait();
    const first = stream.take();
    assert.equal(String(first), 'first');
    assert.equal(first?.length, 5);
    assert.equal(buffers.available, 3);
    const copy = first?.copy();
    put(other, 'second');
    queue.wait();
    assert.equal(String(stream.take()), 'second');
    assert.throws(() => first?.bytes, { code: 'ERR_POLYIO_CLOSED', message: /lease.*copy\(\)/ });
    assert.equal(Buffer.from(copy as Uint8Array).toString(), 'first');
    assert.throws(() => buffers[Symbol.dispose](), /1 receives still use the buffers/);
    fds.close(other);
    queue.wait();
    assert.deepEqual([...stream], []);
    assert.equal(stream.result(), 2, 'the number of pieces');
    assert.equal(buffers.available, 4);
    buffers[Symbol.dispose]();
    assert.equal(buffers.disposed, true);
    assert.throws(() => queue.recvMultishot(one, buffers), { code: 'ERR_POLYIO_CLOSED' });
  },

  'a cancelled receive keeps the pieces that came before': (queue, fds) => {
    const [one, other] = fds.pair();
    using buffers = queue.provideBuffers({ count: 2, size: 16 });
    const stream = queue.recvMultishot(one, buffers);
    put(other, 'won');
    queue.submit();
    stream.cancel();
    while (!stream.done) queue.wait();
    const received = Array.from(stream, String).join('') + (take(one) ?? '');
    assert.equal(received, 'won');
    assert.equal(codeOf(stream), 'ECANCELED');
    assert.equal(buffers.available, 2);
  },

  'receives that find no buffer wait for one': (queue, fds) => {
    const [one, other] = fds.pair();
    using buffers = queue.provideBuffers({ count: 1, size: 4 });
    const stream = queue.recvMultishot(one, buffers);
    put(other, 'abcdefghij');
    queue.wait();
    assert.deepEqual(queue.wait({ timeoutMs: 5 }), [], 'the only buffer is lent');
    const pieces: string[] = [];
    while (pieces.join('').length < 10) {
      for (const piece of stream) pieces.push(String(piece));
      if (pieces.join('').length < 10) queue.wait({ timeoutMs: 20_000 });
    }
    assert.deepEqual(pieces, ['abcd', 'efgh', 'ij']);
    assert.ok(queue.statistics().starved > 0);
    stream.cancel();
    while (!stream.done) queue.wait();
  },

  'idle receives hold no buffer, and one that ends gives its own to the next': (queue, fds) => {
    using buffers = queue.provideBuffers({ count: 1, size: 8 });
    const pairs = Array.from({ length: 4 }, () => fds.pair());
    const streams = pairs.map(([one]) => queue.recvMultishot(one, buffers));
    queue.submit();
    const [, , , last] = pairs as [unknown, unknown, unknown, [number, number]];
    put(last[1], 'here');
    queue.wait();
    assert.equal(String(streams[3]?.take()), 'here');
    for (const [, other] of pairs.slice(0, 3)) put(other, 'more');
    queue.wait({ timeoutMs: 5 });
    assert.equal(streams[3]?.take(), undefined, 'its lease is over');
    const texts = new Set<string>();
    while (texts.size < 3) {
      assert.notEqual(queue.wait({ timeoutMs: 20_000 }).length, 0, 'nothing moves any more');
      for (const [index, stream] of streams.entries()) {
        for (const piece of stream) texts.add(`${index} ${piece}`);
      }
    }
    assert.deepEqual(texts, new Set(['0 more', '1 more', '2 more']));
    for (const [, other] of pairs) fds.close(other);
    while (queue.pending > 0) queue.wait();
    assert.deepEqual(
      streams.map((stream) => stream.result()),
      [1, 1, 1, 1],
    );
    assert.equal(buffers.available, 1);
  },

  'a receive that waits for a buffer can be cancelled': (queue, fds) => {
    const [one, other] = fds.pair();
    using buffers = queue.provideBuffers({ count: 1, size: 4 });
    const holder = queue.recvMultishot(one, buffers);
    put(other, 'held');
    queue.wait();
    holder.take();
    const starved = queue.recvMultishot(other, buffers);
    put(one, 'more');
    queue.wait({ timeoutMs: 5 });
    starved.cancel();
    holder.cancel();
    while (queue.pending > 0) queue.wait();
    assert.deepEqual([codeOf(holder), codeOf(starved)], ['ECANCELED', 'ECANCELED']);
    assert.equal(take(other), 'more');
    assert.equal([...holder].length, 0);
  },

  '4 buffers serve 256 connections of 1 MiB each': (queue, fds) => {
    const count = full(256, 64);
    const size = full(2 ** 20, 2 ** 16);
    const content = Buffer.alloc(size, 'a piece of 17 b. ');
    const expected = createHash('sha256').update(content).digest('hex');
    using buffers = queue.provideBuffers({ count: 4, size: 16_384 });
    using outgoing = queue.allocate(size);
    outgoing.bytes.set(content);
    const streams = Array.from({ length: count }, () => {
      const [one, other] = fds.pair();
      queue.send(other, outgoing, { all: true });
      return { stream: queue.recvMultishot(one, buffers), hash: createHash('sha256'), bytes: 0 };
    });
    while (streams.some(({ bytes }) => bytes < size)) {
      assert.notEqual(queue.wait({ timeoutMs: 20_000 }).length, 0, 'nothing moves any more');
      for (const each of streams) {
        for (const piece of each.stream) {
          each.hash.update(piece.bytes);
          each.bytes += piece.length;
        }
      }
    }
    for (const { hash, bytes } of streams) {
      assert.equal(bytes, size);
      assert.equal(hash.digest('hex'), expected);
    }
    assert.equal(buffers.available, 4);
    for (const { stream } of streams) stream.cancel();
    while (queue.pending > 0) queue.wait();
  },
};
