// Shows: a selector in Node's own loop: an echo server on it, beside an HTTP server and a timer of Node's
// Needs: nothing
// Run:   node build/examples/attached-selector.js
// Try:   node build/examples/attached-selector.js 8080    then in another terminal: nc 127.0.0.1 8080
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { formatAddress, openSelector, READABLE, Socket } from 'polyio';
import { attach } from 'polyio/node';

const port = Number(process.argv[2] ?? 0);
const listener = Socket.open('ipv4', 'stream');
listener.setReuseAddress(true);
listener.bind({ host: '127.0.0.1', port });
listener.listen();
listener.setBlocking(false);
using selector = openSelector<() => void>('epoll');
selector.register(listener, READABLE, accept);
const buffer = Buffer.alloc(4_096);

function accept(): void {
  const { socket, address } = listener.tryAccept() ?? {};
  if (socket === undefined || address === undefined) return;
  socket.setBlocking(false);
  console.log(`echo: ${formatAddress(address)} connected`);
  selector.register(socket, READABLE, () => echo(socket));
}

function echo(socket: Socket): void {
  const count = socket.tryRecv(buffer);
  if (count === null) return;
  if (count > 0) return void socket.trySend(buffer.subarray(0, count));
  console.log('echo: a client has left');
  selector.unregister(socket);
  socket.close();
}

const http = createServer((_request, response) => response.end('from node:http')).listen(0);
const timer = setInterval(() => console.log('timer: still ticking'), 200);
await once(http, 'listening');

async function talk(): Promise<void> {
  const { port } = http.address() as AddressInfo;
  console.log(`http: ${await (await fetch(`http://127.0.0.1:${port}`)).text()}`);
  using client = Socket.open('ipv4', 'stream');
  client.connect(listener.localAddress);
  client.sendAll(Buffer.from('hello'));
  for await (const _ready of attach(client)) break; // Node's loop goes on meanwhile
  console.log(`echo: ${buffer.toString('utf8', 0, client.recv(buffer))}`);
}

console.log(selector, 'waits in the loop of Node');
const attachment = attach(selector, (batch) => {
  for (const { key } of batch) key.data();
});
await (port === 0 ? talk() : attachment.finished);
attachment.close();
clearInterval(timer);
http.close().closeAllConnections();
listener.close();
