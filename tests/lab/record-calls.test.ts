import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { EventFd, File, Pipe, Socket, socketPair } from '../../src/io.ts';
import { recordCalls } from '../../src/lab.ts';
import type { TraceEvent } from '../../src/trace.ts';
import { test } from '../harness/test.ts';

function named(events: readonly TraceEvent[], name: string): TraceEvent[] {
  return events.filter((event) => event.name === name && event.kind === 'call');
}

function probesOf(events: readonly TraceEvent[]): string[] {
  return events.filter(({ kind }) => kind === 'probe').map(({ name }) => name);
}

/** poll(2) by the number that the kernel shows while a thread sleeps in it. */
const POLL = process.arch === 'arm64' ? 73 : 7;

/** Another thread that writes to a descriptor of this process once the main thread sleeps in poll(2). */
function writeWhenAsleep(fd: number): Worker {
  const source = `
    const { readFileSync, writeSync } = require('node:fs');
    const file = '/proc/self/task/${process.pid}/syscall';
    while (!readFileSync(file, 'latin1').startsWith('${POLL} '));
    writeSync(${fd}, 'hello');
  `;
  return new Worker(source, { eval: true });
}

test('record: a read of an empty pipe sleeps until a probe says that something came', async () => {
  using pipe = Pipe.open();
  const { reader, writer } = pipe;
  const thread = writeWhenAsleep(writer.fd);
  await once(thread, 'online');
  const buffer = new Uint8Array(16);
  const { result, events } = recordCalls(() => reader.read(buffer));
  assert.equal(result, 5);
  const [read, ...others] = named(events, 'read');
  assert.equal(others.length, 0, 'probes are no calls');
  assert.ok(read !== undefined);
  assert.equal(read.measured, 'readiness-probe');
  const { arrival, start, end } = read;
  assert.ok(arrival !== null && arrival <= start && start <= end);
  const asleep = events.find(({ kind, name, end: until }) => {
    return kind === 'probe' && name === 'poll' && until === arrival;
  });
  assert.ok(asleep !== undefined, 'the instant is the one at which the probe returned');
  await once(thread, 'exit');
});

test('record: what lies in a pipe already is read without a wait', () => {
  using pipe = Pipe.open();
  pipe.writer.write(Buffer.from('abc'));
  const { events } = recordCalls(() => pipe.reader.read(new Uint8Array(8)));
  const [read] = named(events, 'read');
  assert.equal(read?.measured, 'readiness-probe');
  assert.equal(read?.arrival, read?.start);
  assert.deepEqual(probesOf(events), ['poll']);
});

test('record: a read that does not sleep is not made to sleep by its probe', () => {
  using pipe = Pipe.open();
  pipe.reader.setBlocking(false);
  const { result, events } = recordCalls(() => pipe.reader.tryRead(new Uint8Array(8)));
  assert.equal(result, null);
  const [read] = named(events, 'read');
  assert.equal(read?.measured, 'none');
  assert.equal(read?.errno, 11);
});

test('record: files and eventfds are not probed', () => {
  using file = File.open('/proc/self/status');
  using counter = EventFd.open({ initial: 3 });
  const { events } = recordCalls(() => {
    file.read(new Uint8Array(8));
    counter.read();
  });
  assert.deepEqual(probesOf(events), []);
  assert.ok(named(events, 'read').length >= 1);
});

test('record: the kernel stamps datagrams, with and without the sender’s address', () => {
  using receiver = Socket.open('ipv4', 'datagram');
  receiver.bind({ host: '127.0.0.1', port: 0 });
  const { localAddress } = receiver;
  using sender = Socket.open('ipv4', 'datagram');
  sender.connect(localAddress);
  const buffer = new Uint8Array(16);
  const { result, events } = recordCalls(() => {
    // The option is on from the first receive; what comes before it has its stamp all the same.
    sender.send(Buffer.from('one'));
    const first = receiver.recvFrom(buffer);
    sender.send(Buffer.from('four'));
    return [first, receiver.recv(buffer)] as const;
  });
  const [first, bytes] = result;
  assert.deepEqual(first.address, sender.localAddress);
  assert.equal(first.bytes, 3);
  assert.equal(bytes, 4);
  const [from] = named(events, 'recvfrom');
  const [plain] = named(events, 'recv');
  const sends = named(events, 'send');
  for (const [index, received] of [from, plain].entries()) {
    const sent = sends[index] as TraceEvent;
    assert.ok(received !== undefined);
    assert.equal(received.measured, 'kernel-stamp');
    assert.equal(received.result, sent.result);
    const { arrival } = received;
    // The clocks are known against each other to some hundred nanoseconds.
    const slack = 50_000;
    assert.ok(arrival !== null && arrival > sent.start - slack && arrival < received.end + slack);
  }
  assert.deepEqual(probesOf(events), ['getsockopt', 'setsockopt']);
  sender.send(Buffer.from('later'));
  assert.equal(receiver.recvFrom(buffer).bytes, 5, 'afterwards the calls are their own again');
});

test('record: a number that another socket has by now is asked anew', () => {
  const receive = (): void => {
    const [left, right] = socketPair('stream');
    left.send(Buffer.from('x'));
    right.recv(new Uint8Array(4));
    left.close();
    right.close();
  };
  const { events } = recordCalls(() => {
    receive();
    receive();
  });
  assert.deepEqual(probesOf(events), ['getsockopt', 'getsockopt']);
});

test('record: descriptors that a traced recv is sent are thrown away as by any recv', () => {
  // The test fails when one is left open.
  const [left, right] = socketPair('stream');
  using pipe = Pipe.open();
  const { result } = recordCalls(() => {
    left.sendMessage(Buffer.from('x'), { descriptors: [pipe.reader] });
    return right.recv(new Uint8Array(4));
  });
  assert.equal(result, 1);
  left.close();
  right.close();
});

test('record: what throws is thrown, and the thread is left as it was', () => {
  const error = new Error('no luck');
  assert.throws(
    () =>
      recordCalls(() => {
        throw error;
      }),
    error,
  );
  assert.throws(() => recordCalls(() => Promise.resolve()), /work must not return a promise/);
  using pipe = Pipe.open();
  const { events } = recordCalls(() => pipe.writer.write(Buffer.from('x')));
  assert.equal(named(events, 'write').length, 1);
});
