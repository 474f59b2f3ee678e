// Shows: a real Node stream over a socket of polyio: pipeline, backpressure, and a half-open connection
// Needs: nothing
// Run:   node build/examples/descriptor-stream.js
// Try:   node build/examples/descriptor-stream.js package.json
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { socketPair } from 'polyio';
import { openDuplex } from 'polyio/node';

const path = process.argv[2] ?? fileURLToPath(import.meta.url);
const [ours, theirs] = socketPair();

// The other end: shouts back what it hears, and has the last word after we have ended.
const server = openDuplex(theirs);
const shout = new Transform({
  transform: (chunk, _encoding, done) => done(null, String(chunk).toUpperCase()),
  flush: (done) => done(null, '\nthat was all\n'),
});
const served = pipeline(server, shout, server);

// Our end: the file goes in, the answer comes out, at the pace of whichever is slower.
const client = openDuplex(ours, { highWaterMark: 16_384 });
const file = createReadStream(path);
const hash = createHash('sha256');
let last = '';
client.on('data', (bytes: Buffer) => {
  hash.update(bytes);
  last = String(bytes).trimEnd().split('\n').at(-1) as string;
});
file.pipe(client); // ends the writing side when the file ends: shutdown('write')
await once(client, 'end');
await served;

console.log(`${file.bytesRead} bytes of ${path} went through ${client.constructor.name}`);
console.log(`the last line that came back: ${last}`);
console.log(`sha256 of the answer: ${hash.digest('hex')}`);
if (!client.closed) await once(client, 'close');
console.log('both sockets are closed:', ours.closed && theirs.closed);
