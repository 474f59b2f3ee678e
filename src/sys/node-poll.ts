/**
 * A descriptor that wakes Node's own event loop.
 *
 * Facts about that loop and the handle that koffi offers for it, `koffi.node.poll`:
 * - Its callback comes outside Node's callback scope: a promise that it resolves goes on when the
 *   loop next does something else, on Node 26 in an idle loop never, and what it throws surfaces
 *   nowhere. A handle that nobody holds is dropped without a word.
 * - A thread that is being stopped may not enter JavaScript: `worker.terminate()`, `process.exit()`
 *   in a worker, or in the main thread while workers run. The handle does not ask: when its
 *   descriptor is readable then, the callback fails and aborts the whole process. An `exit`
 *   listener would close it in time, but a worker that is terminated has no `exit` event. The
 *   handle's own methods abort likewise, when they are called in a thread that has just been told
 *   to stop; calls of C functions do not.
 * - koffi closes its handle with its thread, and libuv says so afterwards, by a function of koffi's.
 *   A library that only this thread has loaded is unmapped by then: the process crashes.
 * - libuv aborts the process, too, when a descriptor that it watches turns out to be closed.
 * - An immediate without a reference does not keep the loop from sleeping, and runs after each of
 *   its sleeps. Node runs it in its callback scope, and never in a thread that is being stopped.
 *
 * What this means for us: the handle wakes the loop and calls nobody. koffi makes it, and closes it
 * with its thread whatever ends that; koffi itself stays loaded until the process ends. Then libuv
 * is told to call abs(3), which takes an int and touches nothing, in place of koffi's callback.
 * JavaScript learns of the wake-up by an immediate (see node/hub.ts), and the descriptor is one that
 * nobody else can close.
 *
 * koffi does not tell where its handle lies. libuv keeps the handles of a loop in a ring, the newest
 * one last; the two offsets have been the same since libuv 1.0, and what they lead to is asked for
 * its type and its descriptor before it is believed.
 */
import { invariant, SystemError, UnsupportedError } from '../errors.ts';
import {
  bindValue,
  closePollHandle,
  foreignFile,
  nodeEnvironment,
  type PollHandle,
  pollHandle,
} from './ffi.ts';
import { ABSENT, DLFCN } from './posix/abi.ts';
import { dlopen, symbol } from './posix/dlfcn.ts';
import { memcpy } from './posix/string.ts';

/** Without the flag the library stays because nobody gives back what dlopen(3) counts. */
const NEVER_UNLOADED = DLFCN.RTLD_NODELETE === ABSENT ? 0 : DLFCN.RTLD_NODELETE;

/** <uv.h>: `UV_POLL` of `uv_handle_type`, `UV_READABLE` of `uv_poll_event`. */
const UV_POLL = 8;
const UV_READABLE = 1;

/** <uv.h>, in bytes: `handle_queue.prev` of `uv_loop_t`, `handle_queue` of `uv_handle_t`. */
const NEWEST_AT = 24;
const RING_AT = 32;

const napiGetUvEventLoop = bindValue<[environment: number, loop: BigUint64Array]>(
  'napi_get_uv_event_loop',
  'int',
  ['address', 'buffer'],
);
const uvHandleGetType = bindValue<[handle: number]>('uv_handle_get_type', 'int', ['address']);
const uvFileno = bindValue<[handle: number, fd: Int32Array]>('uv_fileno', 'int', [
  'address',
  'buffer',
]);
const uvPollStart = bindValue<[handle: number, events: number, callback: number]>(
  'uv_poll_start',
  'int',
  ['address', 'int', 'address'],
);

const uvRef = bindValue<[handle: number]>('uv_ref', 'int', ['address']);
const uvUnref = bindValue<[handle: number]>('uv_unref', 'int', ['address']);

let isKept = false;

/** A descriptor in this thread's loop. */
export class LoopHandle {
  readonly #handle: PollHandle;
  readonly #address: number;

  constructor(handle: PollHandle, address: number) {
    this.#handle = handle;
    this.#address = address;
  }

  /** Whether it keeps the loop, and with it the thread, alive. */
  reference(on: boolean): void {
    if (on) uvRef(this.#address);
    else uvUnref(this.#address);
  }

  /** Takes it out of the loop; called once. */
  close(): void {
    closePollHandle(this.#handle);
  }
}

/**
 * Wakes this thread's loop for as long as `fd` is readable. The descriptor must not be closed before
 * the handle. Throws UnsupportedError when this Node's loop is not built as described above.
 */
export function wakeLoopBy(fd: number): LoopHandle {
  keepLoaded();
  const handle = pollHandle(fd, () => {});
  try {
    const address = newestHandle();
    if (!isPollOf(address, fd)) throw unknownLoop();
    const result = uvPollStart(address, UV_READABLE, symbol('abs'));
    if (result < 0) throw new SystemError(result, 'uv_poll_start');
    return new LoopHandle(handle, address);
  } catch (error) {
    closePollHandle(handle);
    throw error;
  }
}

function keepLoaded(): void {
  const file = isKept ? null : foreignFile();
  isKept = true;
  if (file === null) return;
  const library = dlopen(file, DLFCN.RTLD_NOW | NEVER_UNLOADED);
  invariant(library !== 0, `${file} is loaded and cannot be loaded again`);
}

function newestHandle(): number {
  const word = new BigUint64Array(1);
  if (napiGetUvEventLoop(nodeEnvironment(), word) !== 0) throw unknownLoop();
  memcpy(word, Number(word[0]) + NEWEST_AT, word.byteLength);
  return Number(word[0]) - RING_AT;
}

function isPollOf(handle: number, fd: number): boolean {
  const found = new Int32Array(1);
  return uvHandleGetType(handle) === UV_POLL && uvFileno(handle, found) === 0 && found[0] === fd;
}

function unknownLoop(): UnsupportedError {
  return new UnsupportedError({
    model: "waiting in Node's own loop",
    reason: `the event loop of Node ${process.version} is not built the way that polyio knows`,
    remedy: 'use Node 20, 24 or 26, or wait with select() in a worker thread',
  });
}
