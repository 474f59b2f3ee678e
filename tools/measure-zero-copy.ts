/**
 * What sending without copying (IORING_OP_SEND_ZC) costs against a plain send, by size, on loopback:
 * CPU time of sender and reader together per MiB, medians of alternating rounds, and how often the
 * kernel copied all the same. (On loopback the copy that is put off is made for the reader.)
 *
 *     node build/tools/measure-zero-copy.js [rounds]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type InternetAddress, Socket } from '../src/io.ts';
import { asInteger } from '../src/platform/integers.ts';
import { Arena } from '../src/sys/arena.ts';
import { CQE, highWord, Ring, SQE, sqeHead } from '../src/sys/linux/io-uring/ring.ts';
import { IORING, IORING_OP, IOSQE } from '../src/sys/linux/io-uring-abi.ts';
import { SOCKET } from '../src/sys/posix/abi.ts';

const SIZES = [1_024, 4_096, 16_384, 65_536, 262_144];
const MEBIBYTE = 1_048_576;
const SENT_BYTES = 128 * MEBIBYTE;
const BUFFERS = 16;
const TICK_MICROSECONDS = 10_000;
const LARGEST = 262_144;
const READER =
  "require('node:net').createServer((s) => s.on('data', () => {})).listen(0, '127.0.0.1', function () { console.log(this.address().port); });";

interface Sender {
  readonly ring: Ring;
  readonly memory: Arena;
  readonly fd: number;
  readonly reader: number;
}

interface Measured {
  readonly microseconds: number;
  /** Share of sends that the kernel copied although it was asked not to. */
  readonly copied: number;
}

/** The CPU time of this process and of another one, in microseconds. */
function usage(pid: number): number {
  const { user, system } = process.cpuUsage();
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return user + system + (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS;
}

/** Sends so many bytes in pieces of one size, each from a buffer that no send still reads from. */
function sendAll({ ring, memory, fd, reader }: Sender, size: number, operation: number): Measured {
  const isZeroCopy = operation === IORING_OP.IORING_OP_SEND_ZC;
  const head = sqeHead(operation, 0, isZeroCopy ? IOSQE.IORING_SEND_ZC_REPORT_USAGE : 0);
  const free = Array.from({ length: BUFFERS }, (_, index) => index);
  const count = SENT_BYTES / size;
  const begun = usage(reader);
  let sent = 0;
  let copied = 0;
  let isSending = false;
  while (sent < count || isSending || free.length < BUFFERS) {
    const buffer = !isSending && sent < count ? free.shift() : undefined;
    if (buffer !== undefined) {
      isSending = true;
      const address = memory.address + buffer * LARGEST;
      const at = ring.prepare(head, fd, buffer, 0);
      ring.sqes[at + SQE.address] = address | 0;
      ring.sqes[at + SQE.address + 1] = highWord(address);
      ring.sqes[at + SQE.length] = size;
      ring.sqes[at + SQE.flags] = SOCKET.MSG_NOSIGNAL | SOCKET.MSG_WAITALL;
    }
    ring.enter(1);
    const available = ring.available();
    for (let i = 0; i < available; i++) {
      const at = ring.completionAt(i);
      const flags = ring.cqes[at + CQE.flags] as number;
      const isNotice = (flags & IORING.IORING_CQE_F_NOTIF) !== 0;
      if (!isNotice) {
        // The other buffers have their turn first, in both ways.
        isSending = false;
        sent++;
      } else if ((ring.cqes[at + CQE.result] as number) < 0) copied++;
      if ((flags & IORING.IORING_CQE_F_MORE) === 0) free.push(ring.cqes[at] as number);
    }
    ring.seen(available);
  }
  const microseconds = ((usage(reader) - begun) / SENT_BYTES) * MEBIBYTE;
  return { microseconds, copied: copied / count };
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] as number;
}

async function main(rounds: number): Promise<void> {
  const reader = spawn(process.execPath, ['-e', READER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(reader.stdout, 'data')) as [Buffer];
  using socket = Socket.open('ipv4', 'stream');
  socket.connect({ host: '127.0.0.1', port: Number(port) } as InternetAddress);
  using ring = new Ring({ entries: 64, completions: 256 });
  using memory = Arena.map(BUFFERS * LARGEST);
  const sender = { ring, memory, fd: socket.fd, reader: reader.pid as number };
  console.log('size      send  zero-copy  ratio  copied all the same   (us of CPU per MiB)');
  for (const size of SIZES) {
    const plain: number[] = [];
    const zeroCopy: number[] = [];
    let copied = 0;
    for (let round = 0; round < rounds; round++) {
      plain.push(sendAll(sender, size, IORING_OP.IORING_OP_SEND).microseconds);
      const measured = sendAll(sender, size, IORING_OP.IORING_OP_SEND_ZC);
      zeroCopy.push(measured.microseconds);
      copied += measured.copied / rounds;
    }
    const [a, b] = [median(plain), median(zeroCopy)];
    const figures = [a.toFixed(0).padStart(8), b.toFixed(0).padStart(9), (b / a).toFixed(2)];
    console.log(`${String(size).padEnd(6)}${figures.join('  ')}  ${(copied * 100).toFixed(0)} %`);
  }
  reader.kill();
}

await main(asInteger(Number(process.argv[2] ?? 3), 'rounds', 1, 1_000));
