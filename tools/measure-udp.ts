/**
 * Datagrams per second of CPU time: batches of recvMany and sendMany against Node's dgram.
 *
 *     node build/tools/measure-udp.js [--rounds 9] [--datagrams 200000] [--size 64] [--json]
 *
 * Each kind runs in a process of its own: a socket sends a window of 64 datagrams to another on the
 * loopback and receives them before it sends the next, so that none is lost. Rounds alternate; what
 * counts is the CPU time of the process, user and system, per datagram sent and received. The ratio
 * is the median over the rounds, the spread its smallest and largest.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DatagramBatch, type InternetAddress, Socket } from '../src/io.ts';
import { isMain } from './tree.ts';

const WINDOW = 64;
const KINDS = ['recvMany/sendMany', 'node:dgram'] as const;

type Kind = (typeof KINDS)[number];

/** What the process of one kind is asked for. */
interface Order {
  readonly datagrams: number;
  readonly size: number;
}

/** The CPU time that it took, in microseconds. */
interface Cost {
  readonly cpuUs: number;
}

function measureBatches({ datagrams, size }: Order): void {
  using receiver = Socket.open('ipv4', 'datagram');
  receiver.bind({ host: '127.0.0.1', port: 0 });
  using sender = Socket.open('ipv4', 'datagram');
  using outgoing = DatagramBatch.allocate({ capacity: WINDOW, size });
  using incoming = DatagramBatch.allocate({ capacity: WINDOW, size });
  const address = receiver.localAddress as InternetAddress;
  for (let index = 0; index < WINDOW; index++) outgoing.add(new Uint8Array(size), address);
  for (let left = datagrams; left > 0; left -= WINDOW) {
    for (let sent = 0; sent < WINDOW; ) sent += sender.sendMany(outgoing, sent);
    for (let got = 0; got < WINDOW; ) got += receiver.recvMany(incoming);
  }
}

async function measureDgram({ datagrams, size }: Order): Promise<void> {
  const receiver = createSocket('udp4');
  receiver.bind(0, '127.0.0.1');
  await once(receiver, 'listening');
  const sender = createSocket('udp4');
  // Connected, a send looks nothing up: the fastest that dgram has.
  sender.connect(receiver.address().port, '127.0.0.1');
  await once(sender, 'connect');
  const payload = Buffer.alloc(size);
  const sendWindow = (): void => {
    for (let index = 0; index < WINDOW; index++) sender.send(payload);
  };
  await new Promise<void>((resolve) => {
    let left = datagrams;
    receiver.on('message', () => {
      left--;
      if (left <= 0) resolve();
      else if (left % WINDOW === 0) sendWindow();
    });
    sendWindow();
  });
  sender.close();
  receiver.close();
}

async function measure(kind: Kind, order: Order): Promise<Cost> {
  const before = process.cpuUsage();
  if (kind === 'node:dgram') await measureDgram(order);
  else measureBatches(order);
  const { user, system } = process.cpuUsage(before);
  return { cpuUs: user + system };
}

function runChild(kind: Kind): void {
  process.on('message', async (order: Order) => {
    process.send?.(await measure(kind, order));
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2;
}

async function ask(child: ChildProcess, order: Order): Promise<number> {
  child.send(order);
  const [{ cpuUs }] = (await once(child, 'message')) as [Cost];
  return order.datagrams / (cpuUs / 1e6);
}

async function compare(rounds: number, order: Order, asJson: boolean): Promise<void> {
  const script = fileURLToPath(import.meta.url);
  const [ours, theirs] = KINDS.map((kind) => fork(script, ['--kind', kind])) as [
    ChildProcess,
    ChildProcess,
  ];
  const rates: [number, number][] = [];
  // The first round warms the compiler and the allocator up and is not counted.
  for (let round = 0; round <= rounds; round++) {
    const pair: [number, number] = [await ask(ours, order), await ask(theirs, order)];
    if (round > 0) rates.push(pair);
  }
  for (const child of [ours, theirs]) child.disconnect();
  const ratios = rates.map(([a, b]) => a / b);
  const result = {
    ...order,
    rounds,
    node: process.version,
    perCpuSecond: KINDS.map((kind, index) => {
      return { kind, datagrams: Math.round(median(rates.map((pair) => pair[index] as number))) };
    }),
    ratio: median(ratios),
    spread: [Math.min(...ratios), Math.max(...ratios)],
  };
  if (asJson) {
    console.log(JSON.stringify(result));
    return;
  }
  for (const { kind, datagrams } of result.perCpuSecond) {
    console.log(`${kind.padEnd(18)} ${datagrams} datagrams per second of CPU time`);
  }
  const [least = 0, most = 0] = result.spread;
  const shown = `${result.ratio.toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`;
  console.log(`ratio ${shown}, ${order.size} bytes, ${rounds} rounds, Node ${result.node}`);
}

function asCount(text: string, name: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new RangeError(`--${name} must be a whole number of 1 or more, got ${text}`);
}

if (isMain(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '9' },
      datagrams: { type: 'string', default: '200000' },
      size: { type: 'string', default: '64' },
      json: { type: 'boolean', default: false },
      kind: { type: 'string' },
    },
  });
  const kind = KINDS.find((name) => name === values.kind);
  if (kind === undefined) {
    const datagrams = Math.ceil(asCount(values.datagrams, 'datagrams') / WINDOW) * WINDOW;
    const order = { datagrams, size: asCount(values.size, 'size') };
    await compare(asCount(values.rounds, 'rounds'), order, values.json);
  } else runChild(kind);
}
