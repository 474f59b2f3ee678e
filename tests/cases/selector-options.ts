// What a kernel that remembers its set can be asked for: edges, one shot, and what closing does.
import assert from 'node:assert/strict';
import { READABLE, WRITABLE } from '../../src/readiness.ts';
import type { Case } from './selector.ts';
import { fill, put, readyOf, take } from './selector-descriptors.ts';

export const remembering: Readonly<Record<string, Case>> = {
  'edge reports a change once, and modify looks again': (selector, fds) => {
    const [reader, writer] = fds.pair();
    selector.register(reader, READABLE, 0, { edge: true });
    put(writer, 'a');
    assert.equal(selector.wait(), 1);
    assert.equal(selector.wait(0), 0);
    put(writer, 'b');
    assert.equal(selector.wait(), 1);
    assert.equal(selector.wait(0), 0);
    selector.modify(reader, READABLE);
    assert.equal(selector.wait(0), 1);
    assert.equal(selector.wait(0), 0);
    selector.modify(reader, READABLE, 0, { edge: false });
    assert.deepEqual([selector.wait(0), selector.wait(0)], [1, 1]);
  },

  'edge on both directions reports both, and each again when it changes': (selector, fds) => {
    const [one, other] = fds.pair();
    put(other, 'x');
    selector.register(one, READABLE | WRITABLE, 0, { edge: true });
    assert.deepEqual(readyOf(selector), new Map([[one, READABLE | WRITABLE]]));
    assert.equal(selector.wait(0), 0);
    put(other, 'y');
    assert.equal((readyOf(selector).get(one) as number) & READABLE, READABLE);
    fill(one);
    while (take(other) !== null);
    assert.equal((readyOf(selector).get(one) as number) & WRITABLE, WRITABLE);
  },

  'oneShot reports once until modify arms it again': (selector, fds) => {
    const [reader, writer] = fds.pair();
    selector.register(reader, READABLE, 0, { oneShot: true });
    put(writer, 'a');
    assert.equal(selector.wait(), 1);
    put(writer, 'b');
    assert.equal(selector.wait(0), 0);
    selector.modify(reader, READABLE);
    assert.deepEqual([selector.wait(0), selector.wait(0)], [1, 0]);
    selector.modify(reader, WRITABLE);
    assert.deepEqual([selector.wait(0), selector.wait(0)], [1, 0]);
  },

  'oneShot is one shot for both directions together': (selector, fds) => {
    const [one, other] = fds.pair();
    fill(one);
    selector.register(one, READABLE | WRITABLE, 0, { oneShot: true });
    assert.equal(selector.wait(0), 0);
    put(other, 'x');
    assert.deepEqual(readyOf(selector), new Map([[one, READABLE]]));
    while (take(other) !== null);
    assert.equal(selector.wait(0), 0, 'the other direction is silent, too');
    selector.modify(one, READABLE | WRITABLE);
    assert.deepEqual(readyOf(selector), new Map([[one, READABLE | WRITABLE]]));
    assert.equal(selector.wait(0), 0);
    selector.unregister(one);
    selector.register(one, READABLE, 0);
    assert.deepEqual([selector.wait(0), selector.wait(0)], [1, 1]);
  },

  'modify from one shot to a level, and back': (selector, fds) => {
    const fd = fds.event(1);
    selector.register(fd, READABLE, 0, { oneShot: true });
    selector.modify(fd, READABLE, 0, { oneShot: false });
    assert.deepEqual([selector.wait(0), selector.wait(0)], [1, 1]);
    selector.modify(fd, READABLE, 0, { oneShot: true });
    assert.deepEqual([selector.wait(0), selector.wait(0)], [1, 0]);
  },

  'a silenced registration can be unregistered': (selector, fds) => {
    const fd = fds.event(1);
    selector.register(fd, READABLE | WRITABLE, 0, { oneShot: true });
    assert.equal(selector.wait(), 1);
    selector.unregister(fd);
    assert.equal(selector.size, 0);
    selector.register(fd, READABLE, 0);
    assert.equal(selector.wait(0), 1);
  },
};
