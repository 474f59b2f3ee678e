// Shows: a polling echo: no call sleeps, every descriptor is asked again and again, one core is busy
// Needs: Linux
// Run:   node build/examples/polling-echo.js [port]
// Try:   nc 127.0.0.1 8080 in two terminals, and top in a third; Ctrl-C stops it
import { formatAddress, Socket } from 'polyio';

const SHOWN = 3;
const buffer = Buffer.alloc(4096);
const connections: { socket: Socket; peer: string; vain: number }[] = [];
let vain = 0;

function say(text: string): void {
  console.log(`${new Date().toISOString().slice(11, 23)} ${text}`);
}

/** Prints the first answers of their kind only: there are a million in a second. */
function inVain(count: number, answer: string): void {
  if (count <= SHOWN) say(`${answer}: EAGAIN`);
  if (count === SHOWN) say(`${answer}: asked on without a word from here`);
}

using listener = Socket.open('ipv4', 'stream');
listener.setReuseAddress(true);
listener.bind({ host: '127.0.0.1', port: Number(process.argv[2] ?? 8080) });
listener.listen();
listener.setBlocking(false);
say(`listening on ${formatAddress(listener.localAddress)}`);

for (;;) {
  const accepted = listener.tryAccept();
  if (accepted === null) inVain(++vain, 'nobody connected');
  else {
    const { socket, address } = accepted;
    const peer = formatAddress(address);
    socket.setBlocking(false);
    connections.push({ socket, peer, vain: 0 });
    say(`${peer} connected, after ${vain} questions in vain`);
    vain = 0;
  }
  for (const connection of [...connections]) {
    const { socket, peer } = connection;
    try {
      const bytes = socket.tryRecv(buffer);
      if (bytes === null) inVain(++connection.vain, `${peer} sent nothing`);
      else if (bytes > 0) {
        const message = buffer.subarray(0, bytes);
        say(`${peer} says ${JSON.stringify(message.toString())}, asked ${connection.vain} times`);
        connection.vain = 0;
        // Does not sleep: a peer that does not read gets EAGAIN here, and is closed below.
        socket.sendAll(message);
      }
      if (bytes !== 0) continue;
      say(`${peer} closed`);
    } catch (error) {
      say(`${peer} is lost: ${(error as Error).message}`);
    }
    connections.splice(connections.indexOf(connection), 1);
    socket.close();
  }
}
