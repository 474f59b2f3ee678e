// Shows: one call that waits on all connections; the callback of each is kept as its key's data
// Needs: Linux
// Run:   node build/examples/selector-echo.js [epoll|poll|select|default] [port]
// Try:   nc 127.0.0.1 8080 in several terminals: all are served at once; Ctrl-C stops it
import { formatAddress, openSelector, READABLE, Socket, WRITABLE } from 'polyio';

type Callback = (ready: number) => void;
const [model = 'default', port = '8080'] = process.argv.slice(2);
const buffer = Buffer.alloc(4096);

using selector = openSelector<Callback>(model as 'default');
using listener = Socket.open('ipv4', 'stream');
listener.setReuseAddress(true);
listener.bind({ host: '127.0.0.1', port: Number(port) });
listener.listen();
// What a selector watches is non-blocking: one descriptor that sleeps would stall all the others.
listener.setBlocking(false);
selector.register(listener, READABLE, onConnect);
console.log(`the selector is ${selector.model}${model === 'default' ? ', chosen by default' : ''}`);
console.log(`listening on ${formatAddress(listener.localAddress)}`);

function onConnect(): void {
  const accepted = listener.tryAccept();
  if (accepted === null) return;
  const { socket, address } = accepted;
  const peer = formatAddress(address);
  socket.setBlocking(false);
  let unsent: Buffer = Buffer.alloc(0);
  console.log(`${peer} connected`);
  selector.register(socket, READABLE, () => {
    try {
      if (unsent.length === 0) {
        const bytes = socket.tryRecv(buffer);
        if (bytes === null) return;
        if (bytes === 0) return leave(socket, `${peer} closed`);
        unsent = Buffer.from(buffer.subarray(0, bytes));
        console.log(`${peer} says ${JSON.stringify(unsent.toString())}`);
      }
      unsent = unsent.subarray(socket.trySend(unsent) ?? 0);
      // While the kernel has no room for the answer, wait for room instead of more questions.
      selector.modify(socket, unsent.length > 0 ? WRITABLE : READABLE);
    } catch (error) {
      leave(socket, `${peer} is lost: ${(error as Error).message}`);
    }
  });
}

function leave(socket: Socket, why: string): void {
  console.log(why);
  selector.unregister(socket);
  socket.close();
}

for (;;) {
  // Phase 1 for all of them at once; then each callback does phase 2 for its own.
  for (const { key, ready } of selector.select()) key.data(ready);
}
