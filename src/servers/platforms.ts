import { HOST } from '../platform/host.ts';

/**
 * Where each model runs, and how that was seen: what the tables of the README are made of.
 *
 * `kernel`: its suite runs on that system itself. `qemu`: as a program of that processor, whose
 * instructions are translated, on a real Linux. `wine`: under Wine. `double`: against a stand-in for
 * the system's own calls, and numbers from its headers. `tables`: numbers and structures compared
 * with its headers or its compiler; the calls themselves are the same code as on Linux.
 */
export type Verification = 'kernel' | 'qemu' | 'wine' | 'double' | 'tables';

/** The systems that a table of models has a column for. */
export type System = 'linux' | 'linux-arm64' | 'darwin' | 'freebsd' | 'openbsd' | 'win32';

/** By system; one that is not named does not have the model. */
export type Platforms = Readonly<Partial<Record<System, Verification>>>;

const LINUX: Platforms = { linux: 'kernel', 'linux-arm64': 'qemu' };
const POSIX: Platforms = { ...LINUX, darwin: 'tables', freebsd: 'tables', openbsd: 'tables' };
const EVERYWHERE: Platforms = { ...POSIX, win32: 'wine' };

/** By the name of the model. */
export const PLATFORMS: Readonly<Record<string, Platforms>> = {
  blocking: EVERYWHERE,
  'blocking-processes': POSIX,
  'blocking-threads': EVERYWHERE,
  'non-blocking': EVERYWHERE,
  select: EVERYWHERE,
  poll: EVERYWHERE,
  epoll: LINUX,
  'epoll-edge': LINUX,
  kqueue: { darwin: 'double', freebsd: 'double', openbsd: 'tables' },
  'signal-driven': LINUX,
  'io-uring': { linux: 'kernel', 'linux-arm64': 'tables' },
  iocp: { win32: 'wine' },
  'node-net': EVERYWHERE,
};

/** How a model was verified on the system of this process, where that was not the system itself; else null. */
export function verifiedHere(model: string): string | null {
  const how = PLATFORMS[model]?.[HOST as System];
  return how === 'wine' ? 'under Wine, not yet on Windows itself' : null;
}
