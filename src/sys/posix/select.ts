/** <sys/select.h> */
import { bind } from '../ffi.ts';

/** select(2) over three sets and a timeval at addresses; 0 in place of one means none. */
export const select = bind<
  [count: number, readable: number, writable: number, exceptional: number, timeout: number]
>('select', 'int', ['int', 'address', 'address', 'address', 'address']);
