/** The memory of a recording: a memory file that threads and processes open by its path. */
import { closeSync, constants, openSync, statSync } from 'node:fs';
import { SystemError } from '../../errors.ts';
import { CLOCK } from '../../sys/abi.ts';
import { Arena } from '../../sys/arena.ts';
import { close } from '../../sys/descriptor.ts';
import { createMemoryFile } from '../../sys/linux/process.ts';
import { clockGettime } from '../../sys/linux/timerfd.ts';
import { ftruncate } from '../../sys/posix/unistd.ts';
import { type ClockReading, instantOf, readTogether, TraceRing } from '../../trace.ts';

/** The ring that another thread or process of this user has made, by its path. */
export function openSharedRing(path: string): TraceRing {
  const fd = openSync(path, constants.O_RDWR);
  try {
    return TraceRing.open(Arena.share(fd, statSync(path).size).buffer);
  } finally {
    closeSync(fd);
  }
}

const NS_PER_S = 1_000_000_000n;
const time = new BigInt64Array(2);

function readClock(clock: 'monotonic' | 'wall'): bigint {
  const number = clock === 'wall' ? CLOCK.CLOCK_REALTIME : CLOCK.CLOCK_MONOTONIC;
  const result = clockGettime(number, time);
  if (result < 0) throw new SystemError(result, 'clock_gettime');
  return (time[0] as bigint) * NS_PER_S + (time[1] as bigint);
}

/** Both clocks now. */
export function readClocks(): ClockReading {
  return readTogether(readClock);
}

/** A ring in memory that other processes of this user can open while it is. */
export class SharedRing implements Disposable {
  readonly ring: TraceRing;
  /** What its origin was set to. */
  readonly origin: ClockReading;
  readonly #arena: Arena;
  readonly #fd: number;

  /** Throws RangeError for a capacity that no ring has, SystemError (EMFILE, ENOMEM). */
  constructor(capacity: number, origin: ClockReading) {
    const size = TraceRing.size(capacity);
    this.origin = origin;
    this.#fd = createMemoryFile('polyio-trace');
    if (this.#fd < 0) throw new SystemError(this.#fd, 'memfd_create');
    const result = ftruncate(this.#fd, size);
    if (result < 0) {
      close(this.#fd);
      throw new SystemError(result, 'ftruncate');
    }
    this.#arena = Arena.share(this.#fd, size);
    this.ring = TraceRing.create(this.#arena.buffer, {
      monotonic: instantOf(origin.monotonic),
      wall: instantOf(origin.wall),
    });
  }

  /** Where other threads and processes find it. */
  get path(): string {
    return `/proc/${process.pid}/fd/${this.#fd}`;
  }

  [Symbol.dispose](): void {
    close(this.#fd);
    this.#arena.close();
  }
}
