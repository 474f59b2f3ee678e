import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { inspect } from 'node:util';
import { CharacterDevice, Pty } from '../../src/io.ts';
import { HANGUP, openSelector, READABLE, WRITABLE } from '../../src/readiness.ts';
import { IOCTL, POLL } from '../../src/sys/abi.ts';
import { TERMINAL_IOCTL } from '../../src/sys/linux/abi.ts';
import { pollFd } from '../../src/sys/poll.ts';
import { asNobody, notRoot } from '../harness/nobody.ts';
import { test } from '../harness/test.ts';
import { socketFolder } from './loopback.ts';

const MODELS = ['select', 'poll', 'epoll'] as const;
const ROUNDS = process.env['POLYIO_TEST_FULL'] === '1' ? 10_000 : 500;

test('/dev/zero reads as zeros without an end, and takes every byte', () => {
  using zero = CharacterDevice.open('/dev/zero');
  const buffer = new Uint8Array(65_536).fill(1);
  assert.equal(zero.read(buffer), buffer.length);
  assert.ok(buffer.every((byte) => byte === 0));
  assert.equal(zero.write(buffer), buffer.length);
  assert.equal(inspect(zero), `CharacterDevice{fd ${zero.fd} /dev/zero blocking}`);
});

test('/dev/null is at its end, and takes every byte', () => {
  using device = CharacterDevice.open('/dev/null', { nonBlocking: true });
  assert.equal(device.read(new Uint8Array(4)), 0);
  assert.equal(device.tryRead(new Uint8Array(4)), 0);
  assert.equal(device.tryWrite(new Uint8Array(65_536)), 65_536);
  device.writeAll(new Uint8Array(2 ** 20));
});

test('/dev/random fills a buffer with what differs each time', () => {
  using random = CharacterDevice.open(new URL('file:///dev/random'), { direction: 'read' });
  const [one, other] = [new Uint8Array(32), new Uint8Array(32)];
  assert.equal(random.read(one), 32);
  assert.equal(random.read(other), 32);
  assert.notDeepEqual(one, other);
  assert.throws(() => random.write(one), { code: 'EBADF', syscall: 'write' });
});

test('/dev/full takes nothing: ENOSPC', () => {
  using full = CharacterDevice.open('/dev/full', { direction: 'write' });
  assert.throws(() => full.write(new Uint8Array(1)), {
    name: 'SystemError',
    code: 'ENOSPC',
    syscall: 'write',
    message: 'write ENOSPC: the device takes no more bytes',
  });
  assert.throws(() => full.writeAll(new Uint8Array(9)), {
    message: 'write ENOSPC: 0 of 9 bytes were taken',
  });
});

/** What the kernel says of each, and whether epoll takes it: the driver's `poll` decides. */
const READINESS = {
  '/dev/null': { ready: READABLE | WRITABLE, epoll: false },
  '/dev/zero': { ready: READABLE | WRITABLE, epoll: false },
  '/dev/full': { ready: READABLE | WRITABLE, epoll: false },
  '/dev/urandom': { ready: READABLE | WRITABLE, epoll: false },
  '/dev/random': { ready: READABLE, epoll: true },
} as const;

for (const model of MODELS) {
  for (const [path, { ready, epoll }] of Object.entries(READINESS)) {
    const isRefused = model === 'epoll' && !epoll;
    test(`${path} under ${model}: ${isRefused ? 'EPERM' : 'ready'}`, () => {
      using selector = openSelector(model);
      using device = CharacterDevice.open(path, { nonBlocking: true });
      const register = () => selector.register(device, READABLE | WRITABLE, 0);
      if (isRefused) {
        assert.throws(register, { name: 'SystemError', code: 'EPERM', syscall: 'epoll_ctl' });
        assert.equal(selector.size, 0);
        return;
      }
      register();
      assert.equal(selector.wait(0), 1);
      assert.equal(selector.readyEvents(0), ready);
    });
  }

  test(`a terminal under ${model}: readable by a line, hung up when its other side closes`, () => {
    using selector = openSelector(model);
    using pty = Pty.open();
    using terminal = CharacterDevice.open(pty.path, { nonBlocking: true });
    selector.register(terminal, READABLE, 0);
    assert.equal(selector.wait(0), 0);
    pty.writeAll(Buffer.from('half a li'));
    assert.equal(selector.wait(0), 0);
    pty.writeAll(Buffer.from('ne\n'));
    assert.equal(selector.wait(15_000), 1);
    assert.equal(selector.readyEvents(0), READABLE);
    assert.equal(terminal.tryRead(new Uint8Array(64)), 12);
    assert.equal(terminal.tryRead(new Uint8Array(64)), null);
    pty.close();
    assert.equal(selector.wait(15_000), 1);
    const events = selector.readyEvents(0);
    assert.equal(events & READABLE, READABLE);
    if (model !== 'select') assert.equal(events & HANGUP, HANGUP);
    assert.equal(terminal.tryRead(new Uint8Array(4)), 0);
  });
}

test('ioctl() asks the driver: by a structure, by a number, or it does not know', () => {
  using pty = Pty.open();
  using terminal = CharacterDevice.open(pty.path);
  pty.writeAll(Buffer.from('four\n'));
  const count = new Int32Array(1);
  // What is typed arrives by the hand of a kernel thread.
  assert.equal(pollFd(terminal.fd, POLL.POLLIN, 15_000), POLL.POLLIN);
  assert.equal(terminal.ioctl(IOCTL.FIONREAD, count), 0);
  assert.equal(count[0], 5);
  assert.equal(terminal.ioctl(TERMINAL_IOCTL.TCFLSH, 2), 0);
  terminal.ioctl(IOCTL.FIONREAD, count);
  assert.equal(count[0], 0);
  using zero = CharacterDevice.open('/dev/zero');
  assert.throws(() => zero.ioctl(TERMINAL_IOCTL.TIOCGWINSZ, new Uint8Array(8)), {
    code: 'ENOTTY',
    syscall: 'ioctl',
    message: 'ioctl ENOTTY: the device does not know this request',
  });
  assert.throws(() => zero.ioctl(Number.NaN), RangeError);
  assert.throws(() => zero.ioctl(1, 0.5), RangeError);
  assert.throws(() => zero.ioctl(1, 'x' as unknown as number), TypeError);
});

test('open() refuses what is no character device, and what is not there', () => {
  using folder = socketFolder();
  assert.throws(() => CharacterDevice.open(folder.path('nothing')), {
    name: 'SystemError',
    code: 'ENOENT',
    syscall: 'open',
    message: `open ENOENT ${folder.path('nothing')}: no device has that name here: ls /dev`,
  });
  assert.throws(() => CharacterDevice.open(process.execPath), {
    name: 'TypeError',
    message: /is a regular file, not a character device: open it with File\.open$/,
  });
  for (const direction of ['up', 'constructor'] as unknown as 'read'[]) {
    assert.throws(() => CharacterDevice.open('/dev/null', { direction }), {
      name: 'TypeError',
      message: `direction must be 'read', 'write' or 'both', got '${direction}'`,
    });
  }
  const nonBlocking = 1 as unknown as boolean;
  assert.throws(() => CharacterDevice.open('/dev/null', { nonBlocking }), {
    name: 'TypeError',
    message: 'nonBlocking must be a boolean, got 1',
  });
  assert.throws(() => CharacterDevice.open('/dev/null', { timeoutMs: 0 }), RangeError);
});

test('fromFd() adopts a character device and nothing else', () => {
  using device = CharacterDevice.fromFd(openSync('/dev/zero', 'r+'));
  assert.equal(device.read(new Uint8Array(3)), 3);
  const file = openSync(process.execPath, 'r');
  assert.throws(() => CharacterDevice.fromFd(file), {
    name: 'TypeError',
    message: `descriptor ${file} is a regular file, not a character device: open it with File.open`,
  });
  closeSync(file);
  assert.throws(() => CharacterDevice.fromFd(file), { code: 'EBADF', syscall: 'fstat' });
  assert.throws(() => CharacterDevice.fromFd(Number.NaN), RangeError);
});

test(
  'a device that this user may not open is EACCES',
  async () => {
    const { stdout } = await asNobody(
      'CharacterDevice',
      "try { CharacterDevice.open('/dev/kmsg') } catch (e) { console.log(e.code, e.syscall) }",
    );
    assert.equal(stdout, 'EACCES open\n');
  },
  { skip: notRoot },
);

test(`${ROUNDS} opened and closed devices leave nothing open`, () => {
  for (let round = 0; round < ROUNDS; round++) {
    using device = CharacterDevice.open('/dev/null');
    assert.ok(device.fd < 512);
    assert.throws(() => CharacterDevice.open('/dev/no-such-device'));
  }
});

test('a blocking device does not try, a closed one does nothing, and nothing is no buffer', () => {
  const device = CharacterDevice.open('/dev/zero');
  assert.throws(() => device.tryRead(new Uint8Array(1)), {
    name: 'TypeError',
    message:
      'CharacterDevice.tryRead: the CharacterDevice is blocking; call setBlocking(false) first',
  });
  assert.throws(() => device.tryWrite(new Uint8Array(1)), TypeError);
  assert.throws(() => device.read(new Uint8Array(0)), RangeError);
  assert.throws(() => device.write('text' as unknown as Uint8Array), TypeError);
  device.close();
  const byte = new Uint8Array(1);
  for (const [name, call] of Object.entries({
    read: () => device.read(byte),
    tryRead: () => device.tryRead(byte),
    write: () => device.write(byte),
    tryWrite: () => device.tryWrite(byte),
    ioctl: () => device.ioctl(1),
  })) {
    assert.throws(call, {
      code: 'ERR_POLYIO_CLOSED',
      message: `CharacterDevice.${name}: the CharacterDevice is closed`,
    });
  }
});
