/** <dlfcn.h> */
import { bindValue } from '../ffi.ts';

/** dlsym(3): the address of a symbol; the handle 0 means the running program. */
export const dlsym = bindValue<[handle: number, name: string]>('dlsym', 'address', [
  'address',
  'string',
]);

/** dlopen(3): the handle of a library, 0 when it cannot be loaded. `flags` of `DLFCN`. */
export const dlopen = bindValue<[file: string, flags: number]>('dlopen', 'address', [
  'string',
  'int',
]);
