/**
 * The contract of what is attached batch by batch: a descriptor that tells when there is something to
 * take, and a way to take it without waiting. What works otherwise uses `watch` (hub.ts) itself.
 */
import { PolyioError, SystemError, UnsupportedError } from '../errors.ts';
import type { Handle } from '../platform/fd.ts';
import type { Ready, Selector } from '../readiness.ts';
import { READABLE } from '../readiness.ts';
import { ERRNO } from '../sys/abi.ts';

/** Something that Node's loop can wait for. */
export interface Source<Batch> {
  /** What is watched; its descriptor must stay the same while it is attached. */
  readonly handle: Handle;
  /** What the descriptor has to be for `take` to find something. */
  readonly interest: number;
  /** Whose closing ends the attachment, as `announceClosing` tells it. */
  readonly owner: object | null;
  /** What it is called in messages. */
  readonly name: string;
  /** Takes what is there and never waits; null when it was a false alarm. Errors end the attachment. */
  take(ready: number): Batch | null;
}

/** Batches of nothing but events that nobody can silence any more, one after the other. */
const STALE_BATCHES_MAX = 100;

/** A selector: a batch is what `select(0)` gives. */
export function selectorSource<Data>(
  selector: Selector<Data>,
): Source<IterableIterator<Ready<Data>>> {
  const fd = pollableFd(selector);
  let staleBatches = 0;
  return {
    handle: fd,
    interest: READABLE,
    owner: selector,
    name: `the ${selector.model} selector`,
    take() {
      const before = selector.statistics();
      const batch = selector.select(0);
      const after = selector.statistics();
      const isStale = after.events === before.events && after.stale > before.stale;
      staleBatches = isStale ? staleBatches + 1 : 0;
      if (staleBatches > STALE_BATCHES_MAX) throw staleForEver();
      return after.events === before.events ? null : batch;
    },
  };
}

function pollableFd(selector: Selector<unknown>): number {
  try {
    const { fd } = selector;
    if (fd < 0) throw new PolyioError('ERR_POLYIO_CLOSED', 'the selector is closed');
    return fd;
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    throw new UnsupportedError(
      {
        model: `attach() of a ${selector.model} selector`,
        reason: error.reason,
        remedy: 'attach an epoll or kqueue selector: openSelector()',
      },
      { cause: error },
    );
  }
}

function staleForEver(): SystemError {
  const hint =
    'a registered descriptor was closed while a duplicate of it is open, and would wake the loop ' +
    'for ever: unregister, then close';
  return new SystemError(ERRNO.EBADF, 'epoll_wait', { hint });
}

/** A descriptor: a batch is its ready bits. */
export function descriptorSource(handle: Handle, interest: number): Source<number> {
  return {
    handle,
    interest,
    owner: typeof handle === 'number' ? null : handle,
    name: typeof handle === 'number' ? `fd ${handle}` : `the descriptor (fd ${handle.fd})`,
    take: (ready) => ready,
  };
}
