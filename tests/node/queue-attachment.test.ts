import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { IoUringQueue } from '../../src/completion/io-uring.ts';
import { type CompletionQueue, type Operation, openCompletionQueue } from '../../src/completion.ts';
import { Socket } from '../../src/index.ts';
import { attach } from '../../src/node.ts';
import { Descriptors, put, take } from '../cases/selector-descriptors.ts';
import { runSource } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const unavailable = IoUringQueue.unavailable();
const skip = unavailable === null ? false : unavailable.reason;
const rooms = {
  index: new URL('../../src/index.js', import.meta.url).href,
  node: new URL('../../src/node.js', import.meta.url).href,
};

function queueTest(
  title: string,
  body: (queue: CompletionQueue, fds: Descriptors) => Promise<void>,
): void {
  const run = async (): Promise<void> => {
    using fds = new Descriptors();
    using queue = openCompletionQueue();
    await body(queue, fds);
  };
  test(`attach(queue): ${title}`, run, { skip });
  const older = async (): Promise<void> => {
    using fds = new Descriptors();
    using queue = new IoUringQueue({}, { without: ['defer-taskrun'] });
    await body(queue, fds);
  };
  test(`attach(queue) without defer-taskrun: ${title}`, older, { skip });
}

queueTest('receipts become promises', async (queue, fds) => {
  const [one, other] = fds.pair();
  const early = queue.recv(one, Buffer.alloc(4));
  using attachment = attach(queue);
  assert.equal(queue.attached, true);
  assert.equal(inspect(attachment), 'QueueAttachment{the io-uring queue}');
  const room = Buffer.alloc(4);
  setTimeout(() => put(other, 'a'), 5);
  assert.equal(await early.promise(), 1);
  for (let round = 0; round < 100; round++) {
    const receipt = queue.recv(one, room);
    const sent = queue.send(other, Buffer.from([round]));
    assert.equal(await receipt.promise(), 1);
    assert.equal(room[0], round);
    assert.equal(await sent.promise(), 1);
    assert.equal(await sent.promise(), 1, 'asked again');
  }
  assert.equal(queue.pending, 0);
});

queueTest('what fails rejects', async (queue, fds) => {
  using _ = attach(queue);
  const missing = queue.openFile('/nowhere/at/all');
  await assert.rejects(missing.promise(), { code: 'ENOENT', path: '/nowhere/at/all' });
  await assert.rejects(missing.promise(), { code: 'ENOENT' });
  await assert.rejects(queue.recv(fds.event(0), Buffer.alloc(1)).promise(), { code: 'ENOTSOCK' });
});

queueTest('files are read beside timers', async (queue) => {
  using _ = attach(queue);
  const fd = await queue.openFile(process.execPath).promise();
  const room = Buffer.alloc(4_096);
  assert.equal(await queue.read(fd, room, { position: 8_192 }).promise(), 4_096);
  assert.ok(room.equals(readFileSync(process.execPath).subarray(8_192, 12_288)));
  await queue.timeout(5).promise();
  await queue.close(fd).promise();
});

queueTest('an AbortSignal cancels, and a result that was faster wins', async (queue, fds) => {
  using _ = attach(queue);
  const [one, other] = fds.pair();
  const controller = new AbortController();
  const receipt = queue.recv(one, Buffer.alloc(4));
  setTimeout(() => controller.abort(), 5);
  const expected = { name: 'AbortError', code: 'ABORT_ERR' };
  await assert.rejects(receipt.promise({ signal: controller.signal }), expected);
  assert.throws(() => receipt.result(), { code: 'ECANCELED' });
  put(other, 'kept');
  assert.equal(take(one), 'kept');
  put(other, 'won');
  const faster = queue.recv(one, Buffer.alloc(4));
  queue.submit();
  assert.equal(await faster.promise({ signal: AbortSignal.abort() }), 3);
});

queueTest('for await takes connections and pieces', async (queue) => {
  using _ = attach(queue);
  using listener = Socket.open('ipv4', 'stream');
  listener.bind({ host: '127.0.0.1', port: 0 });
  listener.listen();
  const buffers = queue.provideBuffers({ count: 2, size: 8 });
  const clients = Array.from({ length: 3 }, () => Socket.open('ipv4', 'stream'));
  for (const client of clients) queue.connect(client, listener.localAddress);
  const texts: string[] = [];
  let count = 0;
  for await (const { fd } of queue.acceptMultishot(listener)) {
    const client = clients[count++] as Socket;
    client.sendAll(Buffer.from('more than fits into one buffer'));
    client.shutdown('write');
    let text = '';
    for await (const piece of queue.recvMultishot(fd, buffers)) text += String(piece);
    texts.push(text);
    await queue.close(fd).promise();
    if (count === clients.length) break;
  }
  assert.deepEqual(texts, Array(3).fill('more than fits into one buffer'));
  while (queue.pending > 0) await new Promise((turn) => setImmediate(turn));
  buffers[Symbol.dispose]();
  for (const client of clients) client.close();
});

queueTest('a callback is given what has completed, in its own context', async (queue, fds) => {
  const context = new AsyncLocalStorage<string>();
  const [one, other] = fds.pair();
  const completed: Operation<unknown>[] = [];
  const seen = new Set<string | undefined>();
  using _ = context.run('outer', () =>
    attach(queue, (operations) => {
      seen.add(context.getStore());
      completed.push(...operations);
    }),
  );
  const receipt = queue.recv(one, Buffer.alloc(4));
  const sent = queue.send(other, Buffer.from('x'));
  while (completed.length < 2) await new Promise((turn) => setTimeout(turn, 1));
  assert.deepEqual(new Set(completed), new Set([receipt, sent]));
  assert.deepEqual([...seen], ['outer']);
});

queueTest('it is attached once, and ends as it began', async (queue, fds) => {
  const [one, other] = fds.pair();
  const attachment = attach(queue);
  assert.throws(() => attach(queue), TypeError);
  const receipt = queue.recv(one, Buffer.alloc(4));
  const promise = receipt.promise();
  attachment.close();
  attachment.close();
  await attachment.finished;
  assert.equal(queue.attached, false);
  assert.throws(() => receipt.promise(), { code: 'ERR_POLYIO_NOT_ATTACHED' });
  put(other, 'x');
  queue.wait();
  assert.equal(await promise, 1, 'wait settles the promises that are left');
  const controller = new AbortController();
  const again = attach(queue, { signal: controller.signal });
  controller.abort();
  assert.equal(again.closed, true);
  await again.finished;
});

queueTest('closing the queue ends it, and rejects what is under way', async (queue, fds) => {
  const attachment = attach(queue);
  const promise = queue.recv(fds.pair()[0], Buffer.alloc(4)).promise();
  const rejected = assert.rejects(promise, { code: 'ECANCELED' });
  queue.close();
  await rejected;
  await attachment.finished;
  assert.throws(() => attach(queue), { code: 'ERR_POLYIO_CLOSED' });
});

test(
  'attach(queue): the process lives while operations are pending, and no longer',
  async () => {
    const source = `
      import { openCompletionQueue } from ${JSON.stringify(rooms.index)};
      import { attach } from ${JSON.stringify(rooms.node)};
      const queue = openCompletionQueue();
      attach(queue);
      queue.timeout(30).promise().then(() => {
        console.log('late');
        const other = attach(openCompletionQueue()).unref();
        console.log(other.hasRef());
      });`;
    const { stdout, stderr, code } = await runSource(source);
    assert.deepEqual([stdout, stderr, code], ['late\nfalse\n', '', 0]);
  },
  { skip },
);

test(
  'attach(queue): a thread with operations under way is terminated, or exits, at any moment',
  async () => {
    const source = `
      import { openCompletionQueue, socketPair } from ${JSON.stringify(rooms.index)};
      import { attach } from ${JSON.stringify(rooms.node)};
      import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
      if (isMainThread) {
        const ends = [];
        for (let round = 0; round < 6; round++) {
          const worker = new Worker(new URL(process.argv[1]), { workerData: round % 2 });
          const ended = new Promise((resolve) => worker.once('exit', resolve));
          await new Promise((resolve) => worker.once('message', resolve));
          if (round % 2 === 0) await worker.terminate();
          ends.push(await ended);
        }
        console.log(ends.join());
        process.exit(7);
      }
      const queue = openCompletionQueue();
      attach(queue);
      const [near] = socketPair();
      queue.recv(near, Buffer.alloc(1)).promise();
      // Calls that are bound for the first time while the thread is ended abort newer Nodes.
      await queue.timeout(5).promise();
      parentPort.postMessage('under way');
      if (workerData === 1) setTimeout(() => process.exit(3), 2);
      for (;;) await queue.timeout(1).promise();`;
    const url = `data:text/javascript,${encodeURIComponent(source)}`;
    const start = `process.argv[1] = ${JSON.stringify(url)}; await import(process.argv[1]);`;
    const { stdout, stderr, code } = await runSource(start);
    assert.deepEqual([stdout, stderr, code], ['1,3,1,3,1,3\n', '', 7]);
  },
  { skip },
);
