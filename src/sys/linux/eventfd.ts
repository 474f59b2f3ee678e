/** <sys/eventfd.h> */
import { bind } from './presence.ts';

export const eventfd = bind<[initial: number, flags: number]>('eventfd', 'int', ['uint', 'int']);
