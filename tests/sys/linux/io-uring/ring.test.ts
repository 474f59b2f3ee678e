import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { Socket } from '../../../../src/io.ts';
import { Arena } from '../../../../src/sys/arena.ts';
import { setTap } from '../../../../src/sys/ffi.ts';
import { BufferRing } from '../../../../src/sys/linux/io-uring/buffer-ring.ts';
import { RING_FEATURES, type RingFeature } from '../../../../src/sys/linux/io-uring/features.ts';
import { ioUringUnavailable } from '../../../../src/sys/linux/io-uring/probe.ts';
import { CQE, highWord, Ring, SQE, sqeHead } from '../../../../src/sys/linux/io-uring/ring.ts';
import { IORING, IORING_OP, IOSQE, SINCE_6_12 } from '../../../../src/sys/linux/io-uring-abi.ts';
import { ERRNO, SOCKET } from '../../../../src/sys/posix/abi.ts';
import { openSocketPair, send } from '../../../../src/sys/posix/socket.ts';
import { close } from '../../../../src/sys/posix/unistd.ts';
import { test } from '../../../harness/test.ts';

const refused = ioUringUnavailable();
const skip = refused === null ? false : `${refused.reason}; ${refused.remedy}`;

const NOP = sqeHead(IORING_OP.IORING_OP_NOP);
const MANY = 10_000;

/** One completion, as far as a test wants to know it. */
interface Completion {
  readonly low: number;
  readonly high: number;
  readonly result: number;
  readonly flags: number;
}

/** Enters until so many completions have come. */
function reap(ring: Ring, count: number): Completion[] {
  const found: Completion[] = [];
  while (found.length < count) {
    const available = ring.available();
    if (available === 0) ring.enter(1);
    for (let i = 0; i < available; i++) {
      const at = ring.completionAt(i);
      found.push({
        low: ring.cqes[at + CQE.userLow] as number,
        high: ring.cqes[at + CQE.userHigh] as number,
        result: ring.cqes[at + CQE.result] as number,
        flags: ring.cqes[at + CQE.flags] as number,
      });
    }
    ring.seen(available);
  }
  return found;
}

function pair(): [number, number] {
  const fds = new Int32Array(2);
  assert.equal(openSocketPair(SOCKET.AF_UNIX, SOCKET.SOCK_STREAM, fds), 0);
  return [fds[0] as number, fds[1] as number];
}

const small = { entries: 4, completions: 8 };

const waysToOpen: readonly (readonly RingFeature[])[] = [
  [],
  ...RING_FEATURES.map((feature) => [feature]),
  RING_FEATURES,
];

for (const without of waysToOpen) {
  const name = without.length === 0 ? 'everything' : `not ${without.join(', ')}`;
  test(
    `Ring with ${name}: ${MANY} operations through 4 + 8 places complete once each`,
    () => {
      using ring = new Ring({ ...small, without });
      assert.equal(ring.isDeferred && without.includes('defer-taskrun'), false);
      assert.equal(ring.isRegistered, !without.includes('registered-ring'));
      const seen = new Uint8Array(MANY);
      let done = 0;
      for (let i = 0; i < MANY; i++) ring.prepare(NOP, -1, i, ~i);
      for (const { low, high, result } of reap(ring, MANY)) {
        assert.equal(high, ~low);
        assert.equal(result, 0);
        seen[low] = (seen[low] as number) + 1;
        done++;
      }
      assert.equal(done, MANY);
      assert.ok(seen.every((count) => count === 1));
      assert.ok(ring.overflows > 0, 'the completions had room');
      assert.equal(ring.lost, 0);
      assert.equal(ring.prepared, 0);
    },
    { skip },
  );
}

test(
  'Ring: a wait ends when its time is up, and not before',
  (context) => {
    using ring = new Ring(small);
    const begun = performance.now();
    assert.equal(ring.enter(1, 50.5), -ERRNO.ETIME);
    const took = performance.now() - begun;
    context.diagnostic(`50.5 ms took ${took.toFixed(1)} ms`);
    assert.ok(took >= 50);
    assert.equal(ring.enter(1, 0), -ERRNO.ETIME);
    ring.prepare(NOP, -1, 1, 2);
    assert.equal(ring.enter(1, 60_000), 1);
    assert.equal(ring.available(), 1);
  },
  { skip },
);

test(
  'Ring: the tap sees its three calls',
  () => {
    const calls: string[] = [];
    setTap((call) => calls.push(call));
    try {
      using ring = new Ring(small);
      ring.prepare(NOP, -1, 1, 2);
      ring.enter(1);
    } finally {
      setTap(null);
    }
    for (const call of ['io_uring_setup', 'io_uring_register', 'io_uring_enter']) {
      assert.ok(calls.includes(call), `${call} in ${calls.join(' ')}`);
    }
  },
  { skip },
);

test(
  'Ring: it knows which operations the kernel has',
  () => {
    using ring = new Ring(small);
    assert.equal(ring.supports(IORING_OP.IORING_OP_NOP), true);
    assert.equal(ring.supports(IORING_OP.IORING_OP_SEND_ZC), true);
    assert.equal(ring.supports(255), false);
  },
  { skip },
);

test(
  'Ring: closing it lets go of what its operations held, at once and a hundred times',
  () => {
    const listener = Socket.open('ipv4', 'stream');
    listener.bind({ host: '127.0.0.1', port: 0 });
    listener.listen(8);
    const address = listener.localAddress;
    for (let i = 0; i < 100; i++) {
      const ring = new Ring(small);
      ring.prepare(
        sqeHead(IORING_OP.IORING_OP_ACCEPT, 0, IOSQE.IORING_ACCEPT_MULTISHOT),
        listener.fd,
        1,
        1,
      );
      ring.enter(0);
      ring.close();
      ring.close();
    }
    listener.close();
    // Somebody who still held the listening socket would hold its port.
    using next = Socket.open('ipv4', 'stream');
    next.bind(address);
    next.listen(8);
  },
  { skip },
);

test(
  'Ring: inspect tells what it is',
  () => {
    const ring = new Ring(small);
    assert.match(inspect(ring), /^Ring\{fd \d+, 4 \+ 8(, [a-z-]+)*\}$/);
    ring.close();
    assert.equal(inspect(ring), 'Ring{closed}');
    assert.equal(ring.fd, -1);
  },
  { skip },
);

/** Receives from a socket into a group's buffers, again and again. */
function armReceive(ring: Ring, fd: number, group: number): void {
  const flags = IOSQE.IOSQE_BUFFER_SELECT;
  const head = sqeHead(IORING_OP.IORING_OP_RECV, flags, IOSQE.IORING_RECV_MULTISHOT);
  const at = ring.prepare(head, fd, fd, 1);
  ring.sqes[at + SQE.bufferGroup] = group;
}

test(
  'BufferRing: whole buffers, each with one receive, until none is left',
  () => {
    using ring = new Ring(small);
    using memory = Arena.map(4_096);
    const buffers = new BufferRing(ring, { group: 7, entries: 2 });
    for (const id of [0, 1]) buffers.provide(id, memory.address + id * 1_024, 1_024);
    const [a, b] = pair();
    armReceive(ring, b, 7);
    ring.enter(0);
    send(a, Buffer.from('first'), 5, 0);
    const [first] = reap(ring, 1) as [Completion];
    assert.equal(first.result, 5);
    assert.equal(first.flags >>> IORING.IORING_CQE_BUFFER_SHIFT, 0);
    assert.equal(Buffer.from(memory.bytes.subarray(0, 5)).toString(), 'first');
    send(a, Buffer.from('second'), 6, 0);
    const [second] = reap(ring, 1) as [Completion];
    assert.equal(second.flags >>> IORING.IORING_CQE_BUFFER_SHIFT, 1);
    send(a, Buffer.from('third'), 5, 0);
    const [none] = reap(ring, 1) as [Completion];
    assert.equal(none.result, -ERRNO.ENOBUFS);
    assert.equal(none.flags & IORING.IORING_CQE_F_MORE, 0);
    buffers.provide(0, memory.address, 1_024);
    armReceive(ring, b, 7);
    const [third] = reap(ring, 1) as [Completion];
    assert.equal(third.result, 5);
    assert.equal(Buffer.from(memory.bytes.subarray(0, 5)).toString(), 'third');
    close(a);
    close(b);
    ring.close();
    buffers.close();
  },
  { skip },
);

function incrementalMissing(): string | false {
  if (skip !== false) return skip;
  using ring = new Ring(small);
  try {
    new BufferRing(ring, { group: 1, entries: 1, isIncremental: true }).close();
    return false;
  } catch {
    return 'this kernel has no incremental buffer rings (6.12)';
  }
}

test(
  'BufferRing: an incremental one fills a buffer with several receives',
  () => {
    using ring = new Ring(small);
    using memory = Arena.map(4_096);
    const buffers = new BufferRing(ring, { group: 1, entries: 1, isIncremental: true });
    buffers.provide(5, memory.address, 16);
    const [a, b] = pair();
    armReceive(ring, b, 1);
    ring.enter(0);
    let at = 0;
    for (const text of ['one', 'three', 'eleven..']) {
      send(a, Buffer.from(text), text.length, 0);
      const [{ result, flags }] = reap(ring, 1) as [Completion];
      assert.equal(result, text.length);
      assert.equal(flags >>> IORING.IORING_CQE_BUFFER_SHIFT, 5);
      assert.equal(Buffer.from(memory.bytes.subarray(at, at + result)).toString(), text);
      at += result;
      const isMore = (flags & SINCE_6_12.IORING_CQE_F_BUF_MORE) !== 0;
      assert.equal(isMore, at < 16);
    }
    close(a);
    close(b);
    ring.close();
    buffers.close();
  },
  { skip: incrementalMissing() },
);

test(
  'Ring: a table of descriptors, by which a number may be closed and still served',
  () => {
    using ring = new Ring(small);
    assert.equal(ring.registerFiles(16), true);
    using memory = Arena.map(4_096);
    const [a, b] = pair();
    new Int32Array(memory.buffer)[0] = a;
    const update = ring.prepare(sqeHead(IORING_OP.IORING_OP_FILES_UPDATE), -1, 1, 0);
    ring.sqes[update + SQE.address] = memory.address | 0;
    ring.sqes[update + SQE.address + 1] = highWord(memory.address);
    ring.sqes[update + SQE.length] = 1;
    ring.sqes[update + SQE.offset] = 9;
    assert.equal((reap(ring, 1)[0] as Completion).result, 1);
    close(a);
    memory.bytes.set(Buffer.from('hello'), 64);
    const at = ring.prepare(sqeHead(IORING_OP.IORING_OP_SEND, IOSQE.IOSQE_FIXED_FILE), 9, 2, 0);
    ring.sqes[at + SQE.address] = (memory.address + 64) | 0;
    ring.sqes[at + SQE.address + 1] = highWord(memory.address);
    ring.sqes[at + SQE.length] = 5;
    assert.equal((reap(ring, 1)[0] as Completion).result, 5);
    close(b);
  },
  { skip },
);

test(
  'Ring: an unknown kind of refusal is told with the error that came',
  () => {
    assert.throws(() => new Ring({ entries: 3_000_000, completions: 4 }), {
      name: 'UnsupportedError',
      model: 'io-uring',
    });
  },
  { skip },
);
