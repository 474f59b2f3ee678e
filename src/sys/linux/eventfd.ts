/** <sys/eventfd.h> */
import { bind } from '../ffi.ts';

export const eventfd = bind<[initial: number, flags: number]>('eventfd', 'int', ['uint', 'int']);
