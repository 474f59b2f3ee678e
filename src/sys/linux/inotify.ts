/** <sys/inotify.h> */
import { bind } from './presence.ts';

export const inotifyInit1 = bind<[flags: number]>('inotify_init1', 'int', ['int']);

export const inotifyAddWatch = bind<[fd: number, path: string, mask: number]>(
  'inotify_add_watch',
  'int',
  ['fd', 'string', 'uint'],
);

export const inotifyRmWatch = bind<[fd: number, watch: number]>('inotify_rm_watch', 'int', [
  'fd',
  'int',
]);
