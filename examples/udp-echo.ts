// Shows: a datagram echo in batches: one call takes all that have come, one sends them back
// Needs: Linux
// Run:   node build/examples/udp-echo.js [port]
// Try:   polyio load --udp --port 8080, or nc -u 127.0.0.1 8080; Ctrl-C stops it
import { DatagramBatch, formatAddress, Socket } from 'polyio';

const CAPACITY = 64;
/** The largest datagram that IPv4 has. */
const SIZE = 65_507;
const RECEIVE_BUFFER = 4_194_304;

using socket = Socket.open('ipv4', 'datagram');
socket.bind({ host: '127.0.0.1', port: Number(process.argv[2] ?? 8080) });
// What finds no room here is lost without a word; the kernel gives as much of it as it may.
socket.setOption('SO_RCVBUF', RECEIVE_BUFFER);
using batch = DatagramBatch.allocate({ capacity: CAPACITY, size: SIZE });
console.log(`listening on ${formatAddress(socket.localAddress)} (UDP)`);

for (;;) {
  // Sleeps until one datagram is there, and takes all that are.
  const received = socket.recvMany(batch);
  // Each slot still names its sender: the batch goes back as it is.
  for (let sent = 0; sent < received; ) sent += socket.sendMany(batch, sent);
}
