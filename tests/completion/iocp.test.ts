import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';
import { ATTACH, IocpQueue, type Operation, openCompletionQueue } from '../../src/completion.ts';
import { SystemError } from '../../src/errors.ts';
import { attach } from '../../src/node.ts';
import { close } from '../../src/sys/descriptor.ts';
import { currentThread } from '../../src/sys/threads.ts';
import { codeOf, completionCases, finish, full } from '../cases/completion.ts';
import { connectedPair, Descriptors, put } from '../cases/selector-descriptors.ts';
import { test } from '../harness/test.ts';

const unavailable = IocpQueue.unavailable();
const noPort = unavailable === null ? false : `${unavailable.reason}; ${unavailable.remedy}`;

if (unavailable !== null) {
  test('iocp: where there is no port, asking for it by name says why and what to do', () => {
    const { reason, remedy } = unavailable;
    const expected = { code: 'ERR_POLYIO_UNSUPPORTED', model: 'iocp', reason, remedy };
    assert.throws(() => openCompletionQueue('iocp'), expected);
  });
} else {
  completionCases({
    name: 'iocp',
    acceptsOneByOne: true,
    open: (options) => new IocpQueue(options),
  });
}

/** A test with a queue and descriptors of its own. */
function queueTest(title: string, body: (queue: IocpQueue, fds: Descriptors) => void): void {
  const run = () => {
    using fds = new Descriptors();
    using queue = openCompletionQueue('iocp');
    body(queue, fds);
  };
  test(`iocp: ${title}`, run, { skip: noPort, limitMs: 60_000 });
}

/** Waits for operations, and checks that each comes once. */
function settleOnce(queue: IocpQueue, receipts: readonly Operation<unknown>[]): void {
  const left = new Set(receipts);
  while (left.size > 0) {
    const completed = queue.wait({ timeoutMs: 20_000 });
    assert.notEqual(completed.length, 0, `${left.size} have not come back`);
    for (const receipt of completed) assert.ok(left.delete(receipt), 'it came twice');
  }
  assert.deepEqual(queue.wait({ min: 0 }), []);
  assert.equal(queue.statistics().inFlight, 0);
}

queueTest('it is the default of its system, and prints what it holds', (queue, fds) => {
  using chosen = openCompletionQueue();
  assert.equal(chosen.model, 'iocp');
  assert.deepEqual(chosen.rejected, []);
  queue.recv(fds.pair()[0], Buffer.alloc(1));
  queue.submit();
  queue.timeout(1_000);
  assert.equal(inspect(queue), 'IocpQueue{iocp, 1 in flight, 1 queued}');
  queue.close();
  assert.equal(inspect(queue), 'IocpQueue{closed}');
});

queueTest("what a peer's reset breaks off fails once, with ECONNRESET", (queue, fds) => {
  const [one, other] = fds.tcpPair();
  const received = queue.recv(one, Buffer.alloc(4));
  queue.submit();
  put(one, 'nobody reads this');
  // Closing a socket with bytes that were not read sends a reset.
  finish(queue, queue.poll(other, 1));
  fds.close(other);
  settleOnce(queue, [received]);
  assert.equal(codeOf(received), 'ECONNRESET');
  assert.throws(() => received.result(), SystemError);
});

queueTest('a handle closed behind its back ends what is under way there, once', (queue) => {
  const [mine, theirs] = connectedPair();
  const receipts = [queue.recv(mine, Buffer.alloc(4)), queue.recv(mine, Buffer.alloc(4))];
  queue.submit();
  close(mine.detach());
  settleOnce(queue, receipts);
  for (const receipt of receipts) {
    assert.match(codeOf(receipt), /^(ECANCELED|ECONNABORTED|ECONNRESET|EBADF)$/);
  }
  theirs.close();
});

test(
  'iocp: a port that another thread closes ends what is under way, each once',
  async () => {
    using fds = new Descriptors();
    using queue = openCompletionQueue('iocp') as IocpQueue;
    const pairs = Array.from({ length: 16 }, () => fds.pair());
    const receipts = pairs.map(([one]) => queue.recv(one, Buffer.alloc(8)));
    queue.submit();
    const closer = new URL('../fixtures/port-closer.js', import.meta.url);
    const worker = new Worker(closer, { workerData: currentThread() });
    const ended = once(worker, 'exit');
    await once(worker, 'message');
    settleOnce(queue, receipts);
    for (const receipt of receipts) assert.equal(codeOf(receipt), 'ECANCELED');
    const late = queue.recv(pairs[0]?.[0] as number, Buffer.alloc(8));
    settleOnce(queue, [late]);
    assert.match(codeOf(late), /^(EBADF|EINVAL|ECANCELED)$/);
    await ended;
  },
  { skip: noPort, limitMs: 60_000 },
);

queueTest('a handle belongs to the first queue that it was used with', (queue, fds) => {
  const [one, other] = fds.pair();
  put(other, 'x');
  assert.equal(finish(queue, queue.recv(one, Buffer.alloc(4))), 1);
  using second = openCompletionQueue('iocp');
  const refused = second.recv(one, Buffer.alloc(4));
  settleOnce(second, [refused]);
  assert.equal(codeOf(refused), 'EINVAL');
  put(other, 'y');
  assert.equal(finish(queue, queue.recv(one, Buffer.alloc(4))), 1);
});

queueTest('4,096 receives under way settle once each, whatever ends them', (queue, fds) => {
  const pairs = Array.from({ length: 64 }, () => fds.pair());
  const receipts = pairs.flatMap(([one]) =>
    Array.from({ length: 64 }, () => queue.recv(one, Buffer.alloc(8))),
  );
  assert.equal(receipts.length, 4_096);
  queue.submit();
  assert.equal(queue.statistics().inFlight, 4_096);
  for (const [index, [, other]] of pairs.entries()) {
    if (index % 4 === 0) put(other, 'bytes');
    if (index % 4 <= 1) fds.close(other);
  }
  for (const [index, receipt] of receipts.entries()) {
    if (Math.floor(index / 64) % 4 >= 2) receipt.cancel();
  }
  settleOnce(queue, receipts);
  const outcomes = new Map<string, number>();
  for (const receipt of receipts) {
    const code = codeOf(receipt);
    outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
  }
  assert.deepEqual(Object.fromEntries(outcomes), { success: 2_048, ECANCELED: 2_048 });
});

queueTest('a named pipe carries bytes both ways, and ends when its client leaves', (queue) => {
  const path = `\\\\.\\pipe\\polyio-test-${process.pid}`;
  const waiting = queue.acceptPipe(path);
  queue.submit();
  assert.deepEqual(queue.wait({ timeoutMs: 5 }), []);
  const client = finish(queue, queue.openFile(path, { flags: 'r+' }));
  const server = finish(queue, waiting);
  using buffer = queue.allocate(16);
  for (const [from, to] of [
    [client, server],
    [server, client],
  ] as const) {
    const read = queue.read(to, buffer);
    assert.equal(finish(queue, queue.write(from, Buffer.from('through'))), 7);
    assert.equal(finish(queue, read), 7);
    assert.equal(Buffer.from(buffer.bytes).toString('latin1', 0, 7), 'through');
  }
  const cancelled = queue.read(server, buffer);
  queue.submit();
  cancelled.cancel();
  settleOnce(queue, [cancelled]);
  assert.equal(codeOf(cancelled), 'ECANCELED');
  const end = queue.read(server, buffer);
  queue.submit();
  finish(queue, queue.close(client));
  assert.equal(finish(queue, end), 0);
  finish(queue, queue.close(server));
});

queueTest('a named pipe that nobody opens can be given up, and its name is checked', (queue) => {
  const waiting = queue.acceptPipe(`\\\\.\\pipe\\polyio-test-${process.pid}`);
  queue.submit();
  waiting.cancel();
  settleOnce(queue, [waiting]);
  assert.equal(codeOf(waiting), 'ECANCELED');
  assert.throws(() => queue.acceptPipe('C:\\pipe'), TypeError);
});

queueTest('appending writes to the end, whatever the position', (queue) => {
  const folder = mkdtempSync(join(tmpdir(), 'polyio-append-'));
  const path = join(folder, 'file');
  for (const text of ['one ', 'two']) {
    const fd = finish(queue, queue.openFile(path, { flags: 'a' }));
    assert.equal(finish(queue, queue.write(fd, Buffer.from(text))), text.length);
    finish(queue, queue.close(fd));
  }
  assert.equal(readFileSync(path, 'utf8'), 'one two');
  const exclusive = queue.openFile(path, { flags: 'wx' });
  settleOnce(queue, [exclusive]);
  assert.equal(codeOf(exclusive), 'EEXIST');
  rmSync(folder, { recursive: true });
});

queueTest('Node cannot watch a port, and the queue says so', (queue) => {
  for (const misuse of [() => queue[ATTACH]({ schedule: () => {} }), () => attach(queue)]) {
    assert.throws(misuse, { code: 'ERR_POLYIO_UNSUPPORTED', message: /worker thread/ });
  }
  assert.equal(queue.attached, false);
  queue[ATTACH](null);
});

/** Runs the program that drops buffers; its output goes to a file, which every system can write. */
function collectedBuffers(count: number, variant: string): { status: number | null; text: string } {
  const folder = mkdtempSync(join(tmpdir(), 'polyio-collected-'));
  const file = openSync(join(folder, 'output'), 'w');
  const program = fileURLToPath(new URL('../fixtures/collected-buffers.js', import.meta.url));
  const args = ['--expose-gc', program, String(count), variant];
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', file, file] });
  closeSync(file);
  const text = readFileSync(join(folder, 'output'), 'utf8');
  rmSync(folder, { recursive: true });
  return { status, text };
}

test(
  'iocp: buffers dropped in flight stay whole while the collector runs',
  (context) => {
    const { status, text } = collectedBuffers(full(50_000, 5_000), 'right');
    assert.equal(status, 0, text);
    const { damaged, memoryUsed, lost, cancelled, collections } = JSON.parse(text);
    assert.deepEqual([damaged, memoryUsed, lost], [0, 0, 0]);
    assert.ok(cancelled > 0 && collections > 0);
    context.diagnostic(text.trim());
  },
  { skip: noPort, limitMs: 120_000 },
);

test(
  'iocp: the same finds it out when buffers are given back too early',
  (context) => {
    const { status, text } = collectedBuffers(2_000, 'broken');
    const damaged = status === 0 ? (JSON.parse(text) as { damaged: number }).damaged : -1;
    assert.notEqual(damaged, 0, 'the wrong program passed');
    context.diagnostic(text.trim());
  },
  { skip: noPort, limitMs: 60_000 },
);
