/** What a request brings along: JSON, of a size that nobody has to fear. */
import type { IncomingMessage } from 'node:http';
import { Refused } from './guard.ts';

/** A request of the page has some two hundred bytes. */
const BYTES_MAX = 16_384;

function tooLarge(): Refused {
  return new Refused(413, `the request has more than ${BYTES_MAX} bytes`);
}

/** The JSON value in a body. Rejects with Refused. How long it may take is the server's own limit. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const { 'content-type': kind = '', 'content-length': length = '0' } = request.headers;
  if (kind.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
    throw new Refused(415, 'the request must be application/json');
  }
  if (Number(length) > BYTES_MAX) throw tooLarge();
  const parts: Buffer[] = [];
  let total = 0;
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    total += (part as Buffer).length;
    if (total > BYTES_MAX) throw tooLarge();
    parts.push(part as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    throw new Refused(400, 'the request is not JSON');
  }
}
