import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Arena } from '../../src/sys/arena.ts';
import { createMemoryFile } from '../../src/sys/linux/process.ts';
import { SOCKET } from '../../src/sys/posix/abi.ts';
import { openSocketPair, recvAt, sendAt } from '../../src/sys/posix/socket.ts';
import { close, ftruncate } from '../../src/sys/posix/unistd.ts';
import { runSource } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const CACHE_LINE = 64;
const arenaModule = JSON.stringify(new URL('../../src/sys/arena.js', import.meta.url).href);

test('arena: mapped memory is zeroed, has the size asked for, and can be written', () => {
  using arena = Arena.map(10_000);
  assert.equal(arena.size, 10_000);
  assert.equal(arena.buffer.byteLength, 10_000);
  assert.ok(arena.address > 0 && Number.isSafeInteger(arena.address));
  assert.ok(arena.bytes.every((byte) => byte === 0));
  arena.bytes.fill(0xdb);
  assert.ok(new Uint8Array(arena.buffer).every((byte) => byte === 0xdb));
});

test('arena: a size that is none is refused before the kernel sees it', () => {
  for (const size of [0, -1, 1.5, Number.NaN, 2 ** 31 + 1, Number.POSITIVE_INFINITY]) {
    assert.throws(() => Arena.map(size), /^RangeError: size must be an integer/);
    assert.throws(() => Arena.share(3, size), /^RangeError: size must be an integer/);
  }
  assert.throws(() => Arena.map('64' as unknown as number), TypeError);
});

test('arena: the kernel refuses to share what is no file', () => {
  assert.throws(() => Arena.share(987_654, 4_096), {
    name: 'SystemError',
    code: 'EBADF',
    syscall: 'mmap',
    message: 'mmap EBADF: 4096 bytes were asked for',
  });
});

test('arena: slices are aligned to a cache line, do not overlap, and end with the arena', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 30 });
  fc.assert(
    fc.property(sizes, (sizes) => {
      using arena = Arena.map(8_192);
      let end = 0;
      for (const size of sizes) {
        const start = Math.ceil(end / CACHE_LINE) * CACHE_LINE;
        if (start + size > arena.size) {
          assert.throws(() => arena.carve(size), RangeError);
          continue;
        }
        const slice = arena.carve(size);
        assert.equal(slice.offset, start);
        assert.equal(slice.address, arena.address + start);
        assert.equal(slice.address % CACHE_LINE, 0);
        assert.equal(slice.bytes.byteOffset, start);
        assert.equal(slice.bytes.length, size);
        assert.equal(slice.words.length, Math.floor(size / 4));
        end = start + size;
      }
    }),
  );
});

test('arena: words and bytes of a slice are the same memory', () => {
  using arena = Arena.map(4_096);
  arena.carve(1);
  const { bytes, words } = arena.carve(16);
  words[1] = 0x04030201;
  assert.deepEqual([...bytes.subarray(4, 8)], [1, 2, 3, 4]);
});

test('arena: carving all of it works, one byte more does not', () => {
  using arena = Arena.map(4_096);
  assert.equal(arena.carve(4_096).bytes.length, 4_096);
  assert.throws(() => arena.carve(1), {
    name: 'RangeError',
    message: '1 bytes at 4096 lie outside an arena of 4096 bytes',
  });
});

test('arena: addressOf checks the range', () => {
  using arena = Arena.map(4_096);
  assert.equal(arena.addressOf(0, 4_096), arena.address);
  assert.equal(arena.addressOf(4_096, 0), arena.address + 4_096);
  const outside: readonly [number, number][] = [
    [0, 4_097],
    [1, 4_096],
    [-1, 1],
    [4_097, 0],
    [0, -1],
    [Number.NaN, 1],
    [0, Number.NaN],
  ];
  for (const [offset, length] of outside) {
    assert.throws(() => arena.addressOf(offset, length), RangeError, `${offset} ${length}`);
  }
});

test('arena: the kernel reads and writes it by address', () => {
  using arena = Arena.map(4_096);
  const [from, to] = [arena.carve(100), arena.carve(100)];
  const fds = new Int32Array(2);
  assert.equal(openSocketPair(SOCKET.AF_UNIX, SOCKET.SOCK_STREAM, fds), 0);
  const [a, b] = fds as unknown as [number, number];
  from.bytes.fill(7);
  assert.equal(sendAt(a, from.address, 100, 0), 100);
  assert.equal(recvAt(b, to.address, 100, 0), 100);
  assert.deepEqual(to.bytes, from.bytes);
  for (const fd of fds) close(fd);
});

test('arena: two mappings of a memory file are the same memory, also for Atomics', () => {
  const fd = createMemoryFile('polyio-test');
  assert.equal(ftruncate(fd, 4_096), 0);
  using one = Arena.share(fd, 4_096);
  using other = Arena.share(fd, 4_096);
  close(fd);
  assert.notEqual(one.address, other.address);
  const [mine, yours] = [one.carve(64).words, other.carve(64).words];
  Atomics.add(mine, 3, 41);
  Atomics.add(yours, 3, 1);
  assert.equal(Atomics.load(mine, 3), 42);
  assert.equal(Atomics.load(yours, 3), 42);
});

test('arena: after close a view that was kept reads zeros and may be written', () => {
  const arena = Arena.map(65_536);
  const { bytes } = arena.carve(1_000);
  bytes.fill(1);
  arena.close();
  arena.close();
  assert.ok(bytes.every((byte) => byte === 0));
  bytes.fill(2);
  assert.equal(bytes[999], 2);
});

test('arena: after close it gives out nothing', () => {
  const arena = Arena.map(4_096);
  arena[Symbol.dispose]();
  assert.throws(() => arena.carve(1), { name: 'InvariantError' });
  assert.throws(() => arena.addressOf(0, 1), { name: 'InvariantError' });
});

/** Runs a program with `Arena`, `mappedKiB()` and `collect()` at hand; it must end by itself. */
async function runWithCollector(body: string): Promise<string> {
  const source = `
    import { readFileSync } from 'node:fs';
    import { setImmediate as turn } from 'node:timers/promises';
    const { Arena } = await import(${arenaModule});
    const mappedKiB = () =>
      Number(/VmSize:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
    const collect = async () => { globalThis.gc(); await turn(); };
    ${body}`;
  // malloc(3) reserves 64 MiB for every busy thread, which would count as ours.
  const env = { MALLOC_ARENA_MAX: '1' };
  const ended = await runSource(source, { nodeArgs: ['--expose-gc'], env });
  assert.deepEqual([ended.code, ended.stderr], [0, ''], ended.stderr);
  return ended.stdout;
}

test('arena: a thousand mappings that were closed are unmapped once collected', async () => {
  const output = await runWithCollector(`
    for (let i = 0; i < 10; i++) Arena.map(2 ** 20).close();
    await collect();
    const before = mappedKiB();
    for (let i = 0; i < 1_000; i++) Arena.map(2 ** 20).close();
    const most = mappedKiB() - before;
    // A GiB was mapped; this ends when all but a twentieth is gone, or the test's limit ends it.
    while (mappedKiB() - before > 50_000) await collect();
    console.log(most > 900_000 ? 'mapped and unmapped' : 'most was ' + most);
  `);
  assert.equal(output, 'mapped and unmapped\n');
});

test('arena: a mapping lives as long as any view of it', async () => {
  const output = await runWithCollector(`
    const views = Array.from({ length: 50 }, (_, i) => {
      const { bytes } = Arena.map(2 ** 20).carve(4_096);
      return bytes.fill(i);
    });
    for (let i = 0; i < 20; i++) await collect();
    const intact = views.every((view, i) => view.every((byte) => byte === i));
    console.log(intact ? 'intact' : 'lost');
  `);
  assert.equal(output, 'intact\n');
});
