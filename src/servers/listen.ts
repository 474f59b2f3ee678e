/** The listening socket: made by whoever starts the workers, so that a busy port is the starter's error. */
import { isIPv6 } from 'node:net';
import { Socket } from '../io.ts';

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly backlog: number;
  /** Whether accept sleeps on it. */
  readonly isBlocking: boolean;
  /** The model cannot watch a listener numbered this or above. */
  readonly descriptorsBelow: number;
}

/** Binds and listens on a numeric host. Throws SystemError (EADDRINUSE, EACCES, EADDRNOTAVAIL). */
export function openListener(options: ListenOptions): Socket {
  const { host, port, backlog, isBlocking, descriptorsBelow } = options;
  const listener = Socket.open(isIPv6(host) ? 'ipv6' : 'ipv4', 'stream');
  try {
    if (listener.fd >= descriptorsBelow) {
      throw new RangeError(
        `the listening socket got descriptor ${listener.fd}, and this model watches those below ${descriptorsBelow} only; use poll or epoll`,
      );
    }
    listener.setReuseAddress(true);
    // Linux hands this option on to every accepted socket, which saves a call for each.
    listener.setOption('TCP_NODELAY', true);
    listener.bind({ host, port });
    listener.listen(backlog);
    listener.setBlocking(isBlocking);
    return listener;
  } catch (error) {
    listener.close();
    throw error;
  }
}
