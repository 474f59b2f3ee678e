/** One call that waits, made in a thread of its own; the caller keeps the descriptor. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Address } from '../../src/io.ts';
import { HAS } from '../../src/sys/posix/ways.ts';
import { wakeThread } from '../../src/sys/threads.ts';
import { untilAsleep } from '../fixtures/start-sleeper.ts';
import { EMULATOR, KERNEL_ARCH } from '../harness/emulator.ts';
import { HAS_PROC } from '../harness/proc.ts';

export interface Order {
  /**
   * `digest` receives to the end of the stream and answers the SHA-256 of it; `writeDevice` writes
   * bytes that differ and answers the SHA-256 of them.
   */
  readonly call:
    | 'accept'
    | 'recv'
    | 'recvMessage'
    | 'recvMany'
    | 'sendFile'
    | 'splice'
    | 'sendAll'
    | 'read'
    | 'writeAll'
    | 'digest'
    | 'connect'
    | 'openReader'
    | 'openWriter'
    | 'writeDevice';
  /** Not for what opens its own. */
  readonly fd: number;
  /** The size of its buffer in bytes. */
  readonly size: number;
  readonly timeoutMs?: number;
  /** The other descriptor of `sendFile` (the file) and `splice` (where the bytes go). */
  readonly other?: number;
  /** Where to connect. */
  readonly address?: Address;
  /** What to open. */
  readonly path?: string;
}

export interface Outcome {
  readonly value?: string | number;
  readonly error?: { readonly code?: string; readonly syscall?: string; readonly message: string };
  readonly elapsedMs: number;
}

export interface BlockedCall {
  readonly worker: Worker;
  readonly outcome: Promise<Outcome>;
  /** Resolves once the thread sleeps in that call of the kernel, or in any where it is not told. */
  asleepIn(call: keyof typeof CALLS): Promise<void>;
  /** Sends it so many signals, about one each millisecond. */
  storm(signals: number): Promise<void>;
}

const arm64 = KERNEL_ARCH === 'arm64';

/** Their numbers; an emulator waits with ppoll(2), and takes a batch message by message. */
const CALLS = {
  accept: HAS.accept4 ? (arm64 ? 242 : 288) : arm64 ? 202 : 43,
  recv: arm64 ? 207 : 45,
  recvmsg: arm64 ? 212 : 47,
  recvmmsg: EMULATOR ? 47 : arm64 ? 243 : 299,
  sendfile: arm64 ? 71 : 40,
  splice: arm64 ? 76 : 275,
  send: arm64 ? 206 : 44,
  connect: arm64 ? 203 : 42,
  read: arm64 ? 63 : 0,
  write: arm64 ? 64 : 1,
  poll: EMULATOR ? 271 : arm64 ? 73 : 7,
  openat: arm64 ? 56 : 257,
} as const;

export async function startCall(order: Order): Promise<BlockedCall> {
  const worker = new Worker(new URL('./blocked-call-thread.js', import.meta.url), {
    workerData: order,
  });
  const failed = once(worker, 'error').then(([error]) => {
    throw error;
  });
  failed.catch(() => {});
  const messages: unknown[] = [];
  let wake = () => {};
  worker.on('message', (message) => {
    messages.push(message);
    wake();
  });
  const next = async () => {
    while (messages.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return messages.shift();
  };
  const told = (await Promise.race([next(), failed])) as { shown: number; thread: number };
  const { shown, thread } = told;
  const outcome = Promise.race([next(), failed]) as Promise<Outcome>;
  return {
    worker,
    outcome,
    async asleepIn(call) {
      if (!HAS_PROC) return await untilAsleep(shown);
      const wanted = `${CALLS[call]} `;
      while (!readFileSync(`/proc/self/task/${shown}/syscall`, 'utf8').startsWith(wanted)) {
        await sleep(1);
      }
    },
    async storm(signals) {
      for (let sent = 0; sent < signals; sent++) {
        wakeThread(process.pid, thread);
        await sleep(1);
      }
    },
  };
}
