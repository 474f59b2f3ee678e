/** Writing down what the calling thread does: its calls, its rings, its receives with their stamps. */

import { ERRNO } from '../../sys/abi.ts';
import { setTap } from '../../sys/ffi.ts';
import { operationName, setRingTap } from '../../sys/linux/io-uring/ring-tap.ts';
import {
  forgetDescriptor,
  isProbing,
  probed,
  stamp,
  traceReceives,
  untraceReceives,
} from '../../sys/linux/traced-receive.ts';
import { currentThread } from '../../sys/threads.ts';
import { KIND, METHOD, nanosecondsBetween, RingPen, type TraceRing } from '../../trace.ts';

const NS_PER_MS = 1e6;
const HIGH = 2 ** 32;
const TRIES = 20;

interface Operation {
  readonly name: string;
  readonly fd: number;
}

/** A thread's hand on the ring, with its clock. */
export interface ThreadPen {
  readonly pen: RingPen;
  readonly writer: number;
  /** Whole nanoseconds since the origin, now or at an instant of `performance.now()`. */
  at(now?: number): number;
}

/**
 * The calling thread's clock against the origin. `performance.now()` counts from another instant in
 * every thread; `process.hrtime` is the monotonic clock itself.
 */
function clockOf({ origin }: TraceRing): (now?: number) => number {
  const { seconds, nanoseconds } = origin.monotonic;
  const start = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
  let offset = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < TRIES; i++) {
    const before = performance.now();
    const between = Number(process.hrtime.bigint() - start);
    const after = performance.now();
    if (after - before >= least) continue;
    least = after - before;
    offset = between - ((before + after) / 2) * NS_PER_MS;
  }
  return (now = performance.now()) => Math.round(now * NS_PER_MS + offset);
}

/** Makes the calling thread a writer of the ring. */
export function takePen(ring: TraceRing): ThreadPen {
  const writer = ring.join({ pid: process.pid, tid: currentThread() });
  return { pen: new RingPen(ring, writer, ERRNO.EAGAIN), writer, at: clockOf(ring) };
}

function tapCalls(ring: TraceRing, { pen, at }: ThreadPen): void {
  const { wall } = ring.origin;
  let probeEnd = 0;
  setTap((call, start, end, result, errno, fd) => {
    if (isProbing()) {
      probeEnd = at(end);
      pen.write(KIND.probe, call, fd, at(start), probeEnd, result, errno, 0);
      return;
    }
    if (call === 'recv' || call === 'recvfrom') {
      if (stamp.isSet && result > 0) {
        stamp.isSet = false;
        pen.measured = METHOD['kernel-stamp'];
        pen.arrival = nanosecondsBetween(wall, stamp);
      }
    } else if (call === 'read' && probed.hasRun) {
      pen.measured = METHOD['readiness-probe'];
      // What was there before the probe came at some time before it.
      pen.arrival = probed.hasWaited ? probeEnd : at(start);
    } else if (call === 'close') {
      forgetDescriptor(fd);
    } else if (call === 'accept4') {
      forgetDescriptor(result);
    }
    pen.write(KIND.call, call, fd, at(start), at(end), result, errno, 0);
  });
}

function tokenOf(low: number, high: number): number {
  return (high >>> 0) * HIGH + (low >>> 0);
}

function tapRings({ pen, at }: ThreadPen): void {
  // By both halves of the token: as one number it would lose its last digits.
  const operations = new Map<string, Operation>();
  setRingTap({
    prepared(operation, fd, low, high, now) {
      const name = operationName(operation);
      operations.set(`${high} ${low}`, { name, fd });
      const time = at(now);
      pen.write(KIND.submission, name, fd, time, time, 0, 0, tokenOf(low, high));
    },
    completed(low, high, result, isLast, now) {
      const key = `${high} ${low}`;
      const { name = 'unknown', fd = -1 } = operations.get(key) ?? {};
      if (isLast) operations.delete(key);
      const [time, errno] = [at(now), Math.max(0, -result)];
      pen.write(KIND.completion, name, fd, time, time, result, errno, tokenOf(low, high));
    },
  });
}

/** From now on the calling thread writes down what it does; the answer ends that. */
export function recordThread(ring: TraceRing, hand: ThreadPen): () => void {
  traceReceives();
  tapRings(hand);
  tapCalls(ring, hand);
  return () => {
    setTap(null);
    setRingTap(null);
    untraceReceives();
  };
}
