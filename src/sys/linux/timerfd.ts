/** <sys/timerfd.h> and the clocks behind it, <time.h>. A time is two 64-bit words: s and ns. */
import { bind } from './presence.ts';

export const timerfdCreate = bind<[clock: number, flags: number]>('timerfd_create', 'int', [
  'int',
  'int',
]);

/** timerfd_settime(2): `old` receives what was set before. */
export const timerfdSettime = bind<
  [fd: number, flags: number, time: BigInt64Array, old: BigInt64Array]
>('timerfd_settime', 'int', ['fd', 'int', 'buffer', 'buffer']);

export const timerfdGettime = bind<[fd: number, time: BigInt64Array]>('timerfd_gettime', 'int', [
  'fd',
  'buffer',
]);

export const clockGettime = bind<[clock: number, time: BigInt64Array]>('clock_gettime', 'int', [
  'int',
  'buffer',
]);
