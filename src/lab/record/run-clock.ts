/** What a recording says of its clocks, and of what the recording itself costs. */
import { ERRNO } from '../../sys/abi.ts';
import { type ClockReading, KIND, RingPen, type TraceClock, TraceRing } from '../../trace.ts';

const NS_PER_MS = 1e6;
const TAP_SAMPLES = 2_000;

/** What writing down one call costs, in nanoseconds: the best of a few tries. */
function measureTap(): number {
  const memory = new SharedArrayBuffer(TraceRing.size(TAP_SAMPLES));
  const at = { seconds: 0, nanoseconds: 0 };
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    new Uint8Array(memory).fill(0);
    const pen = new RingPen(TraceRing.create(memory, { monotonic: at, wall: at }), 0, ERRNO.EAGAIN);
    const start = performance.now();
    for (let n = 0; n < TAP_SAMPLES; n++) {
      pen.write(KIND.call, 'recv', 7, performance.now(), performance.now(), 64, 0, 0);
    }
    best = Math.min(best, ((performance.now() - start) * NS_PER_MS) / TAP_SAMPLES);
  }
  return Math.round(best);
}

/** The clocks of a run that began at `origin`, and by how much they moved apart in it. */
export function describeClock(origin: ClockReading, movedNs: number): TraceClock {
  return {
    origin: new Date(Number(origin.wall / 1_000_000n)).toISOString(),
    errorNs: origin.errorNs,
    movedNs,
    tapNs: measureTap(),
  };
}
