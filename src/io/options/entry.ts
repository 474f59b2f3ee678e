/** What is known about one socket option: where it lives, what its value is, whose it is. */
import type { SocketKind } from '../socket-family.ts';
import type { Codec } from './codec.ts';

/** The sockets that have an option. */
export interface Scope {
  /** For the sentence "NAME is an option of …". */
  readonly words: string;
  readonly has: (kind: SocketKind) => boolean;
}

/** What a number and a codec cannot do: options whose structure points to more memory. */
export interface SpecialCalls<Out, In> {
  /** Sets the option: 0, or the negative error number. Throws for a wrong value. */
  readonly set?: (place: Place, value: In, name: string) => number;
  /** Reads it: the value, or the negative error number. */
  readonly get?: (place: Place) => Out | number;
}

/** One option of one descriptor, as setsockopt(2) takes it. */
export interface Place {
  readonly fd: number;
  readonly level: number;
  readonly option: number;
}

export interface Entry<Out, In = Out> extends SpecialCalls<Out, In> {
  readonly level: number;
  readonly option: number;
  readonly codec: Codec<Out, In>;
  readonly scope: Scope;
  readonly access: 'both' | 'read' | 'write';
}

interface EntryOptions<Out, In> extends SpecialCalls<Out, In> {
  readonly scope?: Scope;
  readonly access?: Entry<Out, In>['access'];
}

function isInternet({ family }: SocketKind): boolean {
  return family === 'ipv4' || family === 'ipv6';
}

export const ANY: Scope = { words: 'every socket', has: () => true };
export const INTERNET: Scope = { words: 'ipv4 and ipv6 sockets', has: isInternet };
export const IPV6: Scope = { words: 'ipv6 sockets', has: ({ family }) => family === 'ipv6' };
export const TCP: Scope = {
  words: 'ipv4 and ipv6 sockets of type stream',
  has: (kind) => isInternet(kind) && kind.type === 'stream',
};
export const UDP: Scope = {
  words: 'ipv4 and ipv6 sockets of type datagram',
  has: (kind) => isInternet(kind) && kind.type === 'datagram',
};
export const RAW: Scope = {
  words: 'ipv4 and ipv6 sockets of type raw',
  has: (kind) => isInternet(kind) && kind.type === 'raw',
};
export const RAW_IPV4: Scope = {
  words: 'ipv4 sockets of type raw',
  has: ({ family, type }) => family === 'ipv4' && type === 'raw',
};
export const RAW_IPV6: Scope = {
  words: 'ipv6 sockets of type raw',
  has: ({ family, type }) => family === 'ipv6' && type === 'raw',
};
export const UNIX: Scope = { words: 'unix sockets', has: ({ family }) => family === 'unix' };
export const UNIX_OR_NETLINK: Scope = {
  words: 'unix and netlink sockets',
  has: ({ family }) => family === 'unix' || family === 'netlink',
};
export const PACKET: Scope = { words: 'packet sockets', has: ({ family }) => family === 'packet' };
export const NETLINK: Scope = {
  words: 'netlink sockets',
  has: ({ family }) => family === 'netlink',
};
export const CAN_RAW: Scope = {
  words: 'can sockets of type raw',
  has: ({ family, type }) => family === 'can' && type === 'raw',
};
export const VSOCK: Scope = { words: 'vsock sockets', has: ({ family }) => family === 'vsock' };

/** A table of one level: everything but the level and the usual scope is said per option. */
export function level(number: number, usual: Scope) {
  return <Out, In = Out>(
    option: number,
    codec: Codec<Out, In>,
    { scope = usual, access = 'both', ...special }: EntryOptions<Out, In> = {},
  ): Entry<Out, In> => ({ level: number, option, codec, scope, access, ...special });
}

export const readOnly = { access: 'read' } as const;
export const writeOnly = { access: 'write' } as const;
