// Shows: signal-driven I/O: the kernel says by a signal that phase 1 is over, recv does phase 2
// Needs: Linux
// Run:   node build/examples/signal-driven.js
// Try:   node build/examples/signal-driven.js 40     (messages that arrive before anybody looks)
import { openSelector, READABLE, type Socket, socketPair } from 'polyio';

const burst = Number(process.argv[2] ?? 3);
const names = ['anna', 'ben', 'cora'];

using selector = openSelector<string>('signal-driven');
const peers = names.map((name) => {
  const [mine, theirs] = socketPair();
  mine.setBlocking(false);
  selector.register(mine, READABLE, name);
  return theirs;
});
console.log(`armed ${selector.size} sockets:`, selector);
console.log(`nothing sent: ${selector.wait(0)} ready, ${selector.signals} signals`);

peers[1]?.sendAll(Buffer.from('hello from ben'));
console.log('ben sends one message; the thread sleeps in sigtimedwait until the signal comes');
receive();

for (let i = 0; i < burst; i++) {
  for (const peer of peers) peer.sendAll(Buffer.from('.'));
}
console.log(`each of the three sends ${burst} more while nobody looks`);
receive();

console.log(
  `${selector.signals} signals named a socket, the queue overflowed ${selector.overflows} times`,
);
for (const { handle } of selector.keys()) (handle as Socket).close();
for (const peer of peers) peer.close();

/** Takes the signals that are there, then copies what each ready socket holds. */
function receive(): void {
  const buffer = Buffer.alloc(1_024);
  for (const { key } of selector.select(1_000)) {
    const bytes = (key.handle as Socket).tryRecv(buffer);
    console.log(`  ${key.data} is ready: recv copied ${bytes} bytes`);
  }
}
