// Cancelling asks; the operation's own completion answers.
import assert from 'node:assert/strict';
import { type Case, codeOf, finish, full } from './completion.ts';
import { random } from './random.ts';
import { put, take } from './selector-descriptors.ts';

export const cancelling: Readonly<Record<string, Case>> = {
  'a cancelled operation ends with ECANCELED, by its own completion': (queue, fds) => {
    const [one, other] = fds.pair();
    const receipt = queue.recv(one, Buffer.alloc(4));
    queue.submit();
    receipt.cancel();
    receipt.cancel();
    assert.equal(receipt.done, false, 'cancelling settles nothing');
    assert.deepEqual(queue.wait(), [receipt]);
    assert.throws(() => receipt.result(), { code: 'ECANCELED', message: /it was cancelled/ });
    receipt.cancel();
    put(other, 'kept');
    assert.equal(take(one), 'kept');
    assert.deepEqual(queue.wait({ min: 0 }), []);
  },

  'an operation that is not submitted yet can be cancelled': (queue, fds) => {
    const [one, other] = fds.pair();
    const receipt = queue.send(one, Buffer.from('never'));
    receipt.cancel();
    const sent = queue.send(one, Buffer.from('sent'));
    assert.equal(queue.wait({ min: 2 }).length, 2);
    assert.equal(codeOf(receipt), 'ECANCELED');
    assert.equal(sent.result(), 4);
    assert.equal(take(other), 'sent');
  },

  'a result that was faster is delivered': (queue, fds) => {
    const [one, other] = fds.pair();
    const room = Buffer.alloc(4);
    put(other, 'won');
    const receipt = queue.recv(one, room);
    queue.submit();
    receipt.cancel();
    assert.equal(finish(queue, receipt), 3);
    assert.equal(room.toString('latin1', 0, 3), 'won');
  },

  'cancel as an operation says how many it found': (queue, fds) => {
    const [one, other] = fds.pair();
    const receipts = [1, 2, 3].map(() => queue.recv(one, Buffer.alloc(1)));
    const elsewhere = queue.recv(other, Buffer.alloc(1));
    queue.submit();
    const all = queue.cancel(one);
    assert.equal(finish(queue, all), 3);
    while (receipts.some(({ done }) => !done)) queue.wait();
    assert.deepEqual(receipts.map(codeOf), Array(3).fill('ECANCELED'));
    assert.equal(finish(queue, queue.cancel(one)), 0);
    assert.equal(finish(queue, queue.cancel(elsewhere)), 1);
    assert.equal(finish(queue, queue.cancel(all)), 0);
    while (!elsewhere.done) queue.wait();
  },

  'the rest of a chain that is not submitted goes with what is cancelled': (queue, fds) => {
    const [one, other] = fds.pair();
    const first = queue.send(one, Buffer.from('first'), { link: true });
    const second = queue.send(one, Buffer.from('second'), { link: true });
    const third = queue.send(one, Buffer.from('third'));
    second.cancel();
    assert.equal(queue.wait({ min: 3 }).length, 3);
    assert.equal(first.result(), 5);
    assert.deepEqual([codeOf(second), codeOf(third)], ['ECANCELED', 'ECANCELED']);
    assert.equal(take(other), 'first');
  },

  'one that its link has not started yet is cancelled when it starts': (queue, fds) => {
    const [one] = fds.pair();
    queue.timeout(5, { link: true });
    const receipt = queue.recv(one, Buffer.alloc(1));
    queue.submit();
    receipt.cancel();
    queue.wait({ min: 2 });
    assert.equal(codeOf(receipt), 'ECANCELED');
  },

  'cancellations get through when the queue is full': (_, fds, suite) => {
    using queue = suite.open({ entries: 16 });
    const [one] = fds.pair();
    const receipts = Array.from({ length: 100 }, () => queue.recv(one, Buffer.alloc(1)));
    queue.submit();
    for (const receipt of receipts) receipt.cancel();
    let count = 0;
    while (queue.pending > 0) count += queue.wait().length;
    assert.equal(count, 100);
    assert.ok(receipts.every((receipt) => codeOf(receipt) === 'ECANCELED'));
  },

  'in 10,000 races every operation settles once and no byte is lost': (queue, fds) => {
    const rounds = full(10_000, 1_500);
    const seed = 20_250_729;
    const chance = random(seed);
    const pairs = Array.from({ length: 8 }, () => fds.pair());
    using buffer = queue.allocate(64);
    const outcomes = { bytes: 0, cancelled: 0, sent: 0 };
    for (let round = 0; round < rounds; round++) {
      const [one, other] = pairs[round % pairs.length] as [number, number];
      const bytes = 'x'.repeat(1 + (round % 3));
      const isFirst = chance() < 0.5;
      if (isFirst) put(other, bytes);
      const receipt = queue.recv(one, chance() < 0.5 ? buffer : Buffer.alloc(64));
      if (chance() < 0.7) queue.submit();
      const acts = [() => receipt.cancel(), () => isFirst || put(other, bytes)];
      if (chance() < 0.5) acts.reverse();
      for (const act of acts) {
        act();
        if (chance() < 0.3) queue.submit();
      }
      outcomes.sent += bytes.length;
      let settled = 0;
      while (!receipt.done) settled += queue.wait().filter((each) => each === receipt).length;
      settled += queue.wait({ min: 0 }).filter((each) => each === receipt).length;
      assert.equal(settled, 1, `seed ${seed}, round ${round}`);
      if (codeOf(receipt) === 'success') outcomes.bytes += receipt.result();
      else outcomes.cancelled++;
      outcomes.bytes += take(one)?.length ?? 0;
    }
    assert.equal(outcomes.bytes, outcomes.sent, `seed ${seed}`);
    assert.ok(outcomes.cancelled > rounds / 10, 'cancellations win at times');
    assert.ok(outcomes.cancelled < rounds * 0.9, 'and lose at times');
    assert.equal(queue.pending, 0);
  },
};
