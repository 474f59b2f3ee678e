/**
 * How the workers of a server come by their clients.
 *
 * One listening socket has one queue, and whoever is quickest takes the next client: nobody who
 * connects waits while any worker is free. Who is woken is another matter: everyone who waits for
 * the socket to be readable is, and all but one find nobody, unless epoll(7) is told to wake one
 * (EPOLLEXCLUSIVE). With SO_REUSEPORT each worker has a socket of its own, and the kernel deals the
 * clients out by a hash of their addresses: no worker is woken in vain, but a client waits for its
 * worker even while others are free, and what is queued at a socket is lost with it.
 */
import { inspect } from 'node:util';
import { type Unsupported, UnsupportedError } from '../errors.ts';
import { SOCKET } from '../sys/abi.ts';
import { MODELS, type ModelInfo } from './models.ts';

/**
 * `shared`: one listening socket, whose workers are all woken for a client. `exclusive`: the same,
 * but the kernel wakes one of them. `reuse-port`: a listening socket for each worker, among which
 * the kernel deals the clients out.
 */
export type AcceptMode = 'shared' | 'exclusive' | 'reuse-port';

/** Every mode, in the order in which they are taught. */
export const ACCEPT_MODES: readonly AcceptMode[] = ['shared', 'exclusive', 'reuse-port'];

/** What a server was asked for, as far as it matters here. */
export interface AcceptWish {
  readonly accept?: AcceptMode | undefined;
  readonly workers: number;
  readonly path?: string | undefined;
}

function isPossible({ name, maxWorkers }: ModelInfo, mode: AcceptMode): boolean {
  if (mode === 'exclusive') return name === 'epoll' || name === 'epoll-edge';
  return mode === 'shared' || maxWorkers > 1;
}

/** The models that can accept in this way. */
export function modelsThatAccept(mode: AcceptMode): ModelInfo[] {
  return MODELS.filter((model) => isPossible(model, mode));
}

/** Why a model cannot accept in this way, and which ones can; null when it can. */
export function acceptUnavailable(model: ModelInfo, mode: AcceptMode): Unsupported | null {
  const unsupported = (reason: string, remedy: string): Unsupported => {
    return { model: `accept mode ${mode} of model ${model.name}`, reason, remedy };
  };
  if (mode === 'reuse-port' && SOCKET.SO_REUSEPORT < 0) {
    const reason = 'this system has no SO_REUSEPORT, a port belongs to one listening socket';
    return unsupported(reason, 'take the mode shared');
  }
  if (isPossible(model, mode)) return null;
  const names = modelsThatAccept(mode).map(({ name }) => name);
  const reason =
    mode === 'exclusive'
      ? 'only epoll can be told to wake one worker instead of all'
      : 'it has one worker, and so one listening socket';
  return unsupported(reason, `take one of ${names.join(', ')}`);
}

/**
 * How a server of this model accepts. Without a wish the workers of `epoll` and `epoll-edge` wake
 * one at a time, and all others share.
 *
 * Throws TypeError for a mode that there is not or that does not go with `path`, UnsupportedError
 * for one that the model or the system cannot do.
 */
export function resolveAccept(model: ModelInfo, { accept, workers, path }: AcceptWish): AcceptMode {
  if (accept === undefined) {
    return workers > 1 && isPossible(model, 'exclusive') ? 'exclusive' : 'shared';
  }
  if (!ACCEPT_MODES.includes(accept)) {
    throw new TypeError(`accept must be one of ${ACCEPT_MODES.join(', ')}, got ${inspect(accept)}`);
  }
  if (accept === 'reuse-port' && path !== undefined) {
    throw new TypeError("accept 'reuse-port' is about ports, and a Unix socket has none");
  }
  const refused = acceptUnavailable(model, accept);
  if (refused !== null) throw new UnsupportedError(refused);
  return accept;
}
