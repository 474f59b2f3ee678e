import assert from 'node:assert/strict';
import { HOST } from '../../src/platform/host.ts';
import { READABLE, SelectSelector, WRITABLE } from '../../src/readiness.ts';
import { POLL, SELECT } from '../../src/sys/abi.ts';
import { FdSets, GUARD_BYTES, SET_WORDS } from '../../src/sys/posix/fd-sets.ts';
import { SOCKETS_MAX } from '../../src/sys/windows/fd-sets.ts';
import { selectorCases } from '../cases/selector.ts';
import { Descriptors } from '../cases/selector-descriptors.ts';
import { test } from '../harness/test.ts';

const bits = HOST === 'win32' && 'the sets of Windows are arrays, whatever the numbers in them';
const arrays = HOST !== 'win32' && 'the sets of this system are bits';

selectorCases({
  model: 'select',
  open: () => new SelectSelector(),
  skip: {
    'it watches more than 1024 descriptors':
      HOST === 'win32' ? 'its sets hold 1,024 sockets' : 'select(2) ends at 1023',
  },
});

test(
  'select: fd 1023 works, fd 1024 is refused before the call',
  () => {
    using fds = new Descriptors();
    using selector = new SelectSelector();
    const loud = fds.event(1);
    const last = fds.duplicateAt(loud, SELECT.FD_SETSIZE - 1);
    const beyond = fds.duplicateAt(loud, SELECT.FD_SETSIZE);
    selector.register(last, READABLE | WRITABLE, 0);
    assert.throws(() => selector.register(beyond, READABLE, 0), {
      name: 'RangeError',
      message: /cannot watch fd 1024.*ends at 1023.*poll or epoll/,
    });
    assert.equal(selector.size, 1);
    const ready = [...selector.select()].map(({ key, ready }) => [key.fd, ready]);
    assert.deepEqual(ready, [[last, READABLE | WRITABLE]]);
  },
  { skip: bits },
);

test(
  'select: memory on both sides of the sets stays intact',
  () => {
    using fds = new Descriptors();
    const loud = fds.event(1);
    const sets = new FdSets();
    const canary = 0xa5;
    const size = SET_WORDS * 3 * Int32Array.BYTES_PER_ELEMENT;
    const guards = [0, GUARD_BYTES + size].map((at) =>
      sets.arena.bytes.subarray(at, at + GUARD_BYTES),
    );
    assert.equal(sets.found.byteOffset, GUARD_BYTES);
    for (const guard of guards) guard.fill(canary);
    const numbers = [loud, 31, 32, 63, 64, 991, 992, 1022, 1023].map((at) =>
      at === loud ? loud : fds.duplicate(loud, at),
    );
    for (const fd of numbers) sets.set(fd, POLL.POLLIN | POLL.POLLOUT);
    sets.reset();
    assert.equal(sets.select(-1), numbers.length * 2);
    assert.equal(sets.count, SELECT.FD_SETSIZE);
    for (const guard of guards) assert.ok(guard.every((byte) => byte === canary));
    for (const fd of numbers) sets.set(fd, 0);
    assert.equal(sets.count, 0);
    sets.arena.close();
  },
  { skip: bits },
);

test(
  'select: 1,024 sockets are watched on Windows, whatever their numbers, and no more',
  () => {
    using fds = new Descriptors();
    using selector = new SelectSelector();
    const [loud, quiet] = [fds.event(1), fds.event(0)];
    for (let at = 0; at < SOCKETS_MAX; at++) {
      selector.register(fds.duplicate(at % 2 === 0 ? loud : quiet), READABLE, 0);
    }
    const beyond = fds.duplicate(loud);
    assert.throws(() => selector.register(beyond, READABLE, 0), {
      name: 'RangeError',
      message: /more than 1024 sockets; use poll/,
    });
    assert.equal(selector.size, SOCKETS_MAX);
    assert.equal([...selector.select()].length, SOCKETS_MAX / 2);
  },
  { skip: arrays },
);
