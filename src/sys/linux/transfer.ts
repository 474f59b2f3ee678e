/** <sys/sendfile.h> and splice(2): bytes that go from descriptor to descriptor inside the kernel. */
import { bind } from './presence.ts';

/** sendfile(2) from the position in `offset`, which it moves: bytes, or the negative error number. */
export const sendfile = bind<[to: number, from: number, offset: BigInt64Array, size: number]>(
  'sendfile',
  'ssize',
  ['fd', 'int', 'buffer', 'size'],
);

const spliceAt = bind<
  [from: number, fromOffset: number, to: number, toOffset: number, size: number, flags: number]
>('splice', 'ssize', ['fd', 'address', 'int', 'address', 'size', 'uint']);

/** splice(2) from and to where the descriptors stand: bytes, or the negative error number. */
export function splice(from: number, to: number, size: number, flags: number): number {
  return spliceAt(from, 0, to, 0, size, flags);
}
