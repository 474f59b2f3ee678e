import { inspect } from 'node:util';
import { SystemError } from '../errors.ts';
import { asInteger } from '../platform/integers.ts';
import { ERRNO, POLL } from '../sys/abi.ts';
import { read, write } from '../sys/descriptor.ts';
import { ioctlBytes, ioctlNumber } from '../sys/posix/ioctl.ts';
import { asIncoming, asOutgoing } from './buffers.ts';
import { Descriptor } from './descriptor.ts';
import { callNow } from './waiting.ts';

const REQUEST_MAX = 2 ** 32 - 1;

/** What bytes are read from and written to, and ioctl(2) is asked of: devices and terminals. */
export abstract class Device extends Descriptor {
  /** Waits for bytes: how many came, 0 at the end. @see read(2) */
  read(buffer: ArrayBufferView): number {
    const bytes = asIncoming(buffer);
    return this.wait('read', POLL.POLLIN, read, bytes, bytes.length, undefined);
  }

  /**
   * Takes the bytes that are there: how many, 0 at the end, null when none are. Throws TypeError on
   * a blocking descriptor.
   */
  tryRead(buffer: ArrayBufferView): number | null {
    this.requireNonBlocking('tryRead');
    const bytes = asIncoming(buffer);
    return this.attempt('read', read, bytes, bytes.length, undefined);
  }

  /** Waits for room and writes: how many bytes were taken. @see write(2) */
  write(buffer: ArrayBufferView): number {
    const bytes = asOutgoing(buffer);
    return this.wait('write', POLL.POLLOUT, write, bytes, bytes.length, undefined);
  }

  /**
   * Writes what there is room for: how many bytes were taken, null when there was no room. Throws
   * TypeError on a blocking descriptor.
   */
  tryWrite(buffer: ArrayBufferView): number | null {
    this.requireNonBlocking('tryWrite');
    const bytes = asOutgoing(buffer);
    return this.attempt('write', write, bytes, bytes.length, undefined);
  }

  /**
   * Writes every byte; a timeout limits the whole of it. An error tells in its message how many
   * bytes were taken before it.
   */
  writeAll(buffer: ArrayBufferView): void {
    this.waitForAll('write', POLL.POLLOUT, write, asOutgoing(buffer), 0);
  }

  /**
   * Asks the driver whatever no method has a name for, and returns its answer. `argument` is the
   * number that the request takes, or the memory of the structure that it reads or fills; that the
   * structure is as large as the request expects is the caller's care. Throws SystemError (ENOTTY:
   * the device does not know the request).
   *
   * @param request the request's number, 0 to 2^32-1
   * @see ioctl(2)
   */
  ioctl(request: number, argument: ArrayBufferView | number = 0): number {
    const fd = this.openFd('ioctl');
    asInteger(request, 'request', 0, REQUEST_MAX);
    const result =
      typeof argument === 'number'
        ? callNow(ioctlNumber, fd, request, asArgument(argument), undefined)
        : callNow(ioctlBytes, fd, request, asOutgoing(argument), undefined);
    if (result < 0) throw this.failure(result, 'ioctl');
    return result;
  }

  protected override failure(result: number, name: string, hint?: string): SystemError {
    const isUnknown = result === -ERRNO.ENOTTY;
    const known = isUnknown ? 'the device does not know this request' : undefined;
    return new SystemError(result, name, { hint: hint ?? known });
  }
}

function asArgument(argument: number): number {
  if (Number.isSafeInteger(argument)) return argument;
  throw new RangeError(`argument must be a safe integer, got ${inspect(argument)}`);
}
