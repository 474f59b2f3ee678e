/** Sockets on this machine, as the tests of this folder need them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type InternetAddress, Socket } from '../../src/io.ts';

/** Why there is no IPv6 on the loopback interface, or false when there is. */
export function noIpv6(): string | false {
  try {
    return !readFileSync('/proc/net/if_inet6', 'utf8').includes(' lo') && 'no IPv6 loopback';
  } catch {
    return 'no IPv6';
  }
}

/** A listening socket on a free port of 127.0.0.1. */
export function listenOnLoopback(backlog?: number): { listener: Socket; address: InternetAddress } {
  const listener = Socket.open('ipv4', 'stream');
  listener.bind({ host: '127.0.0.1', port: 0 });
  listener.listen(backlog);
  return { listener, address: listener.localAddress as InternetAddress };
}

/** The two ends of a TCP connection. */
export function connectedPair(): [client: Socket, server: Socket] {
  const { listener, address } = listenOnLoopback();
  const client = Socket.open('ipv4', 'stream');
  client.connect(address);
  const { socket } = listener.accept();
  listener.close();
  return [client, socket];
}

/** A port that refuses: bound, so that nobody else takes it, and not listening. */
export function refusingAddress(): { holder: Socket; address: InternetAddress } {
  const holder = Socket.open('ipv4', 'stream');
  holder.bind({ host: '127.0.0.1', port: 0 });
  return { holder, address: holder.localAddress as InternetAddress };
}

/** Fills the kernel's buffers until a send would wait; the sender is left as it was. */
export function fillSocket(socket: Socket): number {
  const chunk = new Uint8Array(65_536);
  let sent = 0;
  for (let count = socket.trySend(chunk); count !== null; count = socket.trySend(chunk)) {
    sent += count;
  }
  return sent;
}

/** A folder for Unix sockets that is removed when it is disposed of. */
export function socketFolder(): Disposable & { readonly path: (name: string) => string } {
  const folder = mkdtempSync(join(tmpdir(), 'polyio-'));
  return {
    path: (name) => join(folder, name),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}
