import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import type { InternetAddress } from '../../src/io.ts';
import { chooseModel, serve } from '../../src/servers.ts';
import { Client } from '../cases/server-client.ts';
import { ECHO } from '../cases/server-suite.ts';
import { test } from '../harness/test.ts';

test('serve: default chooses a model and says which', async () => {
  await using server = await serve(ECHO, { port: 0 });
  const { model, rejected } = chooseModel('default');
  assert.equal(server.model, model.name);
  assert.deepEqual(server.rejected, rejected);
  const { port } = server.address as InternetAddress;
  assert.equal(inspect(server), `Server{${model.name} 127.0.0.1:${port}, 1 workers, 0 open of 0}`);
});

test('serve: a path serves as well as a URL', async () => {
  for (const module of [ECHO.href, ECHO.pathname]) {
    await using server = await serve(module, { port: 0 });
    const client = await new Client(server.address).connected();
    client.write('hello');
    await client.read(5);
    await client.destroy();
  }
});

test('serve: close() and abort() can be called together and again', async () => {
  const server = await serve(ECHO, { port: 0, model: 'poll' });
  const client = await new Client(server.address).connected();
  const all = [server.close(), server.close({ timeoutMs: 0 }), server.abort(), server.abort()];
  await Promise.all(all);
  await server.finished;
  await client.closed();
  assert.deepEqual(await server.close(), {
    drained: true,
    unsentBytes: 0,
    unsentConnections: 0,
  });
});

test('serve: close() refuses a wrong time', async () => {
  await using server = await serve(ECHO, { port: 0 });
  for (const timeoutMs of [-1, 0.5, Number.NaN, 2 ** 31]) {
    await assert.rejects(server.close({ timeoutMs }), { name: 'RangeError', message: /timeoutMs/ });
  }
});

test('serve: one signal for many servers gathers no listeners', async () => {
  const { signal } = new AbortController();
  for (let i = 0; i < 3; i++) {
    const server = await serve(ECHO, { port: 0, signal });
    await server.close();
  }
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('serve: ten servers at once, each with its own port and figures', async () => {
  const starting = Array.from({ length: 10 }, () => serve(ECHO, { port: 0 }));
  const servers = await Promise.all(starting);
  const ports = servers.map(({ address }) => (address as InternetAddress).port);
  assert.equal(new Set(ports).size, servers.length);
  const client = await new Client((servers[3] as (typeof servers)[0]).address).connected();
  client.write('x');
  await client.read(1);
  assert.deepEqual(
    servers.map((server) => server.statistics().accepted),
    [0, 0, 0, 1, 0, 0, 0, 0, 0, 0],
  );
  await client.destroy();
  await Promise.all(servers.map((server) => server.close()));
});
