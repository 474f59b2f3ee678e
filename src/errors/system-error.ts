import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

const names = new Map<number, string>();
for (const [name, number] of Object.entries(constants.errno)) {
  // Aliases (EWOULDBLOCK, EOPNOTSUPP) share a number: the first one listed is the usual name.
  if (!names.has(number)) names.set(number, name);
}
for (const [negative, [name]] of getSystemErrorMap()) names.set(-negative, name);

/** By system: errors that sockets and files give there and that Node has no name for. */
const MORE_NAMES: Readonly<Record<string, readonly (readonly [number, string])[]>> = {
  linux: [
    [70, 'ECOMM'],
    [77, 'EBADFD'],
    [87, 'EUSERS'],
    [96, 'EPFNOSUPPORT'],
    [109, 'ETOOMANYREFS'],
    [117, 'EUCLEAN'],
    [123, 'ENOMEDIUM'],
    [124, 'EMEDIUMTYPE'],
    [126, 'ENOKEY'],
    [132, 'ERFKILL'],
    [133, 'EHWPOISON'],
  ],
};
for (const [number, name] of MORE_NAMES[process.platform] ?? []) {
  if (!names.has(number)) names.set(number, name);
}

/** The name of an error number of this platform (`104` gives `ECONNRESET` on Linux), or `E104` when it has none. */
export function errorName(errno: number): string {
  return names.get(errno) ?? `E${errno}`;
}

/** What a failed call was about; everything that is set appears in the message. */
export interface SystemErrorDetails {
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  readonly path?: string | undefined;
  /** One clause that tells what to do, for errors whose name alone does not. */
  readonly hint?: string | undefined;
}

function describe(code: string, syscall: string, details: SystemErrorDetails): string {
  const { address, port, path, hint } = details;
  const host = address?.includes(':') ? `[${address}]` : address;
  const where = host === undefined ? path : port === undefined ? host : `${host}:${port}`;
  return `${syscall} ${code}${where === undefined ? '' : ` ${where}`}${hint ? `: ${hint}` : ''}`;
}

/**
 * The kernel refused a call. Field names and message have Node's own form:
 * `connect ECONNREFUSED 127.0.0.1:1`, `code: 'ECONNREFUSED'`, `errno: -111`, `syscall: 'connect'`.
 */
export class SystemError extends Error {
  override readonly name = 'SystemError';
  /** The error's name, `ECONNRESET` for example; the stable contract. */
  readonly code: string;
  /** The error's number on this platform, negative as in Node. */
  readonly errno: number;
  /** The call that failed, by its manual page's name. */
  readonly syscall: string;
  // Declared only: a field that does not apply must not show as `undefined` on every error.
  declare readonly address?: string;
  declare readonly port?: number;
  declare readonly path?: string;

  /** @param errno the error's number, as the kernel has it; the sign does not matter */
  constructor(errno: number, syscall: string, details: SystemErrorDetails = {}) {
    const number = Math.abs(errno);
    const code = errorName(number);
    super(describe(code, syscall, details));
    this.code = code;
    this.errno = -number;
    this.syscall = syscall;
    if (details.address !== undefined) this.address = details.address;
    if (details.port !== undefined) this.port = details.port;
    if (details.path !== undefined) this.path = details.path;
  }
}
