/**
 * Where each model runs, and how that was seen: what the tables of the README are made of.
 *
 * `kernel`: its suite runs on that system itself. `qemu`: as a program of that processor, whose
 * instructions are translated, on a real Linux. `wine`: under Wine. `double`: against a stand-in for
 * the system's own calls, and numbers from its headers. `tables`: numbers and structures compared
 * with its headers or its compiler; the calls themselves are the same code as on Linux. `node`:
 * nothing but Node's own code, which was not tried there.
 */
export type Verification = 'kernel' | 'qemu' | 'wine' | 'double' | 'tables' | 'node';

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
  'node-net': { ...LINUX, darwin: 'node', freebsd: 'node', openbsd: 'node', win32: 'wine' },
};

/** The processors that a system's column is about; on others nothing has run. */
const PROCESSORS: Readonly<Record<string, readonly string[]>> = {
  linux: ['x64', 'arm64'],
  darwin: ['x64', 'arm64'],
  freebsd: ['x64', 'arm64'],
  openbsd: ['x64', 'arm64'],
  win32: ['x64'],
};

const WORDS: Readonly<Record<Verification, string | null>> = {
  kernel: null,
  qemu: 'under qemu, not yet on such a processor',
  wine: 'under Wine, not yet on Windows',
  double: 'against a double and header tables, not yet on a BSD kernel',
  tables: 'against header tables, not yet on this system',
  node: "on Linux, as Node's own code, not yet on this system",
};

/**
 * How a model was verified on a system, by Node's names of it: null where that was the kernel itself.
 * Of a model that the system does not have it is said how it was verified where it is at home.
 */
export function verifiedOn(model: string, platform: string, arch: string): string | null {
  const platforms = PLATFORMS[model] ?? {};
  const system = platform === 'linux' && arch === 'arm64' ? 'linux-arm64' : platform;
  const how = platforms[system as System];
  if (PROCESSORS[platform] === undefined) return `on other systems, not yet on ${platform}`;
  if (how === undefined) return WORDS[Object.values(platforms)[0] ?? 'kernel'];
  if (PROCESSORS[platform].includes(arch)) return WORDS[how];
  return `on other processors, not yet on ${arch}`;
}
