/**
 * A server in a process of its own, for the scene about threads and events: `events` is Node's own
 * net, one thread for everybody; `threads` is a thread for each client. It tells what it costs.
 */
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { InternetAddress } from '../../io.ts';
import { ECHO_MODULE, serve } from '../../servers.ts';

/** How often the loop is asked whether it is late. */
const RESOLUTION_MS = 1;
const BACKLOG = 4_096;
const BYTES_PER_KIB = 1_024;

/** What the server is asked. */
export type Question = 'begin' | 'figures';

/** What it answers, and first where it listens. */
export interface Figures {
  readonly port: number;
  readonly clients: number;
  readonly threads: number;
  /** Resident memory in bytes. */
  readonly memory: number;
  /** How late the loop was since `begin`, in nanoseconds: half of the time, and 99 % of it less. */
  readonly delay: number;
  readonly delayMost: number;
}

interface Serving {
  readonly port: number;
  clients(): number;
}

async function serveByEvents(): Promise<Serving> {
  let clients = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    clients++;
    socket.on('error', () => {});
    socket.on('close', () => clients--);
    socket.pipe(socket);
  });
  await new Promise<void>((ready) => {
    server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, ready);
  });
  return { port: (server.address() as AddressInfo).port, clients: () => clients };
}

async function serveByThreads(workers: number): Promise<Serving> {
  const server = await serve(ECHO_MODULE, { model: 'blocking-threads', port: 0, workers });
  const { port } = server.address as InternetAddress;
  return { port, clients: () => server.statistics().active };
}

function status(name: string): number {
  const text = readFileSync('/proc/self/status', 'latin1');
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

function figuresOf({ port, clients }: Serving, late: IntervalHistogram): Figures {
  const over = (percent: number): number =>
    Math.max(0, Math.round(late.percentile(percent) - RESOLUTION_MS * 1e6));
  return {
    port,
    clients: clients(),
    threads: status('Threads'),
    memory: status('VmRSS') * BYTES_PER_KIB,
    delay: over(50),
    delayMost: over(99),
  };
}

const [how, workers] = process.argv.slice(2);
const serving = how === 'threads' ? await serveByThreads(Number(workers)) : await serveByEvents();
const late = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
late.enable();
// Whoever started it is gone: then so is its reason to be.
process.on('disconnect', () => process.exit(0));
process.on('message', (question: Question) => {
  if (question === 'begin') late.reset();
  process.send?.(figuresOf(serving, late));
});
process.send?.(figuresOf(serving, late));
