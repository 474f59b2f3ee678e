// An echo server for Bun, the way its manual has it: what a socket does not take is kept until it drains.
interface BunSocket {
  data: Uint8Array[];
  write(bytes: Uint8Array): number;
}

declare const Bun: {
  listen(options: {
    readonly hostname: string;
    readonly port: number;
    readonly socket: {
      open(socket: BunSocket): void;
      data(socket: BunSocket, bytes: Uint8Array): void;
      drain(socket: BunSocket): void;
    };
  }): unknown;
};

function flush(socket: BunSocket): void {
  for (;;) {
    const [first] = socket.data;
    if (first === undefined) return;
    const sent = Math.max(0, socket.write(first));
    if (sent < first.length) {
      socket.data[0] = first.subarray(sent);
      return;
    }
    socket.data.shift();
  }
}

Bun.listen({
  hostname: '127.0.0.1',
  port: Number(process.argv[2]),
  socket: {
    open(socket) {
      socket.data = [];
    },
    data(socket, bytes) {
      const sent = socket.data.length > 0 ? 0 : Math.max(0, socket.write(bytes));
      if (sent < bytes.length) socket.data.push(Uint8Array.from(bytes.subarray(sent)));
    },
    drain: flush,
  },
});
