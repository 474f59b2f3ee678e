// Shows: descriptors of six different kinds in one selector, each with its callback as the key's data
// Needs: Linux
// Run:   node build/examples/many-kinds.js
// Try:   replace openSelector() by openSelector('select'): the same events, another system call

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  EventFd,
  Inotify,
  openSelector,
  Pipe,
  READABLE,
  SignalFd,
  signalThread,
  socketPair,
  TimerFd,
} from 'polyio';

const folder = mkdtempSync(join(tmpdir(), 'polyio-many-kinds-'));
const buffer = Buffer.alloc(64);

using selector = openSelector<() => string>();
using timer = TimerFd.open('monotonic');
using counter = EventFd.open();
using signals = SignalFd.open(['SIGUSR2']);
using inotify = Inotify.open();
using pipe = Pipe.open();
const [near, far] = socketPair();
for (const each of [timer, counter, signals, inotify, pipe.reader, near]) each.setBlocking(false);

const text = (count: number): string => buffer.toString('utf8', 0, count);
selector.register(timer, READABLE, () => `timer expired ${timer.read()} time`);
selector.register(counter, READABLE, () => `counter was at ${counter.read()}`);
selector.register(signals, READABLE, () => `signal is ${signals.read().signal}`);
selector.register(inotify, READABLE, () => `inotify saw ${inotify.read()[0]?.event}`);
selector.register(pipe.reader, READABLE, () => `pipe brought ${text(pipe.reader.read(buffer))}`);
selector.register(near, READABLE, () => `socket brought ${text(near.recv(buffer))}`);
console.log(selector);

inotify.watch(folder, ['IN_CREATE']);
timer.start(20);
counter.add(41);
counter.add();
writeFileSync(join(folder, 'file'), '');
pipe.writer.writeAll(Buffer.from('a few bytes'));
far.sendAll(Buffer.from('a greeting'));
signalThread(signals.tid, 'SIGUSR2');
for (let left = selector.size; left > 0; ) {
  for (const { key } of selector.select()) {
    console.log(key.data());
    selector.unregister(key.handle);
    left--;
  }
}
near.close();
far.close();
rmSync(folder, { recursive: true });
