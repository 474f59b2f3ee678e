/** Starting: what cannot be served is said at once, by serve() itself. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { InternetAddress } from '../../src/io.ts';
import { HOST } from '../../src/platform/host.ts';
import { type ModelName, type ServeOptions, serve } from '../../src/servers.ts';
import { ECHO, type ServerSuite, serverCase, startEcho } from './server-suite.ts';

const isRoot = process.getuid?.() === 0;

/** Why any port can be bound to, or false. */
const mayBind =
  HOST === 'win32' ? 'Windows has no privileged ports' : isRoot && 'root may bind to any port';

/** A path inside a regular expression. */
function literally(path: string): string {
  return path.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

async function refused(
  suite: ServerSuite,
  options: ServeOptions,
  expected: object,
  module: URL | string = ECHO,
): Promise<void> {
  const { model } = suite;
  await assert.rejects(serve(module, { model, workers: 1, port: 0, ...options }), expected);
}

async function withModule(source: string, use: (url: URL) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'polyio-broken-'));
  try {
    const path = join(directory, 'broken-protocol.mjs');
    writeFileSync(path, source);
    await use(pathToFileURL(path));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function socketCases(suite: ServerSuite): void {
  serverCase(suite, 'a port in use is EADDRINUSE with address and port', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    try {
      await refused(
        suite,
        { port },
        {
          name: 'SystemError',
          code: 'EADDRINUSE',
          address: '127.0.0.1',
          port,
          message: new RegExp(`EADDRINUSE 127\\.0\\.0\\.1:${port}`),
        },
      );
    } finally {
      other.close();
    }
    await using started = await startEcho({ ...suite, workers: 1 }, { port });
    assert.deepEqual(started.server.address, { host: '127.0.0.1', port });
  });

  serverCase(
    suite,
    'a privileged port is EACCES',
    () => refused(suite, { port: 1 }, { code: 'EACCES', port: 1 }),
    { skip: mayBind },
  );

  serverCase(suite, 'a host that is not here is refused by name', async () => {
    await refused(
      suite,
      { host: '203.0.113.1' },
      { code: 'EADDRNOTAVAIL', address: '203.0.113.1' },
    );
    await refused(suite, { host: 'no-such-host.invalid' }, { syscall: 'getaddrinfo' });
  });

  serverCase(suite, 'a name and IPv6 are served as well', async () => {
    for (const host of ['localhost', '::1']) {
      await using started = await startEcho({ ...suite, workers: 1 }, { host });
      const client = await started.connect();
      client.write('hello');
      assert.equal((await client.read(5)).toString(), 'hello');
      assert.notEqual((started.server.address as InternetAddress).host, 'localhost');
    }
  });

  serverCase(suite, 'wrong numbers are refused by name', async () => {
    await refused(suite, { port: 65_536 }, { name: 'RangeError', message: /port/ });
    await refused(suite, { port: Number.NaN }, { message: /port/ });
    for (const workers of [0, 65, 1.5]) {
      await refused(suite, { workers }, { name: 'RangeError', message: /worker/ });
    }
    await refused(suite, { maxConnections: 0 }, { name: 'RangeError', message: /maxConnections/ });
    const model = 'epol' as ModelName;
    await refused(suite, { model }, { name: 'TypeError', message: /'epol'.*epoll-edge.*node-net/ });
  });
}

function moduleCases(suite: ServerSuite): void {
  const code = 'ERR_POLYIO_PROTOCOL';

  serverCase(suite, 'a module with a syntax error is refused with its file and line', () =>
    withModule('export default {\n  data() {\n};\n', async (url) => {
      const message = new RegExp(`${literally(fileURLToPath(url))}: SyntaxError.*\\(line 3\\)`);
      await refused(suite, {}, { code, message }, url);
    }),
  );

  serverCase(suite, 'a module that is no protocol is refused with the reason', async () => {
    const faults = [
      ['export const data = 1;', /default export must be an object/],
      ['export default {};', /data must be a function, got undefined/],
    ] as const;
    for (const [source, message] of faults) {
      await withModule(source, (url) => refused(suite, {}, { code, message }, url));
    }
  });

  serverCase(suite, 'a module that is not there is refused by its path', async () => {
    const path = join(tmpdir(), 'polyio-no-such-protocol.mjs');
    const message = new RegExp(`${literally(path)}: there is no such file`);
    await refused(suite, {}, { code, message }, path);
    await refused(suite, {}, { code, message }, pathToFileURL(path).href);
  });
}

export function startingCases(suite: ServerSuite): void {
  socketCases(suite);
  moduleCases(suite);
}
