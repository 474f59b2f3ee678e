// Who is registered: the cases that need no event to arrive, or one at most.
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { SystemError } from '../../src/errors.ts';
import { READABLE, type Selector, WRITABLE } from '../../src/readiness.ts';
import type { Case } from './selector.ts';
import { Owner, readyOf, take } from './selector-descriptors.ts';

export const registration: Readonly<Record<string, Case>> = {
  'register returns the key': (selector, fds) => {
    const [reader] = fds.pair();
    const key = selector.register(reader, READABLE, 'data');
    assert.deepEqual({ ...key }, { handle: reader, fd: reader, interest: READABLE, data: 'data' });
  },

  'register takes an object with fd': (selector, fds) => {
    const owner = new Owner(fds, fds.event(1));
    const key = selector.register(owner, READABLE, 1);
    assert.equal(key.handle, owner);
    assert.equal(selector.getKey(owner.fd), key);
    assert.deepEqual([...selector.select(0)], [{ key, ready: READABLE }]);
  },

  'register refuses what is no interest': (selector, fds) => {
    const fd = fds.event(0);
    for (const interest of [0, 8, 16, -1, 1.5, Number.NaN, 999_999]) {
      assert.throws(() => selector.register(fd, interest, 0), RangeError, String(interest));
    }
    assert.throws(() => selector.register(fd, 'r' as unknown as number, 0), TypeError);
    assert.equal(selector.size, 0);
  },

  'register refuses what is no handle': (selector) => {
    for (const fd of [-10, -1, 1.5, Number.NaN, 2 ** 31]) {
      assert.throws(() => selector.register(fd, READABLE, 0), RangeError, String(fd));
    }
    for (const handle of [undefined, null, '0', {}, { fd: '0' }]) {
      assert.throws(() => selector.register(handle as number, READABLE, 0), TypeError);
    }
    assert.equal(selector.size, 0);
  },

  'register of a closed descriptor is EBADF and leaves nothing behind': (selector, fds) => {
    const fd = fds.event(0);
    fds.close(fd);
    assert.throws(
      () => selector.register(fd, READABLE, 0),
      (error) => error instanceof SystemError && error.code === 'EBADF',
    );
    assert.equal(selector.size, 0);
    assert.equal(fds.event(0), fd);
    selector.register(fd, READABLE, 0);
  },

  'a second register names the number and modify()': (selector, fds) => {
    const owner = new Owner(fds, fds.event(0));
    selector.register(owner, READABLE, 0);
    const expected = {
      name: 'TypeError',
      message: new RegExp(`fd ${owner.fd} .*already.*modify\\(\\)`),
    };
    assert.throws(() => selector.register(owner, READABLE, 0), expected);
    assert.throws(() => selector.register(owner.fd, WRITABLE, 0), expected);
    assert.throws(() => selector.register({ fd: owner.fd }, WRITABLE, 0), expected);
    assert.equal(selector.size, 1);
  },

  'unregister returns the key and ends the events': (selector, fds) => {
    const fd = fds.event(1);
    const key = selector.register(fd, READABLE, 0);
    assert.equal(selector.wait(0), 1);
    assert.equal(selector.unregister(fd), key);
    assert.equal(selector.wait(0), 0);
    assert.equal(selector.size, 0);
  },

  'unregister, modify and getKey name a handle that is not registered': (selector, fds) => {
    const fd = fds.event(0);
    selector.register(fd, READABLE, 0);
    selector.unregister(fd);
    for (const handle of [fd, 999_999, { fd }, { fd: -1 }]) {
      const expected = { name: 'TypeError', message: /not registered/ };
      assert.throws(() => selector.unregister(handle), expected);
      assert.throws(() => selector.modify(handle, READABLE), expected);
      assert.throws(() => selector.getKey(handle), expected);
    }
    assert.throws(() => selector.getKey(fd), new RegExp(`fd ${fd} is not registered`));
  },

  'unregister by number after the close': (selector, fds) => {
    const [reader, writer] = fds.pair();
    selector.register(reader, READABLE, 0);
    selector.register(writer, WRITABLE, 0);
    fds.close(reader, writer);
    selector.unregister(reader);
    selector.unregister(writer);
    assert.equal(selector.size, 0);
  },

  'unregister by number after the close and the reuse': (selector, fds) => {
    const [reader, writer] = fds.pair();
    const [other, another] = fds.pair();
    selector.register(reader, READABLE, 0);
    selector.register(writer, WRITABLE, 0);
    fds.close(reader, writer);
    fds.duplicateAt(other, reader);
    fds.duplicateAt(another, writer);
    selector.unregister(reader);
    selector.unregister(writer);
    assert.equal(selector.wait(0), 0);
  },

  'unregister by object after the close and the reuse': (selector, fds) => {
    const owner = new Owner(fds, fds.event(0));
    const quiet = fds.event(0);
    const fd = owner.fd;
    const key = selector.register(owner, READABLE, 0);
    owner.close();
    const successor = new Owner(fds, fds.duplicateAt(quiet, fd));
    assert.throws(() => selector.unregister(successor), TypeError);
    assert.equal(selector.unregister(owner), key);
    assert.equal(selector.size, 0);
    selector.register(successor, READABLE, 0);
  },

  'modify changes the interest': (selector, fds) => {
    const [fd] = fds.pair();
    const key = selector.register(fd, READABLE, 'kept');
    assert.equal(selector.wait(0), 0);
    assert.equal(selector.modify(fd, WRITABLE), key);
    assert.deepEqual({ ...key }, { handle: fd, fd, interest: WRITABLE, data: 'kept' });
    assert.deepEqual(readyOf(selector, 0), new Map([[fd, WRITABLE]]));
    selector.modify(fd, READABLE);
    assert.equal(selector.wait(0), 0);
  },

  'modify changes the data': (selector, fds) => {
    const owner = new Owner(fds, fds.event(1));
    selector.register(owner, READABLE, 'before');
    selector.modify(owner, READABLE, 'after');
    assert.equal(selector.getKey(owner).data, 'after');
    assert.deepEqual(
      [...selector.select(0)].map(({ key }) => key.data),
      ['after'],
    );
  },

  'modify refuses what is no interest and changes nothing': (selector, fds) => {
    const fd = fds.event(1);
    selector.register(fd, READABLE, 0);
    assert.throws(() => selector.modify(fd, 0), RangeError);
    assert.equal(selector.getKey(fd).interest, READABLE);
    assert.equal(selector.wait(0), 1);
  },

  'keys, size and getKey know every registration': (selector, fds) => {
    assert.deepEqual([...selector.keys()], []);
    const keys = [fds.event(0), fds.event(0)].map((fd) => selector.register(fd, READABLE, fd));
    assert.deepEqual([...selector.keys()], keys);
    assert.equal(selector.size, 2);
    for (const key of keys) assert.equal(selector.getKey(key.fd), key);
  },

  'close makes every method say so and leaves descriptors open': (selector, fds) => {
    const fd = fds.event(1);
    selector.register(fd, READABLE, 0);
    selector.wait(0);
    selector.close();
    selector.close();
    const expected = { name: 'PolyioError', code: 'ERR_POLYIO_CLOSED' };
    assert.throws(() => selector.register(fd, READABLE, 0), expected);
    assert.throws(() => selector.modify(fd, READABLE), expected);
    assert.throws(() => selector.unregister(fd), expected);
    assert.throws(() => selector.getKey(fd), expected);
    assert.throws(() => selector.select(0), expected);
    assert.throws(() => selector.wait(0), expected);
    assert.equal(selector.readyFd(0), -1);
    assert.equal(selector.size, 0);
    assert.notEqual(take(fd), null);
  },

  'using closes it': (_selector, fds, suite) => {
    const fd = fds.event(0);
    let left: Selector<unknown>;
    {
      using scoped = suite.open();
      scoped.register(fd, READABLE, 0);
      left = scoped;
    }
    assert.throws(() => left.getKey(fd), { code: 'ERR_POLYIO_CLOSED' });
  },

  'it prints its model, its size and its end': (selector, fds, { model }) => {
    const name = selector.constructor.name;
    selector.register(fds.event(0), READABLE, 0);
    assert.match(
      inspect(selector),
      new RegExp(`^${name}\\{${model}, 1 registered(, fd \\d+|, 1 emulated with poll)?\\}$`),
    );
    selector.close();
    assert.equal(inspect(selector), `${name}{${model}, closed}`);
  },
};
