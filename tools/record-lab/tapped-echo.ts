/**
 * The protocol of a server whose calls are written down where the lab's recorder does not run: on
 * another system, or on its double. Its URL names the file that takes the calls, and how many
 * clients there are: when the last of them has left, the file is written.
 */
import { writeFileSync } from 'node:fs';
import type { Connection, Protocol } from '../../src/servers.ts';
import { setTap } from '../../src/sys/ffi.ts';
import { type CallRow, instant } from './calls.ts';

const ROWS_MAX = 2_000;

const { searchParams } = new URL(import.meta.url);
const out = searchParams.get('out') as string;
const clients = Number(searchParams.get('clients'));
const rows: CallRow[] = [];
let closed = 0;

function note(row: CallRow): void {
  if (rows.length < ROWS_MAX) rows.push(row);
}

function noteCallback(name: string, connection: Connection, start: number, bytes = 0): void {
  const { remoteAddress } = connection;
  const about = 'port' in remoteAddress ? remoteAddress.port : 0;
  const fd = (connection as { readonly fd?: number }).fd ?? -1;
  const end = performance.now();
  note({
    kind: 'callback',
    name,
    fd,
    start: instant(start),
    end: instant(end),
    result: bytes,
    errno: 0,
    about,
  });
}

setTap((name, start, end, result, errno, fd) => {
  note({
    kind: 'call',
    name,
    fd,
    start: instant(start),
    end: instant(end),
    result,
    errno,
    about: 0,
  });
});

export default {
  open(connection) {
    noteCallback('open', connection, performance.now());
  },
  data(connection, chunk) {
    const { length } = chunk;
    const start = performance.now();
    connection.write(chunk);
    noteCallback('data', connection, start, length);
  },
  close(connection) {
    noteCallback('close', connection, performance.now());
    if (++closed === clients) writeFileSync(out, JSON.stringify(rows));
  },
} satisfies Protocol;
