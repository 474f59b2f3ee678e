/**
 * Character devices: /dev/null, /dev/zero, /dev/random, /dev/full, and whatever a driver offers.
 *
 * Facts:
 * - Whether one can be waited on is the driver's choice. epoll refuses those without the operation
 *   (EPERM: /dev/null, /dev/zero, /dev/full, /dev/urandom) and takes the others (/dev/random,
 *   terminals). select and poll call a driver without it always ready, in both directions.
 * - /dev/null takes every byte and is always at its end, /dev/zero never ends, /dev/full reads as
 *   zeros and refuses every write with ENOSPC.
 */
import { inspect } from 'node:util';
import type { SystemError } from '../errors.ts';
import { asFd } from '../platform/fd.ts';
import { ERRNO, FCNTL } from '../sys/abi.ts';
import { Device } from './device.ts';
import { asPath, checkDescriptorKind, openDeadline, openPath } from './opening.ts';

/** How a device is opened. */
export interface DeviceOpenOptions {
  /** What it is used for. @default 'both' */
  readonly direction?: 'read' | 'write' | 'both';
  /** Open without waiting for the device, and leave it non-blocking. @default false */
  readonly nonBlocking?: boolean;
  /**
   * How long the opening may wait for the device, in milliseconds; null waits for ever.
   * @default null
   */
  readonly timeoutMs?: number | null;
}

const DIRECTIONS = { read: FCNTL.O_RDONLY, write: FCNTL.O_WRONLY, both: FCNTL.O_RDWR } as const;

function missing(errno: number): string | undefined {
  return errno === ERRNO.ENOENT ? 'no device has that name here: ls /dev' : undefined;
}

/** Opens a character device by its path: the descriptor. For this class and for terminals. */
export function openDevice(path: string, options: DeviceOpenOptions): number {
  const { direction = 'both', nonBlocking = false, timeoutMs = null } = options;
  if (!Object.hasOwn(DIRECTIONS, direction)) {
    throw new TypeError(`direction must be 'read', 'write' or 'both', got ${inspect(direction)}`);
  }
  if (typeof nonBlocking !== 'boolean') {
    throw new TypeError(`nonBlocking must be a boolean, got ${inspect(nonBlocking)}`);
  }
  const flags = DIRECTIONS[direction] | (nonBlocking ? FCNTL.O_NONBLOCK : 0);
  const deadline = openDeadline(timeoutMs);
  return openPath({ path, flags, kinds: ['character device'], deadline, hint: missing });
}

/** A character device, opened by its path. */
export class CharacterDevice extends Device {
  /** Where it was opened, or null when it was adopted. */
  readonly path: string | null;

  private constructor(fd: number, path: string | null) {
    super(fd, path === null);
    this.path = path;
  }

  /**
   * Opens the device at a path. Throws SystemError: ENOENT, EACCES, ENXIO or ENODEV when nothing is
   * behind the name; TypeError when something else lies there. @see open(2)
   */
  static open(path: string | URL, options: DeviceOpenOptions = {}): CharacterDevice {
    const name = asPath(path);
    const device = new CharacterDevice(openDevice(name, options), name);
    if (options.nonBlocking === true) device.setBlocking(false);
    return device;
  }

  /**
   * Adopts an open character device, which from now on this object closes. Throws SystemError
   * (EBADF), TypeError when it is something else.
   */
  static fromFd(fd: number): CharacterDevice {
    const checked = asFd(fd);
    checkDescriptorKind(checked, ['character device']);
    return new CharacterDevice(checked, null);
  }

  protected override failure(result: number, name: string, hint?: string): SystemError {
    const isFull = result === -ERRNO.ENOSPC && hint === undefined;
    return super.failure(result, name, isFull ? 'the device takes no more bytes' : hint);
  }

  protected override describe(): string {
    return this.path ?? 'character device';
  }
}
