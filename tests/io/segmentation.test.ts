import assert from 'node:assert/strict';
import { DatagramBatch, Socket } from '../../src/io.ts';
import { test } from '../harness/test.ts';
import { type DatagramPair, datagramPair } from './datagrams.ts';

/** Why the kernel cuts no datagrams here, or false when it does. */
function missing(option: 'UDP_SEGMENT' | 'UDP_GRO'): string | false {
  using socket = Socket.open('ipv4', 'datagram');
  try {
    socket.setOption(option, option === 'UDP_GRO' ? true : 1_200);
    return false;
  } catch (error) {
    return (error as Error).message;
  }
}

const noSegmentation = missing('UDP_SEGMENT');
const noGro = noSegmentation || missing('UDP_GRO');

/** 64 pieces of 1,200 bytes; they need more room than the 64 KiB of one datagram. */
const PIECES = 64;
const PIECE = 1_200;

/** So many bytes that the number of each piece stands in all of its bytes. */
function numbered(pieces: number, size: number, last = size): Buffer {
  const bytes = Buffer.alloc((pieces - 1) * size + last);
  for (let piece = 0; piece < pieces; piece++) {
    bytes.fill(piece, piece * size, Math.min((piece + 1) * size, bytes.length));
  }
  return bytes;
}

/** Receives the pieces of `numbered` one by one. */
function assertPieces({ right }: DatagramPair, pieces: number, size: number, last = size): void {
  using batch = DatagramBatch.allocate({ size: 2_048 });
  for (let got = 0; got < pieces; ) {
    const count = right.recvMany(batch);
    for (let index = 0; index < count; index++) {
      const piece = got + index;
      const expected = Buffer.alloc(piece === pieces - 1 ? last : size, piece);
      assert.ok(expected.equals(batch.bytes(index)), `piece ${piece}: ${batch.length(index)}`);
    }
    got += count;
  }
}

test(
  '64 x 1,200 bytes leave in one call and arrive as 64 datagrams',
  () => {
    const pair = datagramPair();
    using left = pair.left;
    using right = pair.right;
    // One datagram holds 65,507 bytes: 54 pieces, and the other 10 in the second of the batch.
    using batch = DatagramBatch.allocate({ size: 65_536, capacity: 2, controlSize: 24 });
    const bytes = numbered(PIECES, PIECE);
    batch.add(bytes.subarray(0, 54 * PIECE), pair.address);
    batch.add(bytes.subarray(54 * PIECE), pair.address);
    for (const index of [0, 1]) batch.setSegmentSize(index, PIECE);
    assert.equal(left.sendMany(batch), 2);
    assertPieces(pair, PIECES, PIECE);
    assert.equal(right.tryRecvMessage(Buffer.alloc(1)), null, 'and no more than 64');
  },
  { skip: noSegmentation },
);

test(
  'sendMessage() cuts into datagrams of segmentSize, the last one shorter',
  () => {
    const pair = datagramPair();
    using left = pair.left;
    using right = pair.right;
    const bytes = numbered(40, 1_000, 17);
    const sent = left.sendMessage(bytes, { address: pair.address, segmentSize: 1_000 });
    assert.equal(sent, bytes.length);
    assertPieces(pair, 40, 1_000, 17);
    assert.equal(right.tryRecvMessage(Buffer.alloc(1)), null);
  },
  { skip: noSegmentation },
);

test(
  'too many segments are refused with the reason',
  () => {
    const { left, right, address } = datagramPair();
    using _ = left;
    using __ = right;
    assert.throws(() => left.sendMessage(Buffer.alloc(60_000), { address, segmentSize: 10 }), {
      code: 'EINVAL',
      message: /segmentSize is too small for so many bytes/,
    });
  },
  { skip: noSegmentation },
);

test(
  'UDP_GRO receives the segments as one, with their size, and a batch sends them on',
  () => {
    const pair = datagramPair();
    using left = pair.left;
    using right = pair.right;
    right.setOption('UDP_GRO', true);
    const bytes = numbered(50, PIECE);
    left.sendMessage(bytes, { address: pair.address, segmentSize: PIECE });
    using batch = DatagramBatch.allocate({ size: 65_536, capacity: 4, controlSize: 24 });
    assert.equal(right.recvMany(batch), 1);
    assert.deepEqual([batch.length(0), batch.segmentSize(0)], [bytes.length, PIECE]);
    assert.equal(batch.message(0).segmentSize, PIECE);
    assert.ok(bytes.equals(batch.bytes(0)));
    batch.setSegmentSize(0, batch.segmentSize(0));
    assert.equal(right.sendMany(batch), 1);
    assertPieces({ ...pair, right: left }, 50, PIECE);

    left.sendMessage(bytes, { address: pair.address, segmentSize: PIECE });
    const buffer = Buffer.alloc(65_536);
    const message = right.recvMessage(buffer);
    assert.deepEqual([message.bytes, message.segmentSize], [bytes.length, PIECE]);
    left.sendMessage(Buffer.from('alone'), { address: pair.address });
    assert.equal(right.recvMessage(buffer).segmentSize, null);
  },
  { skip: noGro },
);
