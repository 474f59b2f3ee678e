/** <dlfcn.h> */
import { bindValue } from '../ffi.ts';
import { BSD } from './abi.ts';

const dlsym = bindValue<[handle: number, name: string]>('dlsym', 'address', ['ssize', 'string']);

/** Where a symbol of the running program or of one of its libraries lies: dlsym(3). */
export function symbol(name: string): number {
  return dlsym(BSD.RTLD_DEFAULT, name);
}

/** dlopen(3): the handle of a library, 0 when it cannot be loaded. `flags` of `DLFCN`. */
export const dlopen = bindValue<[file: string, flags: number]>('dlopen', 'address', [
  'string',
  'int',
]);
