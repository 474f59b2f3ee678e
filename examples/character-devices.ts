// Shows: character devices under select, and which of them epoll can wait on
// Needs: nothing
// Run:   node build/examples/character-devices.js
// Try:   node build/examples/character-devices.js /dev/kmsg /dev/input/event0   as root
import { CharacterDevice, openSelector, Pty, READABLE, type SystemError, WRITABLE } from 'polyio';

const DEVICES = ['/dev/null', '/dev/zero', '/dev/full', '/dev/random', '/dev/urandom'];

using pty = Pty.open();
const paths = [...DEVICES, pty.path, ...process.argv.slice(2)];
const devices = paths.map((path) => CharacterDevice.open(path, { nonBlocking: true }));

function nameOf(ready: number): string {
  const names = [ready & READABLE ? 'readable' : '', ready & WRITABLE ? 'writable' : ''];
  return names.filter((name) => name !== '').join(' and ');
}

function readFrom(device: CharacterDevice): string {
  const count = device.tryRead(new Uint8Array(16));
  if (count === null) return 'nothing to read now';
  return count === 0 ? 'at its end' : `gave ${count} bytes`;
}

console.log('select takes every one:');
{
  using selector = openSelector<CharacterDevice>('select');
  for (const device of devices) selector.register(device, READABLE | WRITABLE, device);
  for (const { key, ready } of selector.select(1_000)) {
    console.log(`  ${key.data.path} is ${nameOf(ready)}: ${readFrom(key.data)}`);
  }
  // Nobody has typed, so the terminal was only writable. Now somebody does.
  pty.writeAll(Buffer.from('typed\n'));
  for (const device of devices) selector.unregister(device);
  const terminal = devices[DEVICES.length] as CharacterDevice;
  selector.register(terminal, READABLE, terminal);
  for (const { key, ready } of selector.select(1_000)) {
    console.log(`  ${key.data.path} is ${nameOf(ready)}: ${readFrom(key.data)}`);
  }
}

console.log('epoll takes those whose driver can tell when it is ready:');
{
  using selector = openSelector('epoll');
  for (const device of devices) {
    try {
      selector.register(device, READABLE, device.path);
      console.log(`  ${device.path} is watched`);
    } catch (error) {
      console.log(`  ${device.path} is refused: ${(error as SystemError).code}`);
    }
  }
}

for (const device of devices) device.close();
