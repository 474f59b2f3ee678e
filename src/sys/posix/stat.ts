/** <sys/stat.h> */
import { bind } from '../ffi.ts';

/** mkfifo(3): 0, or the negative error number. The process's umask takes bits from `mode`. */
export const mkfifo = bind<[path: string, mode: number]>('mkfifo', 'int', ['string', 'uint']);
