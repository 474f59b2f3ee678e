import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { UnsupportedError } from '../../src/errors.ts';
import { AlignedMemory, Fifo, File, type FileOpenOptions } from '../../src/io.ts';
import { openSelector, READABLE, WRITABLE } from '../../src/readiness.ts';
import { FCNTL } from '../../src/sys/abi.ts';
import { fcntl } from '../../src/sys/posix/fcntl.ts';
import { asNobody, notRoot } from '../harness/nobody.ts';
import { test } from '../harness/test.ts';
import { socketFolder } from './loopback.ts';

const ROUNDS = process.env['POLYIO_TEST_FULL'] === '1' ? 10_000 : 500;
const MIB = 2 ** 20;
const NEW: FileOpenOptions = { read: true, write: true, create: true, exclusive: true };

interface Made extends Disposable {
  readonly path: string;
}

function makeFile(content: Uint8Array | string = ''): Made {
  const folder = socketFolder();
  const path = folder.path('file');
  writeFileSync(path, content);
  return { path, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

function textOf(file: File, length = 64): string {
  const buffer = Buffer.alloc(length);
  return buffer.toString('utf8', 0, file.readAll(buffer));
}

test('a file is read from its position on, until its end', () => {
  using made = makeFile('hello file');
  using file = File.open(made.path);
  const buffer = Buffer.alloc(6);
  assert.equal(file.read(buffer), 6);
  assert.equal(file.position, 6);
  assert.equal(file.read(buffer), 4);
  assert.equal(file.read(buffer), 0);
  file.setPosition(2);
  assert.equal(textOf(file), 'llo file');
  assert.equal(file.size, 10);
  assert.equal(inspect(file), `File{fd ${file.fd} ${made.path} blocking}`);
});

test('pread() and pwrite() leave the position alone', () => {
  using made = makeFile('0123456789');
  using file = File.open(new URL(`file://${made.path}`), { read: true, write: true });
  const buffer = Buffer.alloc(3);
  assert.equal(file.pread(buffer, 7), 3);
  assert.equal(buffer.toString(), '789');
  assert.equal(file.pread(buffer, 9), 1);
  assert.equal(file.pread(buffer, 10), 0);
  assert.equal(file.pwrite(Buffer.from('AB'), 2), 2);
  file.pwriteAll(Buffer.from('Z'), 12);
  assert.equal(file.position, 0);
  assert.equal(readFileSync(made.path, 'latin1'), '01AB456789\0\0Z');
  assert.equal(file.preadAll(Buffer.alloc(64), 10), 3);
});

test('offsets beyond 4 GiB are what they are', () => {
  using made = makeFile();
  using file = File.open(made.path, { read: true, write: true });
  const far = 2 ** 33 + 5;
  file.pwriteAll(Buffer.from('far'), far);
  assert.equal(file.size, far + 3);
  const buffer = Buffer.alloc(8);
  assert.equal(file.pread(buffer, far), 3);
  file.setPosition(far + 1);
  assert.equal(textOf(file), 'ar');
  file.truncate(far);
  assert.equal(file.size, far);
});

test('vectored calls fill and send several buffers in order', () => {
  using made = makeFile();
  using file = File.open(made.path, { read: true, write: true });
  const words = ['one ', '', 'two ', 'three'].map((word) => Buffer.from(word));
  assert.equal(file.writev(words), 13);
  assert.equal(file.pwritev([Buffer.from('T'), Uint8Array.of(0x57)], 4), 2);
  const [a, b] = [Buffer.alloc(6), new Uint16Array(2)];
  assert.equal(file.preadv([a, b], 1), 10);
  assert.equal(a.toString() + Buffer.from(b.buffer).toString(), 'ne TWo thr');
  file.setPosition(0);
  assert.equal(file.readv([a, b]), 10);
  assert.equal(a.toString(), 'one TW');
  assert.equal(file.position, 10);
});

test('a thousand small buffers in one call keep their places', () => {
  using made = makeFile();
  using file = File.open(made.path, { read: true, write: true });
  const bytes = randomBytes(1_024 * 7);
  const parts = Array.from({ length: 1_024 }, (_, i) => bytes.subarray(i * 7, i * 7 + 7));
  assert.equal(file.writev(parts), bytes.length);
  // Small enough for the garbage collector to move them: none may be written elsewhere.
  const rooms = Array.from({ length: 1_024 }, () => new Uint8Array(7));
  assert.equal(file.preadv(rooms, 0), bytes.length);
  assert.deepEqual(Buffer.concat(rooms), bytes);
  assert.throws(() => file.writev([...parts, bytes]), {
    name: 'RangeError',
    message: 'buffers must be 1 to 1024, got 1025',
  });
  assert.throws(() => file.readv([]), RangeError);
  assert.throws(() => file.readv(bytes as unknown as Uint8Array[]), TypeError);
  assert.throws(() => file.writev(['text'] as unknown as Uint8Array[]), TypeError);
});

test('writeAll() and readAll() move every byte', () => {
  using made = makeFile();
  using file = File.open(made.path, { read: true, write: true, truncate: true });
  const bytes = randomBytes(3 * MIB);
  file.writeAll(bytes);
  file.setPosition(0);
  const got = Buffer.alloc(4 * MIB);
  assert.equal(file.readAll(got), bytes.length);
  assert.deepEqual(got.subarray(0, bytes.length), bytes);
});

test('the flags of open(2) by their names', () => {
  using folder = socketFolder();
  const flagsOf = (options: FileOpenOptions): number => {
    using file = File.open(folder.path('file'), { create: true, ...options });
    return fcntl(file.fd, FCNTL.F_GETFL, 0);
  };
  const { O_ACCMODE, O_RDWR, O_WRONLY, O_APPEND, O_SYNC, O_DSYNC, O_NOATIME } = FCNTL;
  assert.equal(flagsOf({ write: true }) & O_ACCMODE, O_WRONLY);
  assert.equal(flagsOf({ write: true, read: true }) & O_ACCMODE, O_RDWR);
  assert.equal(flagsOf({ append: true }) & (O_ACCMODE | O_APPEND), O_WRONLY | O_APPEND);
  assert.equal(flagsOf({ write: true, sync: true }) & O_SYNC, O_SYNC);
  assert.equal(flagsOf({ write: true, dsync: true }) & O_SYNC, O_DSYNC);
  assert.equal(flagsOf({ write: true, noAccessTime: true }) & O_NOATIME, O_NOATIME);
  const mode = () => statSync(folder.path('other')).mode & 0o777;
  File.open(folder.path('other'), { write: true, create: true, mode: 0o640 }).close();
  assert.equal(mode(), 0o640 & ~process.umask());
});

test('append writes at the end, truncate empties, exclusive refuses', () => {
  using made = makeFile('begin');
  using file = File.open(made.path, { append: true, read: true });
  file.writeAll(Buffer.from(' and'));
  file.pwrite(Buffer.from(' end'), 0);
  assert.equal(readFileSync(made.path, 'utf8'), 'begin and end');
  assert.throws(() => File.open(made.path, NEW), {
    name: 'SystemError',
    code: 'EEXIST',
    syscall: 'open',
    path: made.path,
    message: `open EEXIST ${made.path}: exclusive: true refuses a name that is taken`,
  });
  File.open(made.path, { write: true, truncate: true }).close();
  assert.equal(file.size, 0);
});

test('options that contradict each other are refused before the kernel is asked', () => {
  using made = makeFile('keep');
  const wrong: [object, RegExp][] = [
    [{ truncate: true }, /^truncate needs write: true or append: true$/],
    [{ create: true }, /^create needs write/],
    [{ sync: true, write: false, read: true }, /^sync needs write/],
    [{ write: true, exclusive: true }, /^exclusive needs create: true$/],
    [{ append: true, write: false }, /^append writes/],
    [{ read: false }, /^read and write are both false/],
    [{ trunc: true, write: true }, /^trunc is no option of a file: read, write, /],
    [{ write: 1 }, /^write must be a boolean, got 1$/],
  ];
  for (const [options, message] of wrong) {
    assert.throws(() => File.open(made.path, options), { name: 'TypeError', message });
  }
  assert.equal(readFileSync(made.path, 'utf8'), 'keep');
});

test('fsync(), fdatasync(), allocate(), truncate() and advise() reach the kernel', () => {
  using made = makeFile('abc');
  using file = File.open(made.path, { read: true, write: true });
  file.allocate(0, 65_536);
  assert.equal(file.size, 65_536);
  assert.ok(statSync(made.path).blocks * 512 >= 65_536);
  file.fsync();
  file.fdatasync();
  file.truncate(2);
  assert.equal(textOf(file), 'ab');
  file.truncate();
  assert.equal(file.size, 0);
  for (const advice of ['normal', 'random', 'sequential', 'willneed', 'dontneed'] as const) {
    file.advise(advice, { offset: 0, length: 4_096 });
  }
  file.advise('noreuse');
  assert.throws(() => file.advise('soon' as 'random'), {
    name: 'TypeError',
    message: /^advice must be one of normal, random, .* got 'soon'$/,
  });
  assert.throws(() => file.allocate(0, 0), RangeError);
  using reading = File.open(made.path);
  assert.throws(() => reading.write(new Uint8Array(1)), {
    code: 'EBADF',
    message: `write EBADF ${made.path}: it was not opened for that: read, write`,
  });
  using writing = File.open(made.path, { write: true });
  assert.throws(() => writing.read(new Uint8Array(1)), { code: 'EBADF', syscall: 'read' });
});

test('integers are checked before the kernel sees them', () => {
  using made = makeFile('abc');
  using file = File.open(made.path, { read: true, write: true });
  const byte = new Uint8Array(1);
  for (const wrong of [Number.NaN, -1, 0.5, 2 ** 53]) {
    assert.throws(() => file.pread(byte, wrong), { name: 'RangeError', message: /^offset must/ });
    assert.throws(() => file.pwrite(byte, wrong), RangeError);
    assert.throws(() => file.setPosition(wrong), RangeError);
    assert.throws(() => file.truncate(wrong), RangeError);
    assert.throws(() => file.wouldSleep(0, wrong), RangeError);
  }
  assert.throws(() => file.read(new Uint8Array(0)), RangeError);
  assert.equal(readFileSync(made.path, 'utf8'), 'abc');
});

/** Why the page cache cannot be emptied here, or false: decided by the file system of the tests. */
function cannotEvict(): string | false {
  using made = makeFile(randomBytes(MIB));
  using file = File.open(made.path, { read: true, write: true });
  if (file.sleepUnknown !== null) return file.sleepUnknown.reason;
  file.fsync();
  file.advise('dontneed');
  return file.wouldSleep(0, MIB) ? false : 'the file system keeps every page: nothing to wait for';
}

test(
  'wouldSleep() and tryPread(): true and null before the disk has been read, false and bytes after',
  () => {
    using made = makeFile(randomBytes(MIB));
    using file = File.open(made.path, { read: true, write: true });
    assert.equal(file.wouldSleep(0, MIB), false);
    assert.equal(file.tryPread(new Uint8Array(4_096), MIB - 4_096), 4_096);
    file.fsync();
    file.advise('random');
    file.advise('dontneed');
    assert.equal(file.tryPread(new Uint8Array(4_096), 0), null);
    file.advise('dontneed');
    assert.equal(file.wouldSleep(MIB / 2, 4_096), true);
    file.advise('dontneed');
    const bytes = new Uint8Array(4_096);
    assert.equal(file.pread(bytes, 0), 4_096);
    assert.equal(file.wouldSleep(0, 4_096), false);
    assert.equal(file.wouldSleep(0, MIB), true);
    assert.equal(file.sleepUnknown, null);
    // Beyond the end there is nothing to wait for.
    assert.equal(file.wouldSleep(2 * MIB, 10), false);
    assert.equal(file.tryPread(bytes, 2 * MIB), 0);
  },
  { skip: cannotEvict() },
);

test('wouldSleep() answers null with the reason where the file system cannot tell', () => {
  using file = File.open('/proc/self/status');
  assert.equal(file.wouldSleep(0, 100), null);
  const unknown = file.sleepUnknown;
  assert.ok(unknown instanceof UnsupportedError);
  assert.match(unknown.reason, /EOPNOTSUPP to preadv2 with RWF_NOWAIT/);
  assert.throws(() => file.tryPread(new Uint8Array(8), 0), {
    name: 'UnsupportedError',
    code: 'ERR_POLYIO_UNSUPPORTED',
  });
});

/** Why there is no direct access here, or false. */
function noDirect(): string | false {
  using made = makeFile('x');
  try {
    using file = File.open(made.path, { direct: true });
    file.read(new Uint8Array(1));
    return 'the file system of the tests takes direct access without alignment';
  } catch (error) {
    const { syscall, code } = error as NodeJS.ErrnoException;
    return syscall === 'open' ? `the file system refuses O_DIRECT (${code})` : false;
  }
}

test(
  'direct access wants aligned memory, and says so',
  () => {
    using made = makeFile();
    using memory = AlignedMemory.allocate(8_192);
    using file = File.open(made.path, { read: true, write: true, direct: true });
    memory.bytes.fill(0x61);
    assert.equal(file.write(memory.bytes), 8_192);
    const second = memory.bytes.subarray(4_096);
    assert.equal(file.pread(second, 4_096), 4_096);
    assert.ok(second.every((byte) => byte === 0x61));
    assert.equal(file.wouldSleep(), true);
    const refused = {
      name: 'SystemError',
      code: 'EINVAL',
      message: /multiples of the block size: AlignedMemory\.allocate\(4096\) gives such memory$/,
    };
    assert.throws(() => file.pread(memory.bytes.subarray(1, 4_097), 0), refused);
    assert.throws(() => file.pread(memory.bytes.subarray(0, 4_096), 1), refused);
    assert.throws(() => file.pwrite(memory.bytes.subarray(0, 100), 0), refused);
    assert.equal(inspect(file), `File{fd ${file.fd} ${made.path} direct blocking}`);
  },
  { skip: noDirect() },
);

test('direct access is refused with the reason where the file system has none', () => {
  assert.throws(() => File.open('/proc/self/status', { direct: true }), {
    code: 'EINVAL',
    message: /: its file system knows no direct access: leave direct out$/,
  });
});

test('AlignedMemory starts at a page', () => {
  const memory = AlignedMemory.allocate(10);
  memory.bytes.fill(7);
  assert.equal(inspect(memory), 'AlignedMemory{10 bytes}');
  memory.close();
  assert.equal(inspect(memory), 'AlignedMemory{closed}');
  memory.close();
  assert.ok(memory.bytes.every((byte) => byte === 0));
  assert.throws(() => AlignedMemory.allocate(0), RangeError);
});

test('a file that is removed while it is read stays until it is closed', () => {
  using made = makeFile('still here');
  using file = File.open(made.path);
  rmSync(made.path);
  assert.equal(textOf(file), 'still here');
  assert.equal(file.size, 10);
  assert.throws(() => File.open(made.path), {
    code: 'ENOENT',
    message: `open ENOENT ${made.path}: create: true makes it`,
  });
});

test('a file that is truncated while it is read ends there', () => {
  using made = makeFile(randomBytes(100_000));
  using file = File.open(made.path);
  const buffer = new Uint8Array(50_000);
  assert.equal(file.read(buffer), 50_000);
  truncateSync(made.path, 60_000);
  assert.equal(file.read(buffer), 10_000);
  truncateSync(made.path, 10);
  assert.equal(file.read(buffer), 0);
  assert.equal(file.pread(buffer, 0), 10);
  assert.equal(file.position, 60_000);
});

test('what is no file is refused, without sleeping in it', () => {
  using folder = socketFolder();
  const path = folder.path('fifo');
  Fifo.make(path);
  mkdirSync(folder.path('directory'));
  symlinkSync('/proc/self/status', folder.path('link'));
  const refused = (name: string, message: RegExp) =>
    assert.throws(() => File.open(folder.path(name)), { name: 'TypeError', message });
  refused('fifo', /is a FIFO, not a regular file or block device: open it with Fifo\.openReader/);
  refused('directory', /is a directory, .*: name a file in it$/);
  assert.throws(() => File.open('/dev/null'), /open it with CharacterDevice\.open/);
  assert.throws(() => File.open(folder.path('link'), { noFollow: true }), {
    code: 'ELOOP',
    message: /it is a symbolic link/,
  });
  assert.throws(() => File.open(join(path, 'x')), { code: 'ENOTDIR' });
  assert.throws(() => File.open(folder.path('x'.repeat(300))), { code: 'ENAMETOOLONG' });
  assert.throws(() => File.open(folder.path('no/file'), { write: true, create: true }), {
    code: 'ENOENT',
    message: /: its directory is missing$/,
  });
  assert.throws(() => File.open('a\0b'), TypeError);
});

test('fromFd() adopts a file and nothing else', () => {
  using made = makeFile('adopted');
  using file = File.fromFd(openSync(made.path, 'r'));
  assert.equal(textOf(file), 'adopted');
  assert.equal(file.path, null);
  const device = openSync('/dev/null', 'r');
  assert.throws(() => File.fromFd(device), { name: 'TypeError', message: /^descriptor \d+ is a / });
  closeSync(device);
  assert.throws(() => File.fromFd(device), { code: 'EBADF', syscall: 'fstat' });
});

test('a file has no timeout and is never non-blocking', () => {
  using made = makeFile();
  using file = File.open(made.path);
  file.setTimeout(null);
  file.setBlocking(true);
  const unsupported = {
    name: 'UnsupportedError',
    message: /sleeps in the disk whatever O_NONBLOCK/,
  };
  assert.throws(() => file.setTimeout(5), unsupported);
  assert.throws(() => file.setBlocking(false), unsupported);
});

for (const model of ['select', 'poll', 'epoll'] as const) {
  test(`a file under ${model}: ${model === 'epoll' ? 'EPERM' : 'ready, at its end too'}`, () => {
    using made = makeFile();
    using file = File.open(made.path, { read: true, write: true });
    using selector = openSelector(model);
    const register = () => selector.register(file, READABLE | WRITABLE, 0);
    if (model === 'epoll') {
      assert.throws(register, { code: 'EPERM', syscall: 'epoll_ctl' });
      return;
    }
    register();
    assert.equal(selector.wait(0), 1);
    assert.equal(selector.readyEvents(0), READABLE | WRITABLE);
    assert.equal(file.read(new Uint8Array(1)), 0);
  });
}

test(
  'what this user may not do: EACCES, and EPERM for noAccessTime',
  async () => {
    using made = makeFile('secret');
    const { stdout } = await asNobody(
      'File',
      `
      const attempt = (call) => { try { call() } catch (e) { console.log(e.message) } };
      attempt(() => File.open(${JSON.stringify(made.path)}));
      attempt(() => File.open('/etc/passwd', { noAccessTime: true }));
      `,
    );
    const [access, owner] = stdout.split('\n');
    assert.match(access as string, /^open EACCES .*: this user may not: look at its mode/);
    assert.equal(
      owner,
      'open EPERM /etc/passwd: noAccessTime is for the owner of the file or root',
    );
  },
  { skip: notRoot },
);

test(`${ROUNDS} opened and closed files leave nothing open`, () => {
  using made = makeFile('x');
  for (let round = 0; round < ROUNDS; round++) {
    using file = File.open(made.path);
    assert.ok(file.fd < 512);
    assert.throws(() => File.open(`${made.path}.missing`));
  }
});

test('a closed file says so in every call', () => {
  using made = makeFile('x');
  const file = File.open(made.path, { read: true, write: true });
  file.close();
  const byte = new Uint8Array(1);
  const calls: Record<string, () => unknown> = {
    read: () => file.read(byte),
    pread: () => file.pread(byte, 0),
    readv: () => file.readv([byte]),
    readAll: () => file.readAll(byte),
    preadAll: () => file.preadAll(byte, 0),
    tryPread: () => file.tryPread(byte, 0),
    wouldSleep: () => file.wouldSleep(),
    write: () => file.write(byte),
    writeAll: () => file.writeAll(byte),
    pwriteAll: () => file.pwriteAll(byte, 0),
    setPosition: () => file.setPosition(0),
    size: () => file.size,
    fsync: () => file.fsync(),
    advise: () => file.advise('normal'),
    setTimeout: () => file.setTimeout(null),
  };
  for (const [name, call] of Object.entries(calls)) {
    assert.throws(call, {
      code: 'ERR_POLYIO_CLOSED',
      message: `File.${name}: the File is closed`,
    });
  }
});
