/**
 * The protocol of recorded servers: it sends every byte back, and it is the recorder's foot in the
 * door. Whatever the worker is, thread or process, it loads its protocol before it serves; this one
 * makes the thread a writer of the ring that its URL names, and then there is nothing in the server
 * that has to know of tracing.
 */
import type { Connection, Protocol } from '../../servers.ts';
import { KIND } from '../../trace.ts';
import { openSharedRing } from './memory.ts';
import { recordThread, takePen } from './tap.ts';

const ring = openSharedRing(new URL(import.meta.url).searchParams.get('memory') as string);
const hand = takePen(ring);
const { pen, at } = hand;

function portOf({ remoteAddress }: Connection): number {
  return 'port' in remoteAddress ? remoteAddress.port : 0;
}

/** The descriptor of a connection that has one of its own; the baseline's belongs to Node. */
function fdOf(connection: Connection): number {
  return (connection as { readonly fd?: number }).fd ?? -1;
}

function note(name: string, connection: Connection, start: number, bytes = 0): void {
  const port = portOf(connection);
  pen.write(KIND.callback, name, fdOf(connection), at(start), at(), bytes, 0, port);
}

recordThread(ring, hand);

export default {
  open(connection) {
    note('open', connection, performance.now());
  },
  data(connection, chunk) {
    const { length } = chunk;
    const start = performance.now();
    connection.write(chunk);
    note('data', connection, start, length);
  },
  close(connection) {
    note('close', connection, performance.now());
  },
} satisfies Protocol;
