/**
 * The choke point: every call into the kernel's C library passes through `bind`.
 *
 * Facts about calling C from JavaScript:
 * - `errno` belongs to the thread and survives only until the next call of anything: one failing
 *   `fs.statSync` in between destroys it every time. So it is read here, in the same expression as
 *   the call, and travels as a negative result, the way the kernel itself returns it.
 * - `dlopen(NULL)` resolves symbols in the order of the running program, so that an interposed
 *   library is honoured; a library loaded by name would go round it.
 * - A type name is global to a thread: declaring one twice throws. No type here has a name.
 * - An integer that holds an address costs 50 ns less per call than a typed array does.
 * - A thread that is ended while the library loads or binds takes the process down with it: the
 *   library cannot report its failure to a thread that runs no JavaScript any more.
 *
 * - Windows has no C library that calls the kernel: functions are bound by the name of their library,
 *   and say what went wrong in GetLastError, which Winsock shares. Everything there is the same one
 *   calling convention, and a SOCKET or HANDLE fills a register: as an int its upper half would be
 *   whatever was left there.
 *
 * What this means for us: callers see integers only. Structures are bytes at offsets that `abi.ts`
 * names. Nothing above this folder knows which library does the calling, so that another one can
 * take its place.
 */
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { PolyioError, UnsupportedError } from '../errors.ts';
import { HOST } from '../platform/host.ts';
import { EXIT_WORD, EXITING, isWaitingHere, SETTING_UP, table } from './thread-table.ts';
import { errnoOfCode } from './windows/errors.ts';

/**
 * C types that a call may take. `fd` is an `int` that names the descriptor the call is about,
 * `address` an integer that points into mapped memory, `buffer` the bytes of a typed array, lent
 * for the duration of the call, `variadic` what C declares as `...` (see posix/variadic.ts), `wide` a
 * string in the 16-bit form of Windows.
 */
export type ParameterType =
  | 'fd'
  | 'int'
  | 'uint'
  | 'size'
  | 'ssize'
  | 'off'
  | 'address'
  | 'buffer'
  | 'string'
  | 'variadic'
  | 'wide';

/**
 * One call seen by the tap: times in milliseconds on the clock of `performance.now()`; `fd` and
 * `errno` are -1 and 0 where there are none.
 */
export type Tap = (
  call: string,
  start: number,
  end: number,
  result: number,
  errno: number,
  fd: number,
) => void;

/** A bound call: the C result, or the negative error number where C returned -1. */
export type SystemCall<Arguments extends readonly unknown[]> = (...parameters: Arguments) => number;

type Result = 'int' | 'ssize' | 'address';

// The one place where the foreign library's own shapes are visible: they differ per library.
// biome-ignore lint/suspicious/noExplicitAny: a foreign function takes whatever it was bound with
export type Native = (...parameters: any[]) => number;

interface Library {
  func(name: string, result: string, parameters: string[]): Native;
}

interface Koffi {
  load(path: string | null): Library;
  proto(name: null, result: string, parameters: string[]): unknown;
  call(pointer: bigint, type: unknown, ...parameters: unknown[]): number;
  errno(): number;
  view(address: bigint, size: number): ArrayBuffer;
  address(value: unknown): bigint;
  version: string;
  readonly node: {
    readonly env: unknown;
    poll(fd: number, callback: () => void): PollHandle;
  };
}

/** A handle in Node's own event loop. Whoever needs it has to hold it: dropped, it is closed. */
export interface PollHandle {
  close(): void;
}

interface Foreign {
  /** By name; `''` is what the running program is linked with. */
  readonly libraries: Map<string, Library>;
  readonly koffi: Koffi;
}

/** What the longest function takes. */
const PARAMETERS_MAX = 12;

const C_TYPES: Readonly<Record<ParameterType | Result, string>> = {
  fd: HOST === 'win32' ? 'uintptr_t' : 'int',
  int: 'int',
  uint: 'unsigned int',
  size: 'size_t',
  ssize: 'intptr_t',
  off: 'int64_t',
  address: 'uintptr_t',
  buffer: 'void *',
  string: 'const char *',
  variadic: '...',
  wide: 'const char16_t *',
};

/** The systems that the foreign library and this boundary are there for. */
const HOSTS: readonly string[] = ['linux', 'darwin', 'freebsd', 'openbsd', 'win32'];

/** The name of the running program's own libraries. */
const PROGRAM = '';

const require = createRequire(import.meta.url);
let foreign: Foreign | undefined;
let errno: () => number = () => 0;

/** The observer of every call, or null. Read by the calls that `resolve` serves; `setTap` changes it. */
export let tap: Tap | null = null;

/** Keeps the process from exiting under a thread that loads the library or binds a function. */
function setUp<Result>(work: () => Result): Result {
  Atomics.add(table, SETTING_UP, 1);
  try {
    const isTooLate = !isMainThread && Atomics.load(table, EXIT_WORD) === EXITING;
    // A thread in a wait is waited for until it has closed what it holds.
    if (isTooLate && !isWaitingHere()) {
      throw new PolyioError('ERR_POLYIO_INTERRUPTED', 'the call came too late: the process exits');
    }
    return work();
  } finally {
    Atomics.sub(table, SETTING_UP, 1);
  }
}

function load(): Foreign {
  foreign ??= setUp(loadLibrary);
  return foreign;
}

function loadLibrary(): Foreign {
  if (!HOSTS.includes(HOST)) {
    throw new UnsupportedError({
      model: 'polyio',
      reason: `its kernel boundary is written for Linux, macOS, FreeBSD, OpenBSD and Windows, this is ${HOST}`,
      remedy: 'run it on one of those',
    });
  }
  try {
    const koffi = require('koffi') as Koffi;
    errno = HOST === 'win32' ? lastError(koffi) : koffi.errno;
    const libraries = new Map<string, Library>();
    if (HOST !== 'win32') libraries.set(PROGRAM, koffi.load(null));
    return { koffi, libraries };
  } catch (cause) {
    throw new UnsupportedError(
      {
        model: 'polyio',
        reason: `the foreign function library koffi did not load (${(cause as Error).message})`,
        remedy:
          'install the optional packages of koffi (npm ci without --omit=optional); under --permission add --allow-addons',
      },
      { cause },
    );
  }
}

/** The foreign library's name of a C type, which goes before an argument that `...` stands for. */
export function typeName(type: ParameterType): string {
  return C_TYPES[type];
}

/** What runs right before a call that the tap will see, or null: it may make calls of its own. */
let probe: ((call: string, fd: number) => void) | null = null;

/** Installs what runs before each tapped call of the calling thread, or removes it with `null`. */
export function setProbe(next: ((call: string, fd: number) => void) | null): void {
  probe = next;
}

/** What GetLastError says, which the foreign library keeps between two calls, by the names of POSIX. */
function lastError(koffi: Koffi): () => number {
  const getLastError = koffi.load('kernel32.dll').func('GetLastError', 'uint32_t', []);
  return () => errnoOfCode(getLastError());
}

function libraryOf({ koffi, libraries }: Foreign, name: string): Library {
  let library = libraries.get(name);
  if (library === undefined) {
    if (name === PROGRAM) throw new Error('there is no C library that calls the kernel');
    library = koffi.load(name);
    libraries.set(name, library);
  }
  return library;
}

function whyMissing(name: string, library: string): string {
  if (library !== PROGRAM) return `${library} of this system has no ${name}()`;
  if (HOST === 'win32') return `${name}() is a call of POSIX systems, and this is Windows`;
  return `the C library of this system has no ${name}()`;
}

/** Installs the observer of every call, or removes it with `null`. Off, it costs one branch per call. */
export function setTap(next: Tap | null): void {
  tap = next;
}

/** The version of the library that does the calling, for `doctor`. Loads it when nothing has yet. */
export function foreignVersion(): string {
  return `koffi ${load().koffi.version}`;
}

/**
 * An ArrayBuffer over mapped memory. Make it once per mapping: views made in a loop that never
 * returns to Node are never collected.
 */
export function viewMemory(address: number, size: number): ArrayBuffer {
  const { koffi } = load();
  return setUp(() => koffi.view(BigInt(address), size));
}

/**
 * Where the bytes of a typed array lie, for structures that point to other memory. Good for one
 * synchronous call made while the caller still holds the array, and for nothing else.
 */
export function addressOf(bytes: Uint8Array): number {
  return Number(load().koffi.address(bytes));
}

/** The file of the library that does the calling, or null when it is part of the program itself. */
export function foreignFile(): string | null {
  load();
  return Object.keys(require.cache).find((file) => file.endsWith('koffi.node')) ?? null;
}

/** The address by which native code knows this thread's Node, for functions whose name is napi_*. */
export function nodeEnvironment(): number {
  const { koffi } = load();
  return Number(koffi.address(koffi.node.env));
}

/** Watches a descriptor in this thread's loop. For node-poll.ts, which tells what is wrong with it. */
export function pollHandle(fd: number, callback: () => void): PollHandle {
  const { koffi } = load();
  return setUp(() => koffi.node.poll(fd, callback));
}

/** Takes such a handle out of the loop. */
export function closePollHandle(handle: PollHandle): void {
  setUp(() => handle.close());
}

/**
 * Finds a C function and describes it to the foreign library: what `bind` does on its first call.
 *
 * For the two calls that run once per message, which have code of their own instead of `bind`'s: a
 * place in the code that calls one function only is compiled into a direct call, a place that
 * all bindings share is not (80 ns of 500 per message). Their result goes through `settle`.
 */
export function resolve(
  name: string,
  result: Result,
  parameters: readonly ParameterType[],
  library = PROGRAM,
): Native {
  const loaded = load();
  const types = parameters.map((type) => C_TYPES[type]);
  return setUp(() => {
    try {
      return libraryOf(loaded, library).func(name, C_TYPES[result], types);
    } catch (cause) {
      throw new UnsupportedError(
        {
          model: name,
          reason: whyMissing(name, library),
          remedy: 'use a model that does not need it (polyio doctor lists them)',
        },
        { cause },
      );
    }
  });
}

/**
 * Describes a function that is known by its address alone, as those are that Winsock hands out.
 * Its result goes through `settle` or `settleTruth`.
 */
export function resolvePointer(
  address: number,
  result: Result,
  parameters: readonly ParameterType[],
): Native {
  const { koffi } = load();
  const types = parameters.map((type) => C_TYPES[type]);
  const type = setUp(() => koffi.proto(null, C_TYPES[result], types));
  const pointer = BigInt(address);
  return (...values) => koffi.call(pointer, type, ...values);
}

/** C's -1 and its `errno` as one value; it must be given the call itself, so that nothing runs between. */
export function settle(result: number): number {
  return result === -1 ? -errno() : result;
}

/** The same for functions that answer 0 when they fail, as most of the Win32 interface does. */
export function settleTruth(result: number): number {
  return result === 0 ? -errno() : result;
}

/** Tells the tap about a call that has just ended, and returns its answer. */
export function report(
  name: string,
  fd: number,
  start: number,
  answer: number,
  end = performance.now(),
): number {
  tap?.(name, start, end, answer, answer < 0 ? -answer : 0, fd);
  return answer;
}

/**
 * Binds a C function that answers -1 and sets `errno` when it fails. Loading and binding happen on
 * the first call, so that importing polyio is harmless where it cannot run.
 */
export function bind<Arguments extends readonly unknown[]>(
  name: string,
  result: Result,
  parameters: readonly ParameterType[],
  library = PROGRAM,
): SystemCall<Arguments> {
  let native: Native = (...values) => {
    native = resolve(name, result, parameters, library);
    return native(...values);
  };
  const isAboutFd = parameters[0] === 'fd';
  const seen = (first: number, start: number, answer: number): number =>
    report(name, isAboutFd ? first : -1, start, answer);
  // One function for every number of parameters: a rest array would be an allocation per call.
  const begin = (first: number): number => {
    probe?.(name, isAboutFd ? first : -1);
    return performance.now();
  };
  const shapes: readonly Native[] = [
    () => (tap === null ? settle(native()) : seen(-1, begin(-1), settle(native()))),
    (a) => (tap === null ? settle(native(a)) : seen(a, begin(a), settle(native(a)))),
    (a, b) => (tap === null ? settle(native(a, b)) : seen(a, begin(a), settle(native(a, b)))),
    (a, b, c) =>
      tap === null ? settle(native(a, b, c)) : seen(a, begin(a), settle(native(a, b, c))),
    (a, b, c, d) =>
      tap === null ? settle(native(a, b, c, d)) : seen(a, begin(a), settle(native(a, b, c, d))),
    (a, b, c, d, e) =>
      tap === null
        ? settle(native(a, b, c, d, e))
        : seen(a, begin(a), settle(native(a, b, c, d, e))),
    (a, b, c, d, e, f) =>
      tap === null
        ? settle(native(a, b, c, d, e, f))
        : seen(a, begin(a), settle(native(a, b, c, d, e, f))),
  ];
  if (parameters.length > PARAMETERS_MAX) {
    throw new RangeError(`${name} has more than ${PARAMETERS_MAX} parameters`);
  }
  const many: Native = (...values) =>
    tap === null
      ? settle(native(...values))
      : seen(values[0], begin(values[0]), settle(native(...values)));
  return shapes[parameters.length] ?? many;
}

/**
 * Binds a function of the Win32 interface that answers 0 and sets GetLastError when it fails: its
 * result, or the negative error number.
 */
export function bindTruth<Arguments extends readonly unknown[]>(
  name: string,
  result: Result,
  parameters: readonly ParameterType[],
  library: string,
): SystemCall<Arguments> {
  let native: Native = (...values) => {
    native = resolve(name, result, parameters, library);
    return native(...values);
  };
  const isAboutFd = parameters[0] === 'fd';
  return (...values) => {
    const start = tap === null ? 0 : performance.now();
    const answer = settleTruth(native(...values));
    return tap === null
      ? answer
      : report(name, isAboutFd ? (values[0] as number) : -1, start, answer);
  };
}

/** Binds a C function whose result is a plain value and which does not report errors by `errno`. */
export function bindValue<Arguments extends readonly unknown[]>(
  name: string,
  result: Result,
  parameters: readonly ParameterType[],
  library = PROGRAM,
): (...values: Arguments) => number {
  let native: Native = (...values) => {
    native = resolve(name, result, parameters, library);
    return native(...values);
  };
  return (...values) => native(...values);
}
