/** Echo servers in the test's own process that do what they are told, wrongly for the most part. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** What becomes of the `count`-th piece that the server received, on the `connection`-th connection. */
export type Answer = (piece: Buffer, socket: Socket, count: number, connection: number) => void;

export interface EchoServer extends AsyncDisposable {
  readonly target: { readonly host: string; readonly port: number };
  /** Connections that were opened. */
  readonly accepted: () => number;
  /** Closes every connection, and listens no more. */
  die(): void;
}

/** A TCP server on a free port of the loopback. */
export async function startServer(answer: Answer): Promise<EchoServer> {
  const sockets = new Set<Socket>();
  let count = 0;
  let accepted = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = ++accepted;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (piece: Buffer) => answer(piece, socket, ++count, connection));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const die = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return {
    target: { host: '127.0.0.1', port },
    accepted: () => accepted,
    die,
    async [Symbol.asyncDispose]() {
      if (!server.listening && sockets.size === 0) return;
      const closed = server.listening ? once(server, 'close') : null;
      die();
      await closed;
    },
  };
}

/** What goes back for the `count`-th datagram. */
export type DatagramAnswer = (datagram: Buffer, count: number) => readonly Buffer[];

/** A UDP server on a free port of the loopback. */
export async function startUdpServer(answer: DatagramAnswer) {
  const socket = createSocket('udp4');
  let count = 0;
  socket.on('message', (datagram, { address, port }) => {
    for (const piece of answer(datagram, ++count)) socket.send(piece, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  return {
    target: { host: '127.0.0.1', port, udp: true },
    async [Symbol.asyncDispose]() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}
