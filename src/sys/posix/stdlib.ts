/** <stdlib.h>: pseudo terminals. */
import { bind, bindValue } from '../ffi.ts';

/** posix_openpt(3): the descriptor of a new pair's controlling side, or the negative error number. */
export const posixOpenpt = bind<[flags: number]>('posix_openpt', 'int', ['int']);

export const grantpt = bind<[fd: number]>('grantpt', 'int', ['fd']);
export const unlockpt = bind<[fd: number]>('unlockpt', 'int', ['fd']);

/** ptsname_r(3), which answers the error number itself: 0, or that. */
export const ptsname = bindValue<[fd: number, name: Uint8Array, size: number]>('ptsname_r', 'int', [
  'fd',
  'buffer',
  'size',
]);
