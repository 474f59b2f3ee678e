/** <sys/epoll.h> */
import { bind } from './presence.ts';

export const epollCreate1 = bind<[flags: number]>('epoll_create1', 'int', ['int']);

/** epoll_ctl(2): `event` is one `struct epoll_event` at an address. */
export const epollCtl = bind<[epfd: number, operation: number, fd: number, event: number]>(
  'epoll_ctl',
  'int',
  ['fd', 'int', 'int', 'address'],
);

/** epoll_wait(2): `events` is the address of room for `max` events; `timeout` in ms, -1 waits for ever. */
export const epollWait = bind<[epfd: number, events: number, max: number, timeout: number]>(
  'epoll_wait',
  'int',
  ['fd', 'address', 'int', 'int'],
);
