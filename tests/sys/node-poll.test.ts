import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Waker } from '../../src/readiness.ts';
import { wakeLoopBy } from '../../src/sys/node-poll.ts';
import { isOpen } from '../../src/sys/posix/fcntl.ts';
import { test } from '../harness/test.ts';

/** Turns of the loop until the immediate without a reference has run so often. */
async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left--) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve).unref();
    });
  }
}

test('wakeLoopBy() wakes a loop that has nothing else to do', async () => {
  using waker = new Waker();
  const handle = wakeLoopBy(waker.fd);
  waker.wake();
  // Without it the loop would sleep for ever, or end.
  await turns(100);
  assert.equal(waker.clear(), true);
  handle.close();
});

test('wakeLoopBy() finds its handle among the others of the loop', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  const wakers = Array.from({ length: 20 }, () => new Waker());
  const handles = wakers.map(({ fd }) => wakeLoopBy(fd));
  for (const handle of handles) handle.reference(false);
  handles[7]?.reference(true);
  wakers[7]?.wake();
  server.close();
  await turns(10);
  for (const handle of handles) handle.close();
  await turn();
  for (const waker of wakers) {
    assert.ok(isOpen(waker.fd));
    waker.close();
  }
});
