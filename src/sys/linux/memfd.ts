/** memfd_create(2): <sys/mman.h> */
import { bind } from './presence.ts';

export const memfdCreate = bind<[name: string, flags: number]>('memfd_create', 'int', [
  'string',
  'uint',
]);
