import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { ERRNO } from '../../../src/sys/abi.ts';
import { CompletionPort } from '../../../src/sys/windows/completion-port.ts';
import { iocpUnavailable } from '../../../src/sys/windows/port-probe.ts';
import { test } from '../../harness/test.ts';

const unavailable = iocpUnavailable();
const skip = unavailable === null ? false : unavailable.reason;

if (unavailable !== null) {
  test('completion port: where there is none the reason and the remedy are told', () => {
    assert.match(unavailable.reason, /kernel interface of Windows/);
    assert.match(unavailable.remedy, /another model/);
  });
}

test(
  'completion port: a packet that is posted before the wait is not lost, and time passes without one',
  () => {
    using port = CompletionPort.open(4);
    assert.equal(port.wait(0), 0);
    assert.equal(port.post(), 0);
    assert.equal(port.post(), 0);
    assert.equal(port.wait(20_000), 2, 'one wait takes both');
    assert.deepEqual([port.overlappedAt(0), port.overlappedAt(1)], [0, 0]);
    assert.equal(port.wait(5), 0);
  },
  { skip },
);

test(
  'completion port: what cannot be tied to it is refused with its error',
  () => {
    using port = CompletionPort.open(1);
    assert.equal(port.associate(1_000_000), -ERRNO.EBADF);
  },
  { skip },
);

test(
  'completion port: closed under a thread that waits there, the wait ends with EBADF',
  async () => {
    const port = CompletionPort.open(1);
    const worker = new Worker(new URL('../../fixtures/port-waiter.js', import.meta.url), {
      workerData: port.handle,
    });
    const ended = once(worker, 'exit');
    await once(worker, 'message');
    const answer = once(worker, 'message');
    while (port.post() === 0 && port.waiters === 0)
      await new Promise((turn) => setTimeout(turn, 1));
    port.close();
    const [answers] = (await answer) as [number[]];
    assert.equal(answers.at(-1), -ERRNO.EBADF);
    await ended;
    assert.equal(port.handle, -1);
    port.close();
  },
  { skip },
);
