// Shows: a blocking echo: the thread sleeps in accept, then in recv, and serves one client at a time
// Needs: Linux
// Run:   node build/examples/blocking-echo.js [port]
// Try:   nc 127.0.0.1 8080 in two terminals: the second waits until the first leaves; Ctrl-C stops it
import { formatAddress, Socket } from 'polyio';

const buffer = Buffer.alloc(4096);

function echo(socket: Socket, peer: string): void {
  for (;;) {
    // Both phases pass in this one call: asleep until bytes arrive, then they are copied to us.
    console.log(`  recv: asleep until ${peer} sends something`);
    const bytes = socket.recv(buffer);
    if (bytes === 0) return;
    const message = buffer.subarray(0, bytes);
    console.log(`${peer} says ${JSON.stringify(message.toString())}`);
    // Asleep here too, when the peer does not read and the kernel's buffer is full.
    socket.sendAll(message);
  }
}

using listener = Socket.open('ipv4', 'stream');
listener.setReuseAddress(true);
listener.bind({ host: '127.0.0.1', port: Number(process.argv[2] ?? 8080) });
listener.listen();
console.log(`listening on ${formatAddress(listener.localAddress)}`);

for (;;) {
  console.log('accept: asleep until somebody connects');
  const { socket, address } = listener.accept();
  const peer = formatAddress(address);
  console.log(`${peer} connected; whoever else connects waits in the kernel's queue`);
  try {
    echo(socket, peer);
    console.log(`${peer} closed`);
  } catch (error) {
    console.log(`${peer} is lost: ${(error as Error).message}`);
  } finally {
    socket.close();
  }
}
