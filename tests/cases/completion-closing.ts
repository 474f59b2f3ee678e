// Closing descriptors with operations under way, and closing the queue.
import assert from 'node:assert/strict';
import { Socket } from '../../src/index.ts';
import { isOpen } from '../../src/sys/descriptor.ts';
import { openDescriptors } from '../harness/test.ts';
import { type Case, codeOf, finish, full } from './completion.ts';
import { connectedPair } from './selector-descriptors.ts';

export const closing: Readonly<Record<string, Case>> = {
  'closing a descriptor ends what is under way there, then closes': (queue) => {
    const rounds = full(10_000, 1_000);
    for (let round = 0; round < rounds; round += 50) {
      const pairs = Array.from({ length: 50 }, () => connectedPair());
      const receipts = pairs.map(([one]) => queue.recv(one, Buffer.alloc(8)));
      if (round % 100 === 0) queue.submit();
      const numbers = pairs.map(([one]) => one.fd);
      const closes = pairs.map(([one]) => queue.close(one));
      assert.ok(
        pairs.every(([one]) => one.closed),
        'their owners have let go',
      );
      const settled = new Set<unknown>();
      while (settled.size < 100) for (const each of queue.wait()) settled.add(each);
      assert.ok(receipts.every((receipt) => codeOf(receipt) === 'ECANCELED'));
      for (const receipt of closes) receipt.result();
      assert.ok(numbers.every((fd) => !isOpen(fd)));
      for (const [, other] of pairs) other.close();
    }
    assert.equal(queue.statistics().inFlight, 0);
    assert.equal(queue.pending, 0);
  },

  'a descriptor that is being closed takes nothing new': (queue) => {
    const [one, other] = connectedPair();
    const number = one.fd;
    const receipt = queue.recv(one, Buffer.alloc(8));
    queue.submit();
    const closed = queue.close(one);
    const message = `fd ${number} is being closed by this queue`;
    assert.throws(() => queue.recv(number, Buffer.alloc(1)), {
      code: 'ERR_POLYIO_CLOSED',
      message,
    });
    assert.throws(() => queue.close(number), { code: 'ERR_POLYIO_CLOSED' });
    finish(queue, closed);
    assert.equal(codeOf(receipt), 'ECANCELED');
    other.close();
  },

  'closing reaches what its link has not started yet': (queue, fds) => {
    const [one] = fds.pair();
    const [mine, theirs] = connectedPair();
    queue.timeout(5, { link: true });
    const receipt = queue.recv(mine, Buffer.alloc(1));
    queue.submit();
    finish(queue, queue.close(mine));
    assert.equal(codeOf(receipt), 'ECANCELED');
    assert.ok(isOpen(one));
    theirs.close();
  },

  'a number that is not open is EBADF': (queue) => {
    const receipt = queue.close(1_000_000);
    queue.wait();
    assert.throws(() => receipt.result(), { code: 'EBADF', syscall: 'close' });
  },

  'closing the queue settles everything and keeps nothing': (_, fds, suite) => {
    const queue = suite.open({ entries: 16 });
    const before = openDescriptors().size;
    const [one, other] = fds.pair();
    using listener = Socket.open('ipv4', 'stream');
    listener.bind({ host: '127.0.0.1', port: 0 });
    listener.listen();
    const received = Array.from({ length: 40 }, () => queue.recv(one, queue.allocate(100)));
    const accepted = queue.acceptMultishot(listener);
    const linked = [queue.timeout(60_000, { link: true }), queue.timeout(60_000)];
    queue.submit();
    using client = Socket.open('ipv4', 'stream');
    client.connect(listener.localAddress);
    const [mine, theirs] = connectedPair();
    const pending = queue.recv(mine, Buffer.alloc(1));
    const closed = queue.close(mine);
    queue.close();
    assert.ok([...received, ...linked, pending].every((each) => codeOf(each) === 'ECANCELED'));
    closed.result();
    assert.equal(accepted.done, true);
    assert.equal(accepted.take(), undefined, 'a connection that nobody took is closed');
    theirs.close();
    assert.equal(queue.fd, -1);
    assert.equal(queue.statistics().inFlight, 0);
    assert.equal(queue.statistics().memoryMapped, 0);
    assert.ok(openDescriptors().size <= before + 5, 'no descriptor is left');
    assert.ok(isOpen(other));
  },

  'a closed queue says so': (_, fds, suite) => {
    const queue = suite.open();
    const buffer = queue.allocate(8);
    const [one] = fds.pair();
    queue.close();
    queue.close();
    const calls: readonly (() => unknown)[] = [
      () => queue.recv(one, buffer),
      () => queue.allocate(8),
      () => queue.provideBuffers({ count: 1, size: 1 }),
      () => queue.close(one),
      () => queue.cancel(one),
      () => queue.timeout(1),
      () => queue.submit(),
      () => queue.wait(),
    ];
    for (const call of calls) assert.throws(call, { code: 'ERR_POLYIO_CLOSED' }, call.toString());
    buffer[Symbol.dispose]();
  },
};
