/** A server on the calling thread: for worker threads of one's own, and for programs that do nothing else. */
import { UnsupportedError } from '../errors.ts';
import type { Address } from '../io.ts';
import { asInteger } from '../platform/integers.ts';
import { beginWait, endWait } from '../sys/interrupt.ts';
import { descriptorLimit } from '../sys/limits.ts';
import { type AcceptMode, resolveAccept } from './accept-mode.ts';
import { type Limits, resolveLimits } from './limits.ts';
import { Listener } from './listen.ts';
import { checkProtocol } from './load-protocol.ts';
import { chooseModel, type ModelName } from './models.ts';
import { programOf } from './programs.ts';
import type { Protocol } from './protocol.ts';
import { runProgram } from './run-program.ts';
import { ControlBlock, type Statistics } from './statistics.ts';

/** Where and how to serve on the calling thread. */
export interface RunServerOptions extends Partial<Limits> {
  /** @default 'default': the best that this kernel has */
  readonly model?: ModelName | 'default';
  /** A numeric address. @default '127.0.0.1' */
  readonly host?: string;
  /** 0 asks the kernel for a free one. @default 8080 */
  readonly port?: number;
  /** Listens on a Unix stream socket in this file instead, as `serve` does. */
  readonly path?: string;
  /**
   * With `reuse-port` other threads and processes of this user may listen on the port as well, each
   * with a socket of its own; `exclusive` is for `epoll` and `epoll-edge`, as `serve` has it.
   * @default 'shared'
   */
  readonly accept?: AcceptMode;
  /** Called once the socket listens, before the first client is served. */
  readonly onListening?: (address: Address) => void;
}

/**
 * Serves `protocol` on the calling thread, which it occupies: no timer, promise or message of that
 * thread moves until it returns. It returns the final figures when another thread calls
 * `interrupt` on this one; the connections are then closed at once.
 *
 * Throws SystemError (EADDRINUSE, EACCES, EADDRNOTAVAIL) from bind, and UnsupportedError for a
 * model that cannot run here or not on one thread (`node-net`, `blocking-threads`,
 * `blocking-processes`: those are for `serve`).
 */
export function runServer(protocol: Protocol, options: RunServerOptions = {}): Statistics {
  const { model: name = 'default', host = '127.0.0.1', port = 8080, onListening } = options;
  checkProtocol(protocol, 'protocol');
  const { model } = chooseModel(name);
  if (model.name === 'blocking-threads' || model.name === 'blocking-processes') {
    throw new UnsupportedError({
      model: model.name,
      reason: 'it needs several threads or processes, and a protocol object stays in its own',
      remedy: 'put the protocol into a module and start it with serve()',
    });
  }
  // Refuses the model that has no program before anybody is told that it listens.
  const prepare = programOf(model);
  asInteger(port, 'port', 0, 65_535);
  const accept = resolveAccept(model, { accept: options.accept, workers: 1, path: options.path });
  const limits = resolveLimits(options, descriptorLimit());
  const control = new ControlBlock(new ArrayBuffer(ControlBlock.size(1)), 1);
  const { isBlocking, descriptorsBelow } = model;
  const { backlog } = limits;
  const where = options.path === undefined ? { host, port } : { path: options.path };
  const sharesPort = accept === 'reuse-port';
  using listener = new Listener({ where, backlog, isBlocking, descriptorsBelow, sharesPort });
  // From here on another thread may interrupt this one, whom `onListening` tells that it serves.
  beginWait();
  try {
    onListening?.(listener.address);
    const listenerFd = listener.fd;
    runProgram(prepare, {
      protocol,
      listenerFd,
      limits,
      control,
      worker: 0,
      wakerFd: -1,
      isBlocking,
      accept,
    });
  } finally {
    endWait();
  }
  return control.statistics();
}
