/** The flags of open(2) by names, and which of them make sense together. */
import { FCNTL } from '../sys/abi.ts';
import { assertPresent } from '../sys/absence.ts';

/** How a file is opened. */
export interface FileOpenOptions {
  /** @default true, unless `write` or `append` is given */
  readonly read?: boolean;
  /** @default false */
  readonly write?: boolean;
  /** Write at the end, wherever it is at that moment (O_APPEND); means `write`. @default false */
  readonly append?: boolean;
  /** Make the file when it is missing (O_CREAT); for writing only. @default false */
  readonly create?: boolean;
  /** Refuse with EEXIST when it is there (O_EXCL); with `create` only. @default false */
  readonly exclusive?: boolean;
  /** Empty it (O_TRUNC); for writing only. @default false */
  readonly truncate?: boolean;
  /** Every write waits for the disk, with all that describes the file (O_SYNC). @default false */
  readonly sync?: boolean;
  /** Every write waits for the disk, as far as reading it back needs (O_DSYNC). @default false */
  readonly dsync?: boolean;
  /** Go round the page cache (O_DIRECT): see `AlignedMemory`. @default false */
  readonly direct?: boolean;
  /** Reading leaves no time of access (O_NOATIME); owner or root only. @default false */
  readonly noAccessTime?: boolean;
  /** Refuse with ELOOP when the name is a symbolic link (O_NOFOLLOW). @default false */
  readonly noFollow?: boolean;
  /** Permission bits of a file that is made, of which the umask takes some. @default 0o666 */
  readonly mode?: number;
}

const FLAGS = {
  append: FCNTL.O_APPEND,
  create: FCNTL.O_CREAT,
  exclusive: FCNTL.O_EXCL,
  truncate: FCNTL.O_TRUNC,
  sync: FCNTL.O_SYNC,
  dsync: FCNTL.O_DSYNC,
  direct: FCNTL.O_DIRECT,
  noAccessTime: FCNTL.O_NOATIME,
  noFollow: FCNTL.O_NOFOLLOW,
} as const;

const FLAG_NAMES = Object.keys(FLAGS) as (keyof typeof FLAGS)[];
const NAMES: readonly string[] = ['read', 'write', 'mode', ...FLAG_NAMES];

function checkNames(options: FileOpenOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (!NAMES.includes(name)) {
      throw new TypeError(`${name} is no option of a file: ${NAMES.join(', ')}`);
    }
    if (name !== 'mode' && value !== undefined && typeof value !== 'boolean') {
      throw new TypeError(`${name} must be a boolean, got ${String(value)}`);
    }
  }
}

/** The options as flags of open(2). Throws TypeError when they contradict each other. */
export function encodeFlags(options: FileOpenOptions): number {
  checkNames(options);
  const { append = false, create, exclusive, truncate, sync, dsync } = options;
  const write = options.write ?? append;
  const read = options.read ?? !write;
  if (append && !write) throw new TypeError('append writes: leave write out, or true');
  if (!read && !write) throw new TypeError('read and write are both false: nothing is left to do');
  for (const [name, on] of Object.entries({ create, truncate, sync, dsync })) {
    if (on === true && !write) throw new TypeError(`${name} needs write: true or append: true`);
  }
  if (exclusive === true && create !== true) throw new TypeError('exclusive needs create: true');
  let flags: number = write ? (read ? FCNTL.O_RDWR : FCNTL.O_WRONLY) : FCNTL.O_RDONLY;
  for (const name of FLAG_NAMES) {
    if (options[name] === true) flags |= assertPresent(FLAGS[name], `the option ${name}`);
  }
  return flags;
}
