import assert from 'node:assert/strict';
import { readlinkSync } from 'node:fs';
import { inspect } from 'node:util';
import { EventFd, MemFd, type Seal } from '../../src/io.ts';
import { FCNTL } from '../../src/sys/abi.ts';
import { fcntl } from '../../src/sys/posix/fcntl.ts';
import { openAndClose } from '../cases/open-and-close.ts';
import { test } from '../harness/test.ts';

test('what is written to a memory file is read from it, by position', () => {
  using file = MemFd.open();
  assert.equal(file.write(Buffer.from('hello'), 3), 5);
  assert.equal(file.size, 8);
  const buffer = Buffer.alloc(16);
  assert.equal(file.read(buffer, 0), 8);
  assert.equal(buffer.toString('utf8', 0, 8), '\0\0\0hello');
  assert.equal(file.read(buffer, 6), 2);
  assert.equal(file.read(buffer, 8), 0);
  assert.equal(file.read(buffer, 1_000), 0);
});

test('its size is what it is given, filled with zeros', () => {
  using file = MemFd.open({ size: 100 });
  assert.equal(file.size, 100);
  file.write(Uint8Array.of(1, 2, 3), 0);
  file.setSize(1);
  file.setSize(3);
  const buffer = new Uint8Array(4);
  assert.equal(file.read(buffer, 0), 3);
  assert.deepEqual([...buffer], [1, 0, 0, 0]);
});

test('its name is for people', () => {
  using file = MemFd.open({ name: 'cache' });
  assert.equal(readlinkSync(`/proc/self/fd/${file.fd}`), '/memfd:cache (deleted)');
  MemFd.open({ name: 'a'.repeat(249) }).close();
  assert.throws(() => MemFd.open({ name: 'a'.repeat(250) }), RangeError);
  assert.throws(() => MemFd.open({ name: 'a\0b' }), TypeError);
});

/** What a seal forbids. */
const FORBIDDEN: Readonly<Record<Seal, (file: MemFd) => void>> = {
  F_SEAL_SHRINK: (file) => file.setSize(1),
  F_SEAL_GROW: (file) => file.setSize(1_000),
  F_SEAL_WRITE: (file) => file.write(Uint8Array.of(1), 0),
  F_SEAL_FUTURE_WRITE: (file) => file.write(Uint8Array.of(1), 0),
  F_SEAL_SEAL: (file) => file.seal('F_SEAL_GROW'),
};

for (const [name, forbidden] of Object.entries(FORBIDDEN)) {
  test(`${name} forbids what it says, by name`, () => {
    using file = MemFd.open({ size: 10 });
    assert.deepEqual(file.seals, []);
    if (name !== 'F_SEAL_SEAL') forbidden(file);
    file.setSize(10);
    file.seal(name as Seal);
    assert.deepEqual(file.seals, [name]);
    assert.throws(() => forbidden(file), { name: 'SystemError', code: 'EPERM', message: /seal/i });
    assert.equal(file.size, 10);
  });
}

test('a file that is not sealable says so', () => {
  using file = MemFd.open({ sealable: false });
  assert.deepEqual(file.seals, ['F_SEAL_SEAL']);
  assert.throws(() => file.seal('F_SEAL_GROW'), { code: 'EPERM', message: /without sealable/ });
  assert.throws(() => file.seal('F_SEAL_EXEC' as Seal), { name: 'TypeError', message: /one of/ });
});

test('mapped, it is memory that every holder sees', () => {
  using file = MemFd.open({ size: 4_096 });
  file.seal('F_SEAL_SHRINK');
  const [one, other] = [file.map(), file.map()];
  one.bytes[7] = 42;
  assert.equal(other.bytes[7], 42);
  const buffer = new Uint8Array(1);
  file.read(buffer, 7);
  assert.equal(buffer[0], 42);
  file.write(Uint8Array.of(43), 7);
  assert.equal(one.bytes[7], 43);
  assert.throws(() => file.seal('F_SEAL_WRITE'), { code: 'EBUSY', message: /F_SEAL_FUTURE_WRITE/ });
  file.seal('F_SEAL_FUTURE_WRITE');
  one.bytes[7] = 44;
  assert.equal(other.bytes[7], 44);
  assert.throws(() => file.map(), { code: 'EPERM', syscall: 'mmap' });
});

test('a file that may shrink is not mapped: touching it could kill the process', () => {
  using file = MemFd.open({ size: 4_096 });
  assert.throws(() => file.map(), { name: 'TypeError', message: /seal\('F_SEAL_SHRINK'\)/ });
  file.setSize(0);
  file.seal('F_SEAL_SHRINK');
  assert.throws(() => file.map(), { name: 'RangeError', message: /^size/ });
});

test('sizes and positions that are none are refused', () => {
  using file = MemFd.open();
  for (const wrong of [-1, 1.5, Number.NaN]) {
    assert.throws(() => MemFd.open({ size: wrong }), RangeError);
    assert.throws(() => file.setSize(wrong), RangeError);
    assert.throws(() => file.read(new Uint8Array(1), wrong), RangeError);
    assert.throws(() => file.write(new Uint8Array(1), wrong), RangeError);
  }
  assert.throws(() => file.read(new Uint8Array(0), 0), RangeError);
});

test('MemFd: fromFd() adopts a memory file and nothing else', () => {
  using file = MemFd.open({ size: 5 });
  using adopted = MemFd.fromFd(fcntl(file.fd, FCNTL.F_DUPFD_CLOEXEC, 0));
  assert.equal(adopted.size, 5);
  using other = EventFd.open();
  assert.throws(() => MemFd.fromFd(other.fd), { name: 'TypeError', message: /not a memory file/ });
});

test('MemFd: printed in one line; closed, it says so', () => {
  const file = MemFd.open({ size: 5 });
  assert.equal(inspect(file), `MemFd{fd ${file.fd} 5 bytes blocking}`);
  file.close();
  const calls = [() => file.size, () => file.setSize(1), () => file.seals, () => file.map()];
  for (const call of calls) assert.throws(call, { code: 'ERR_POLYIO_CLOSED' });
});

openAndClose('MemFd', () => MemFd.open());
