/** UDP sockets on this machine, as the tests of this folder need them. */
import { readFileSync } from 'node:fs';
import { type InternetAddress, Socket } from '../../src/io.ts';

export interface DatagramPair {
  readonly left: Socket;
  readonly right: Socket;
  /** Where `right` is. */
  readonly address: InternetAddress;
}

/** Two UDP sockets on 127.0.0.1, neither connected. */
export function datagramPair(): DatagramPair {
  const left = Socket.open('ipv4', 'datagram');
  left.bind({ host: '127.0.0.1', port: 0 });
  const right = Socket.open('ipv4', 'datagram');
  right.bind({ host: '127.0.0.1', port: 0 });
  return { left, right, address: right.localAddress as InternetAddress };
}

/** Whether the loopback interface has an IPv6 address. */
export function hasIpv6(): boolean {
  try {
    return readFileSync('/proc/net/if_inet6', 'utf8').includes(' lo');
  } catch {
    return false;
  }
}
