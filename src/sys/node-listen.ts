/**
 * Handing a listening socket to Node's own loop.
 *
 * Facts: `server.listen({ fd })` takes a descriptor of POSIX systems. On Windows Node means a number
 * of the C library there, and no socket has one; but the handle that its net module listens with
 * opens any socket, and `server.listen(handle)` takes such a handle.
 *
 * What this means for us: there the handle is opened by us. It is what `net` is made of, and not
 * part of what Node documents; without it the baseline says that it cannot listen.
 */
import type { Server } from 'node:net';
import { SystemError, UnsupportedError } from '../errors.ts';
import { HOST } from '../platform/host.ts';

interface TcpHandle {
  open(socket: number): number;
}

interface TcpBinding {
  readonly TCP?: new (kind: number) => TcpHandle;
  readonly constants?: { readonly SERVER?: number };
}

interface Bindings {
  binding?(name: string): TcpBinding;
}

function openHandle(fd: number): TcpHandle {
  const { TCP, constants } = (process as unknown as Bindings).binding?.('tcp_wrap') ?? {};
  if (TCP === undefined || constants?.SERVER === undefined) {
    throw new UnsupportedError({
      model: "listening with Node's own net module",
      reason: `Node ${process.version} has no handle that opens a socket`,
      remedy: 'use another model',
    });
  }
  const handle = new TCP(constants.SERVER);
  const result = handle.open(fd);
  if (result < 0) throw new SystemError(result, 'uv_tcp_open');
  return handle;
}

/** Lets `server` listen on a socket, which from now on it closes. */
export function listenOn(server: Server, fd: number): void {
  server.listen(HOST === 'win32' ? openHandle(fd) : { fd });
}
