import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { UnsupportedError } from '../../src/errors.ts';
import { bind, foreignVersion, setProbe, setTap, type Tap } from '../../src/sys/ffi.ts';
import { ERRNO, FCNTL, MMAN } from '../../src/sys/posix/abi.ts';
import { open } from '../../src/sys/posix/fcntl.ts';
import { mmap, munmap } from '../../src/sys/posix/mman.ts';
import { close, getpid, pipe2, read, write } from '../../src/sys/posix/unistd.ts';
import { runCommand, runSource } from '../harness/child.ts';
import { EMULATOR } from '../harness/emulator.ts';
import { test } from '../harness/test.ts';
import { compilerMissing } from './abi-probe.ts';

const CLOSED_FD = 1_000_000;

type Seen = Parameters<Tap>;

/** Runs `body` with a tap and gives what it saw. */
function tapped(body: () => void): Seen[] {
  const seen: Seen[] = [];
  setTap((...call) => {
    seen.push(call);
  });
  try {
    body();
  } finally {
    setTap(null);
  }
  return seen;
}

test('ffi: a call answers its result, or the negative error number', () => {
  const fd = open('/proc/self/status', FCNTL.O_RDONLY | FCNTL.O_CLOEXEC, 0);
  assert.ok(fd >= 0);
  const buffer = new Uint8Array(16);
  assert.equal(read(fd, buffer, 5), 5);
  assert.equal(Buffer.from(buffer.subarray(0, 5)).toString(), 'Name:');
  assert.equal(close(fd), 0);
  assert.equal(close(CLOSED_FD), -ERRNO.EBADF);
  assert.equal(open('/proc/polyio-gone', 0, 0), -ERRNO.ENOENT);
  assert.equal(getpid(), process.pid);
});

test('ffi: 100,000 failing calls on four threads give no wrong error number', async () => {
  const entry = new URL('../fixtures/failing-calls.js', import.meta.url);
  const counts = Array.from({ length: 4 }, async () => {
    const worker = new Worker(entry, { workerData: { times: 25_000 } });
    const exit = once(worker, 'exit');
    const [wrong] = (await once(worker, 'message')) as [number];
    await exit;
    return wrong;
  });
  assert.deepEqual(await Promise.all(counts), [0, 0, 0, 0]);
});

test('ffi: the tap sees call, times, result, error number and descriptor', () => {
  const fds = new Int32Array(2);
  const before = performance.now();
  const seen = tapped(() => {
    pipe2(fds, FCNTL.O_CLOEXEC);
    write(fds[1] as number, new Uint8Array(3), 3);
    read(fds[0] as number, new Uint8Array(8), 8);
    close(CLOSED_FD);
    close(fds[0] as number);
    close(fds[1] as number);
  });
  const after = performance.now();
  const [reader, writer] = fds;
  assert.deepEqual(
    seen.map(([call, , , result, errno, fd]) => [call, result, errno, fd]),
    [
      ['pipe2', 0, 0, -1],
      ['write', 3, 0, writer],
      ['read', 3, 0, reader],
      ['close', -ERRNO.EBADF, ERRNO.EBADF, CLOSED_FD],
      ['close', 0, 0, reader],
      ['close', 0, 0, writer],
    ],
  );
  const times = seen.flatMap(([, start, end]) => [start, end]);
  const all = [before, ...times, after];
  assert.deepEqual(
    all,
    [...all].sort((a, b) => a - b),
    'start <= end <= the next start',
  );
});

test('ffi: the tap sees a call of six parameters, and the one that sleeps for its whole length', () => {
  const flags = MMAN.MAP_PRIVATE | MMAN.MAP_ANONYMOUS;
  let address = 0;
  const mapped = tapped(() => {
    address = mmap(0, 4_096, MMAN.PROT_READ, flags, -1, 0);
  });
  munmap(address, 4_096);
  assert.deepEqual(
    mapped.map(([call, , , result, errno, fd]) => [call, result, errno, fd]),
    [['mmap', address, 0, -1]],
  );
  const usleep = bind<[microseconds: number]>('usleep', 'int', ['uint']);
  const [slept] = tapped(() => usleep(20_000));
  const [, start = 0, end = 0] = slept as Seen;
  assert.ok(end - start >= 19, `slept ${end - start} ms`);
});

test('ffi: what is to run before a tapped call runs before it, and not without a tap', () => {
  const before: [call: string, fd: number][] = [];
  setProbe((call, fd) => {
    before.push([call, fd]);
    if (call === 'close') getpid();
  });
  try {
    close(CLOSED_FD);
    assert.deepEqual(before, []);
    const seen = tapped(() => close(CLOSED_FD));
    assert.deepEqual(before, [['close', CLOSED_FD]]);
    assert.equal(seen.length, 1);
  } finally {
    setProbe(null);
  }
  tapped(() => close(CLOSED_FD));
  assert.equal(before.length, 1);
});

test('ffi: without a tap nothing is seen, and one can be taken away or replaced', () => {
  close(CLOSED_FD);
  const first = tapped(() => close(CLOSED_FD));
  close(CLOSED_FD);
  assert.equal(first.length, 1);
  const inner: string[] = [];
  const outer = tapped(() => {
    close(CLOSED_FD);
    setTap((call) => inner.push(call));
    close(CLOSED_FD);
  });
  close(CLOSED_FD);
  assert.equal(outer.length, 1);
  assert.deepEqual(inner, ['close']);
});

test('ffi: a call that the C library lacks is bound in peace and refused when it is made', () => {
  const missing = bind<[]>('polyio_no_such_call', 'int', []);
  for (let attempt = 0; attempt < 2; attempt++) {
    assert.throws(missing, (error: UnsupportedError) => {
      assert.ok(error instanceof UnsupportedError);
      assert.equal(error.code, 'ERR_POLYIO_UNSUPPORTED');
      assert.equal(error.model, 'polyio_no_such_call');
      assert.match(error.reason, /C library of this system has no polyio_no_such_call\(\)/);
      assert.match(error.remedy, /polyio doctor/);
      return true;
    });
  }
  assert.throws(() => bind('x', 'int', new Array(13).fill('int')), RangeError);
});

test('ffi: the version that doctor shows is the one that package.json pins', () => {
  const file = fileURLToPath(new URL('../../../package.json', import.meta.url));
  const { dependencies } = JSON.parse(readFileSync(file, 'utf8')) as {
    dependencies: Record<string, string>;
  };
  assert.equal(foreignVersion(), `koffi ${dependencies['koffi']}`);
});

/** The compiled doors of src/ and the files of sys/ that a program may import anywhere. */
const HARMLESS = [
  'sys/ffi.js',
  'sys/arena.js',
  'sys/interrupt.js',
  'sys/linux/epoll.js',
  'sys/address.js',
  'sys/posix/signal.js',
  'sys/posix/socket.js',
  'io.js',
  'readiness.js',
  'servers.js',
  'index.js',
]
  .map((path) => new URL(`../../src/${path}`, import.meta.url))
  .filter((url) => existsSync(url));

for (const platform of EMULATOR === undefined ? ['netbsd', 'win32'] : []) {
  test(`ffi: on ${platform} importing loads nothing, and the first call says why not`, async () => {
    const source = `
      import { createRequire } from 'node:module';
      Object.defineProperty(process, 'platform', { value: ${JSON.stringify(platform)} });
      for (const url of ${JSON.stringify(HARMLESS)}) await import(url);
      const { cache } = createRequire(${JSON.stringify(import.meta.url)});
      const loaded = () => Object.keys(cache).some((file) => /node_modules.@?ko(ffi|romix)/.test(file));
      const { close } = await import(${JSON.stringify(HARMLESS[0]?.href.replace('ffi.js', 'posix/unistd.js'))});
      const atImport = loaded();
      try {
        close(1_000_000);
      } catch ({ name, code, reason, remedy }) {
        console.log(JSON.stringify({ atImport, afterwards: loaded(), name, code, reason, remedy }));
      }`;
    const ended = await runSource(source);
    assert.equal(ended.stderr, '');
    const { reason, remedy, ...rest } = JSON.parse(ended.stdout);
    assert.deepEqual(rest, {
      atImport: false,
      afterwards: platform === 'win32',
      name: 'UnsupportedError',
      code: 'ERR_POLYIO_UNSUPPORTED',
    });
    // There is a koffi for Windows, which finds no libraries of Windows here.
    if (platform === 'win32') assert.match(reason, /^the foreign function library koffi did not/);
    else assert.match(reason, /^its kernel boundary is written for Linux, .* this is netbsd$/);
    assert.match(remedy, platform === 'win32' ? /optional packages/ : /run it on one of those/);
  });
}

test('ffi: on Linux the first call loads the library, not the import', async () => {
  const source = `
    import { createRequire } from 'node:module';
    for (const url of ${JSON.stringify(HARMLESS)}) await import(url);
    const { cache } = createRequire(${JSON.stringify(import.meta.url)});
    const loaded = () => Object.keys(cache).some((file) => file.includes('node_modules/koffi/'));
    const atImport = loaded();
    const { foreignVersion } = await import(${JSON.stringify(HARMLESS[0])});
    foreignVersion();
    console.log(atImport, loaded());`;
  const ended = await runSource(source);
  assert.deepEqual([ended.stdout, ended.stderr], ['false true\n', '']);
});

test(
  'ffi: a library that the user interposes is honoured',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'polyio-preload-'));
    try {
      const [source, library] = [join(folder, 'interpose.c'), join(folder, 'interpose.so')];
      writeFileSync(source, 'int getppid(void) { return 424242; }\n');
      const compiled = await runCommand(process.env['CC'] ?? 'cc', [
        '-shared',
        '-fPIC',
        '-o',
        library,
        source,
      ]);
      assert.equal(compiled.code, 0, compiled.stderr);
      const module = JSON.stringify(new URL('../../src/sys/posix/unistd.js', import.meta.url));
      const program = `import { getppid } from ${module}; console.log(getppid());`;
      const ended = await runSource(program, { env: { LD_PRELOAD: library } });
      assert.equal(ended.stdout, '424242\n', ended.stderr);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  { skip: compilerMissing() ?? false },
);
