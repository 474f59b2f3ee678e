import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { Pipe, socketPair } from '../../src/io.ts';
import { interrupt } from '../../src/sys/interrupt.ts';
import { PATIENCE } from '../harness/emulator.ts';
import { test } from '../harness/test.ts';
import { type Order, startCall } from './blocked-call.ts';
import { fillSocket } from './loopback.ts';

const LIMIT_MS = 5_000 * PATIENCE;

interface Subject extends Disposable {
  readonly order: Order;
  readonly kernelCall: 'recvmsg' | 'recvmmsg' | 'sendfile' | 'splice';
}

/** A call that sleeps until it is interrupted, by its name. */
const SUBJECTS: Readonly<Record<string, () => Subject>> = {
  recvMessage: () => receiving('recvMessage', 'recvmsg'),
  recvMany: () => receiving('recvMany', 'recvmmsg'),
  sendFile() {
    const [left, right] = socketPair();
    fillSocket(left);
    const other = openSync(process.execPath, 'r');
    const dispose = () => {
      left.close();
      right.close();
      closeSync(other);
    };
    const order: Order = { call: 'sendFile', fd: left.fd, other, size: 1 };
    return { order, kernelCall: 'sendfile', [Symbol.dispose]: dispose };
  },
  splice() {
    const [left, right] = socketPair();
    const pipe = Pipe.open();
    const dispose = () => {
      left.close();
      right.close();
      pipe.close();
    };
    const order: Order = { call: 'splice', fd: left.fd, other: pipe.writer.fd, size: 1 };
    return { order, kernelCall: 'splice', [Symbol.dispose]: dispose };
  },
};

function receiving(call: Order['call'], kernelCall: Subject['kernelCall']): Subject {
  const [left, right] = socketPair('datagram');
  const dispose = () => {
    left.close();
    right.close();
  };
  return { order: { call, fd: left.fd, size: 1 }, kernelCall, [Symbol.dispose]: dispose };
}

for (const [name, subjectOf] of Object.entries(SUBJECTS)) {
  test(`a blocking ${name}() sleeps on through signals, and interrupt() ends it`, async () => {
    using subject = subjectOf();
    const thread = await startCall(subject.order);
    await thread.asleepIn(subject.kernelCall);
    await thread.storm(50);
    await thread.asleepIn(subject.kernelCall);
    assert.equal(await interrupt(thread.worker, { timeoutMs: LIMIT_MS }), true);
    assert.equal((await thread.outcome).error?.code, 'ERR_POLYIO_INTERRUPTED');
  });
}
