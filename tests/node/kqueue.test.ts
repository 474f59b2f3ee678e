/** Waiting in Node's own loop through a kqueue: the tests of this folder, on the double. */
import { readdirSync } from 'node:fs';
import { hasKqueue } from '../doubles/kqueue.ts';
import { underTheDouble } from '../doubles/suite.ts';

const own = new URL(import.meta.url).pathname;
const files = readdirSync(new URL('.', import.meta.url))
  .filter((name) => name.endsWith('.test.js') && !own.endsWith(`/${name}`))
  .map((name) => new URL(name, import.meta.url).href);

if (!hasKqueue) underTheDouble("Node's own loop", files, { isLong: true });
