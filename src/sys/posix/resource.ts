/** <sys/resource.h> */
import { bind } from '../ffi.ts';
import { RESOURCE, RLIMIT } from './abi.ts';

const getrlimit = bind<[resource: number, limit: BigUint64Array]>('getrlimit', 'int', [
  'int',
  'buffer',
]);

/**
 * How many descriptors this process may hold open (the soft limit, which Node raises to the hard
 * one), or the negative error number.
 */
export function descriptorLimit(): number {
  const limit = new BigUint64Array(RLIMIT.size / BigUint64Array.BYTES_PER_ELEMENT);
  const result = getrlimit(RESOURCE.RLIMIT_NOFILE, limit);
  if (result < 0) return result;
  const soft = limit[0] as bigint;
  return soft > 0x7fffffffn ? 0x7fffffff : Number(soft);
}
