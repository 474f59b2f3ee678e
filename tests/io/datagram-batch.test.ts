import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { DatagramBatch, type InternetAddress, Socket, socketPair } from '../../src/io.ts';
import { runCommand } from '../harness/child.ts';
import { emulatorLacks } from '../harness/emulator.ts';
import { test } from '../harness/test.ts';
import { startCall } from './blocked-call.ts';
import { datagramPair } from './datagrams.ts';
import { connectedPair } from './loopback.ts';

const io = new URL('../../src/io.js', import.meta.url).href;

/** Fills the batch with datagrams of 1, 2, 3 bytes and so on, each byte the datagram's number. */
function fill(batch: DatagramBatch, count: number, address: InternetAddress | null): void {
  batch.clear();
  for (let index = 0; index < count; index++) {
    assert.equal(batch.add(Buffer.alloc(index + 1, index), address), index);
  }
}

test('a batch arrives datagram by datagram, each with its bytes and sender', () => {
  const { left, right, address } = datagramPair();
  using _ = left;
  using __ = right;
  using batch = DatagramBatch.allocate({ capacity: 100, size: 100 });
  fill(batch, 100, address);
  assert.equal(left.sendMany(batch), 100);
  using incoming = DatagramBatch.allocate({ capacity: 64, size: 128 });
  assert.equal(right.recvMany(incoming), 64);
  assert.equal(incoming.count, 64);
  const { port } = left.localAddress as InternetAddress;
  for (let index = 0; index < 64; index++) {
    assert.equal(incoming.length(index), index + 1);
    assert.deepEqual(Buffer.from(incoming.bytes(index)), Buffer.alloc(index + 1, index));
    assert.deepEqual(incoming.address(index), left.localAddress);
    assert.equal(incoming.port(index), port);
    assert.equal(incoming.truncated(index), false);
    const offset = incoming.offset(index);
    assert.equal(incoming.memory[offset], index);
    assert.equal(incoming.memory.subarray(offset).byteOffset, incoming.slot(index).byteOffset);
    assert.equal(incoming.slot(index), incoming.slot(index), 'always the same view');
  }
  assert.equal(right.tryRecvMany(incoming), 36);
  assert.equal(incoming.length(35), 100);
  assert.equal(right.tryRecvMany(incoming), null);
  assert.equal(incoming.count, 0);
});

test('a received batch is sent back to its senders as it is', () => {
  const { left, right, address } = datagramPair();
  using _ = left;
  using __ = right;
  using third = Socket.open('ipv4', 'datagram');
  third.bind({ host: '127.0.0.3', port: 0 });
  left.sendMessage(Buffer.from('from left'), { address });
  third.sendMessage(Buffer.from('from third'), { address });
  using batch = DatagramBatch.allocate();
  for (let got = 0; got < 2; got += right.sendMany(batch)) right.recvMany(batch);
  const buffer = Buffer.alloc(32);
  assert.equal(buffer.toString('utf8', 0, left.recv(buffer)), 'from left');
  assert.equal(buffer.toString('utf8', 0, third.recv(buffer)), 'from third');
});

test('a datagram larger than its slot is truncated, its neighbours are whole', () => {
  const { left, right, address } = datagramPair();
  using _ = left;
  using __ = right;
  for (const size of [9, 10, 11]) left.sendMessage(Buffer.alloc(size, size), { address });
  using batch = DatagramBatch.allocate({ size: 10, capacity: 4 });
  assert.equal(right.recvMany(batch), 3);
  const seen = [0, 1, 2].map((index) => [batch.length(index), batch.truncated(index)]);
  assert.deepEqual(seen, [
    [9, false],
    [10, false],
    [10, true],
  ]);
  batch.clear();
  batch.add(Buffer.from('x'), address);
  assert.equal(batch.truncated(0), false, 'what is added was not cut');
});

test('a connected socket needs no address, and start sends the rest', () => {
  const { left, right, address } = datagramPair();
  using _ = left;
  using __ = right;
  left.connect(address);
  using batch = DatagramBatch.allocate({ size: 16 });
  fill(batch, 10, null);
  assert.equal(batch.address(3), null);
  assert.equal(batch.port(3), 0);
  assert.equal(left.sendMany(batch, 7), 3);
  assert.equal(left.sendMany(batch, 10), 0);
  assert.equal(right.recvMany(batch), 3);
  assert.deepEqual(
    [0, 1, 2].map((index) => batch.length(index)),
    [8, 9, 10],
  );
});

test('a datagram that cannot be sent is named, those before it are gone', () => {
  const { left, right, address } = datagramPair();
  using _ = left;
  using __ = right;
  using batch = DatagramBatch.allocate({ size: 65_536, capacity: 4 });
  batch.add(Buffer.from('fits'), address);
  batch.add(Buffer.alloc(65_536), address);
  assert.equal(left.sendMany(batch), 1);
  assert.throws(() => left.sendMany(batch, 1), {
    code: 'EMSGSIZE',
    syscall: 'sendmmsg',
    address: '127.0.0.1',
    message: /: datagram 1 of the batch$/,
  });
});

test('batches over Unix datagrams stop where the receiver is full, and go on later', () => {
  const [left, right] = socketPair('datagram');
  using _ = left;
  using __ = right;
  using batch = DatagramBatch.allocate({ size: 4_096, capacity: 512 });
  for (let index = 0; index < 512; index++) batch.add(Buffer.alloc(4_096, index));
  left.setBlocking(false);
  let sent = left.sendMany(batch);
  assert.ok(sent > 0 && sent < 512, `${sent}`);
  assert.equal(left.trySendMany(batch, sent), null);
  assert.throws(() => left.sendMany(batch, sent), { message: 'sendmmsg EAGAIN' });
  left.setTimeout(20);
  assert.throws(() => left.sendMany(batch, sent), { code: 'ETIMEDOUT' });
  using incoming = DatagramBatch.allocate({ size: 4_096, capacity: 512 });
  for (let got = 0; got < 512; ) {
    const count = right.recvMany(incoming);
    for (let index = 0; index < count; index++) {
      assert.deepEqual(incoming.slot(index)[4_095], (got + index) & 255);
    }
    got += count;
    sent += left.trySendMany(batch, sent) ?? 0;
  }
  assert.throws(() => right.recvMany(incoming.count === 0 ? incoming : closedBatch()), {
    code: 'ERR_POLYIO_CLOSED',
  });
});

function closedBatch(): DatagramBatch {
  const batch = DatagramBatch.allocate();
  batch.close();
  batch.close();
  return batch;
}

test('recvMany() waits for one datagram, not for a full batch', async () => {
  const { left, right, address } = datagramPair();
  using _ = left;
  using __ = right;
  const call = await startCall({ call: 'recvMany', fd: right.fd, size: 1 });
  await call.asleepIn('recvmmsg');
  await call.storm(20);
  left.sendMessage(Buffer.from('one'), { address });
  assert.equal((await call.outcome).value, 1);
  right.setTimeout(20);
  using batch = DatagramBatch.allocate();
  assert.throws(() => right.recvMany(batch), { code: 'ETIMEDOUT', syscall: 'recvmmsg' });
  right.setBlocking(false);
  assert.throws(() => right.recvMany(batch), { code: 'EAGAIN', syscall: 'recvmmsg' });
});

test('message() tells what the control data of a datagram says', () => {
  const { left, right, address } = datagramPair();
  using _ = left;
  using __ = right;
  right.setOption('IP_PKTINFO', true);
  right.setOption('IP_RECVTTL', true);
  left.sendMessage(Buffer.from('x'), { address, ttl: 33 });
  left.sendMessage(Buffer.from('yy'), { address, ttl: 34 });
  using batch = DatagramBatch.allocate({ controlSize: 128 });
  assert.equal(right.recvMany(batch), 2);
  const [first, second] = [batch.message(0), batch.message(1)];
  assert.deepEqual([first.ttl, second.ttl], [33, 34]);
  assert.deepEqual([first.bytes, second.bytes], [1, 2]);
  assert.deepEqual(second.address, left.localAddress);
  assert.equal(first.packetInfo?.host, '127.0.0.1');
  assert.equal(first.controlTruncated, false);
  using bare = DatagramBatch.allocate();
  left.sendMessage(Buffer.from('x'), { address });
  right.recvMany(bare);
  assert.deepEqual([bare.message(0).ttl, bare.message(0).controlTruncated], [null, false]);
});

test('indexes, sizes and batches are checked, and named in the error', () => {
  const { left, right, address } = datagramPair();
  using _ = left;
  using __ = right;
  using batch = DatagramBatch.allocate({ capacity: 2, size: 4 });
  batch.add(Buffer.from('a'), address);
  for (const index of [1, -1, 0.5, Number.NaN]) {
    const message = `index ${index} lies outside a batch of 1 datagrams`;
    assert.throws(() => batch.length(index), { name: 'RangeError', message });
    assert.throws(() => batch.setAddress(index, address), { name: 'RangeError', message });
  }
  assert.throws(() => batch.bytes('0' as unknown as number), TypeError);
  assert.throws(() => batch.add(Buffer.alloc(5)), /a datagram here has at most 4 bytes, got 5/);
  assert.throws(() => batch.add(Buffer.alloc(1), { path: '' }), RangeError);
  assert.equal(batch.count, 1, 'what failed was not added');
  batch.add(Buffer.from('b'));
  assert.throws(() => batch.add(Buffer.from('c')), /the batch is full: it takes 2 datagrams/);
  assert.throws(() => batch.setLength(0, 5), /length must be an integer from 0 to 4/);
  assert.throws(() => batch.setSegmentSize(0, 2), /needs a batch whose controlSize is 24/);
  assert.throws(() => left.sendMany(batch, 3), /start must be an integer from 0 to 2/);
  assert.throws(() => left.sendMany({} as DatagramBatch), /^TypeError: batch must come from/);
  for (const options of [{ capacity: 0 }, { capacity: 1_025 }, { size: 0 }, { size: 65_537 }]) {
    assert.throws(() => DatagramBatch.allocate(options), RangeError);
  }
  assert.throws(() => DatagramBatch.allocate({ controlSize: 5_000 }), RangeError);
  assert.equal(inspect(batch), 'DatagramBatch{2 of 2 datagrams, 4 bytes each}');
  assert.equal(inspect(closedBatch()), 'DatagramBatch{closed}');
  assert.throws(() => closedBatch().add(Buffer.from('x')), { code: 'ERR_POLYIO_CLOSED' });
});

test('a stream has no datagrams, and a closed socket no calls', () => {
  const [client, server] = connectedPair();
  using _ = client;
  using batch = DatagramBatch.allocate();
  for (const call of ['recvMany', 'tryRecvMany', 'sendMany', 'trySendMany'] as const) {
    assert.throws(() => client[call](batch), { name: 'TypeError', message: /a stream has no/ });
  }
  server.close();
  assert.throws(() => server.recvMany(batch), { message: 'Socket.recvMany: the Socket is closed' });
});

test('a loop over batches allocates nothing per datagram', (context) => {
  const { left, right, address } = datagramPair();
  using _ = left;
  using __ = right;
  using outgoing = DatagramBatch.allocate({ size: 64 });
  using incoming = DatagramBatch.allocate({ size: 64, controlSize: 24 });
  fill(outgoing, 64, address);
  let total = 0;
  const run = (batches: number): void => {
    for (let batch = 0; batch < batches; batch++) {
      for (let sent = 0; sent < 64; ) sent += left.sendMany(outgoing, sent);
      for (let got = 0; got < 64; ) {
        const count = right.recvMany(incoming);
        for (let index = 0; index < count; index++) {
          const first = incoming.memory[incoming.offset(index)] as number;
          // Cut to 32 bits: a larger sum would itself be an object.
          total = (total + incoming.length(index) + first + incoming.port(index)) | 0;
          total = (total + incoming.segmentSize(index) + incoming.slot(index).length) | 0;
        }
        got += count;
      }
    }
  };
  run(300);
  const before = process.memoryUsage().heapUsed;
  run(500);
  const grown = process.memoryUsage().heapUsed - before;
  context.diagnostic(`${grown} bytes for ${500 * 64} datagrams`);
  assert.notEqual(total, 0);
  // One object of the smallest kind per datagram would be 384,000 bytes.
  assert.ok(grown < 200_000, `${grown} bytes`);
});

const strace = spawnSync('strace', ['-o', '/dev/null', 'true'], { encoding: 'utf8' });
const noStrace =
  strace.status === 0
    ? false
    : `strace does not run here: ${strace.error?.message ?? strace.stderr.trim()}`;

test(
  'each batch is one system call, as strace sees it',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'polyio-strace-'));
    try {
      const log = join(folder, 'calls');
      const source = `
        import { DatagramBatch, Socket } from '${io}';
        const right = Socket.open('ipv4', 'datagram');
        right.bind({ host: '127.0.0.1', port: 0 });
        const left = Socket.open('ipv4', 'datagram');
        const batch = DatagramBatch.allocate({ capacity: 64, size: 64 });
        for (let round = 0; round < 5; round++) {
          batch.clear();
          for (let i = 0; i < 64; i++) batch.add(Buffer.alloc(64), right.localAddress);
          left.sendMany(batch);
          right.recvMany(batch);
        }
        left.close();
        right.close();
      `;
      const calls = 'trace=recvmmsg,sendmmsg,recvmsg,sendmsg,recvfrom,sendto';
      const node = [process.execPath, '--input-type=module', '--eval', source];
      const run = await runCommand('strace', ['-f', '-s', '0', '-o', log, '-e', calls, ...node]);
      assert.equal(run.code, 0, run.stderr);
      const lines = readFileSync(log, 'utf8').split('\n');
      const sends = lines.filter((line) => line.includes('sendmmsg('));
      const receives = lines.filter((line) => line.includes('recvmmsg('));
      assert.deepEqual([sends.length, receives.length], [5, 5]);
      for (const line of [...sends, ...receives]) assert.match(line, / = 64$|<unfinished \.\.\.>$/);
      assert.equal(lines.filter((line) => / (recvfrom|sendto)\(/.test(line)).length, 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  { skip: noStrace || emulatorLacks('passes a batch on message by message') },
);
