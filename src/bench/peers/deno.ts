// An echo server for Deno, the way its manual has it: a loop of read and write for each connection.
interface DenoConnection {
  read(bytes: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

declare const Deno: {
  readonly args: readonly string[];
  listen(options: {
    readonly hostname: string;
    readonly port: number;
  }): AsyncIterable<DenoConnection>;
};

const RECEIVE_BYTES = 65_536;

async function echo(connection: DenoConnection): Promise<void> {
  const buffer = new Uint8Array(RECEIVE_BYTES);
  try {
    for (;;) {
      const length = await connection.read(buffer);
      if (length === null) break;
      for (let sent = 0; sent < length; ) {
        sent += await connection.write(buffer.subarray(sent, length));
      }
    }
  } catch {
    // A client that resets its connection ends it as well.
  }
  connection.close();
}

for await (const connection of Deno.listen({ hostname: '127.0.0.1', port: Number(Deno.args[0]) })) {
  void echo(connection);
}
