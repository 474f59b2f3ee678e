// Shows: one protocol under the model that the command line names; nothing else changes
// Needs: Linux
// Run:   node build/examples/protocol.js [model] [port]
// Try:   nc 127.0.0.1 8080, with blocking, select, epoll and node-net in turn; Ctrl-C drains
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Connection, formatAddress, type ModelName, type Protocol, serve } from 'polyio';

function say(connection: Connection, what: string): void {
  console.log(`${formatAddress(connection.remoteAddress)} ${what}`);
}

/** Callbacks, each synchronous: they run in whatever thread or process the model has. */
export default {
  open(connection) {
    say(connection, 'connected');
    connection.write('hello, I shout\n');
  },
  data(connection, chunk) {
    say(connection, `says ${JSON.stringify(chunk.toString())}`);
    connection.write(chunk.toString().toUpperCase());
  },
  close(connection, error) {
    say(connection, error === undefined ? 'closed' : `is lost: ${error.message}`);
  },
} satisfies Protocol;

async function main(model: ModelName | 'default', port: number): Promise<void> {
  const server = await serve(new URL(import.meta.url), { model, port });
  const stop = async (): Promise<void> => {
    const { drained } = await server.close({ timeoutMs: 25_000 });
    const { accepted, bytesIn, bytesOut } = server.statistics();
    console.log(`clients: ${accepted}, bytes in: ${bytesIn}, bytes out: ${bytesOut}`);
    if (!drained) console.log('some bytes were left unsent');
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  console.log(`listening on ${formatAddress(server.address)} under ${server.model}`);
}

// The workers import this file too, for its protocol: only the program itself starts the server.
if (realpathSync(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  const [model = 'default', port = '8080'] = process.argv.slice(2);
  await main(model as ModelName | 'default', Number(port));
}
