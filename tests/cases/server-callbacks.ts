/** The callbacks: their order, their mistakes, and what a connection says about itself. */
import assert from 'node:assert/strict';
import { isMainThread } from 'node:worker_threads';
import type { InternetAddress } from '../../src/io.ts';
import type { FaultKind, Script } from '../fixtures/protocol-scripted.ts';
import { type Client, until } from './server-client.ts';
import { alone, type ServerSuite, type Started, serverCase, start } from './server-suite.ts';

const ASYNC = 'ERR_POLYIO_ASYNC_PROTOCOL';

function names(started: Started): string[] {
  return started.log().map(({ callback }) => callback);
}

/** Makes each callback run, on one connection. */
const triggers: Readonly<Record<string, (client: Client) => void>> = {
  open: () => {},
  data: (client) => client.command({ do: 'nothing' }),
  end: (client) => client.end(),
  close: (client) => client.end(),
  timeout: () => {},
  drain: (client) => {
    client.socket.pause();
    client.command({ do: 'blast', bytes: 16_777_216 });
  },
};

async function withFault(
  suite: ServerSuite,
  callback: string,
  kind: FaultKind,
  check: (started: Started) => Promise<void>,
): Promise<void> {
  const callbacks: Script['callbacks'] =
    callback === 'end' || callback === 'timeout' ? [callback] : [];
  const script = { callbacks, fault: { callback, kind } };
  const options = callback === 'timeout' ? { idleTimeoutMs: 50 } : {};
  await using started = await start(suite, script, options);
  // The bystander of a blocking worker needs a worker of its own.
  const client = await started.connect();
  triggers[callback]?.(client);
  if (callback === 'drain') {
    await started.called('refused');
    client.resume();
  }
  await client.closed();
  await check(started);
  await started.allClosed(1);
  assert.equal(started.log('close').length, 1);
}

function faultCases(suite: ServerSuite): void {
  for (const callback of ['open', 'data', 'drain', 'end', 'timeout', 'close']) {
    const skip = callback === 'drain' && suite.isBlocking === true && 'write never returns false';
    serverCase(
      suite,
      `throwing in ${callback} closes that connection with the error`,
      () =>
        withFault(suite, callback, 'throw', async (started) => {
          const [closed] = await started.called('close');
          const expected = callback === 'close' ? undefined : `thrown in ${callback}`;
          assert.equal(closed?.message, expected);
          // In close it is counted after the callback has told the log.
          await until(() => started.server.statistics().protocolErrors >= 1, 'it is counted');
        }),
      { skip },
    );
  }

  for (const callback of ['open', 'data', 'end', 'close']) {
    const kind = callback === 'data' ? 'reject' : 'async';
    serverCase(suite, `an async ${callback} callback is named in the error`, () =>
      withFault(suite, callback, kind, async (started) => {
        const [closed] = await started.called('close');
        if (callback !== 'close') {
          assert.equal(closed?.code, ASYNC);
          assert.match(closed?.message ?? '', new RegExp(`\\b${callback} callback`));
        }
        await until(() => started.server.statistics().protocolErrors >= 1, 'it is counted');
        assert.equal(started.server.statistics().protocolErrors, 1);
      }),
    );
  }

  serverCase(suite, 'what is thrown need not be an Error', () =>
    withFault(suite, 'data', 'throw-text', async (started) => {
      const [closed] = await started.called('close');
      assert.match(closed?.message ?? '', /text thrown in data/);
    }),
  );

  for (const kind of ['true', 'object'] as const) {
    serverCase(suite, `data may return ${kind}`, async () => {
      await using started = await start(suite, { fault: { callback: 'data', kind } });
      const client = await started.connect();
      assert.deepEqual(await client.ask({ do: 'remember', text: '1' }), { remembered: '1' });
      assert.deepEqual(await client.ask({ do: 'remember', text: '2' }), { remembered: '2' });
      assert.equal(started.server.statistics().protocolErrors, 0);
    });
  }

  serverCase(
    suite,
    'a mistake on one connection leaves the others alone',
    async () => {
      await using started = await start(suite);
      const [faulty, bystander] = (await started.connectMany(suite, 2)) as [Client, Client];
      await bystander.ask({ do: 'remember', text: 'before' });
      faulty.command({ do: 'no such command' });
      await faulty.closed();
      assert.equal((await bystander.ask({ do: 'info' }))['state'], 'before');
    },
    { skip: suite.clients === 1 && 'it serves one client at a time' },
  );
}

function orderCases(suite: ServerSuite): void {
  serverCase(suite, 'open, data and close are called in order and once', async () => {
    await using started = await start(suite);
    const client = await started.connect();
    await client.ask({ do: 'info' });
    await client.ask({ do: 'info' });
    client.end();
    await client.rest();
    await client.destroy();
    await started.allClosed(1);
    assert.deepEqual(names(started), ['open', 'data', 'data', 'close']);
    assert.equal(started.log('close')[0]?.code, undefined);
  });

  serverCase(suite, 'the end callback comes once, after the data and before close', async () => {
    const on = { end: { do: 'end' } };
    await using started = await start(suite, { callbacks: ['end'], on });
    const client = await started.connect();
    await client.ask({ do: 'info' });
    client.command({ do: 'nothing' });
    client.end();
    await client.rest();
    await client.destroy();
    await started.allClosed(1);
    assert.deepEqual(names(started), ['open', 'data', 'data', 'end', 'ended', 'close']);
  });

  serverCase(suite, 'no end callback after the server has ended the connection', async () => {
    await using started = await start(suite, { callbacks: ['end'] });
    const client = await started.connect();
    client.command({ do: 'end' });
    await client.rest();
    client.end();
    await started.allClosed(1);
    assert.deepEqual(names(started), ['open', 'data', 'ended', 'close']);
  });

  for (const way of ['end', 'destroy']) {
    serverCase(suite, `${way}() from open closes before any data`, async () => {
      await using started = await start(suite, { on: { open: { do: way } } });
      const client = await started.connect();
      client.write('never seen');
      await client.closed();
      await started.allClosed(1);
      assert.deepEqual(names(started), ['open', way === 'end' ? 'ended' : 'destroyed', 'close']);
      assert.equal(started.server.statistics().messages, 0);
    });
  }

  serverCase(suite, 'destroy(error) from data hands the error to close', async () => {
    await using started = await start(suite);
    const client = await started.connect();
    client.command({ do: 'destroy', text: 'my reason' });
    await client.closed();
    const [closed] = await started.called('close');
    assert.equal(closed?.message, 'my reason');
    assert.equal(started.server.statistics().protocolErrors, 0);
  });

  serverCase(suite, 'end() from data closes after what was written', async () => {
    await using started = await start(suite);
    const client = await started.connect();
    client.command({ do: 'end', text: 'bye' });
    assert.equal((await client.rest()).toString(), 'bye');
  });

  serverCase(
    suite,
    'destroying another connection from a callback of the same batch',
    async () => {
      const rounds = 10;
      await using started = await start(suite);
      for (let round = 0; round < rounds; round++) {
        const clients = await started.connectMany(suite, 6);
        const [first] = clients as [Client];
        await Promise.all(clients.map((client) => client.ask({ do: 'remember', text: 'x' })));
        // While it sleeps, everybody's bytes arrive; whoever comes first destroys the others.
        first.command({ do: 'sleep', ms: 20 });
        for (const client of clients) client.command({ do: 'destroyOthers' });
        await Promise.all(clients.slice(1).map((client) => client.destroy()));
        await first.destroy();
        await started.allClosed((round + 1) * 6);
      }
      assert.equal(started.log('close').length, rounds * 6);
      assert.equal(new Set(started.log('close').map(({ id }) => id)).size, rounds * 6);
    },
    { skip: alone(suite) },
  );
}

function factCases(suite: ServerSuite): void {
  serverCase(suite, 'id, state and addresses are right', async () => {
    await using started = await start(suite);
    const client = await started.connect({ localAddress: '127.0.0.2' });
    const { localPort } = client.socket;
    const facts = await client.ask({ do: 'info' });
    const { port } = started.server.address as InternetAddress;
    assert.deepEqual(facts['remoteAddress'], { host: '127.0.0.2', port: localPort });
    assert.deepEqual(facts['localAddress'], { host: '127.0.0.1', port });
    assert.equal(facts['id'], 1);
    assert.equal(facts['state'], null);
    assert.equal(facts['closed'], false);
    assert.equal(facts['bytesQueued'], 0);
    assert.equal(facts['pid'] === process.pid, suite.hasProcesses !== true);
    assert.ok(isMainThread);
    await client.ask({ do: 'remember', text: 'mine' });
    assert.equal((await client.ask({ do: 'info' }))['state'], 'mine');
  });

  serverCase(suite, 'ids count up and are never used twice', async () => {
    await using started = await start({ ...suite, workers: 1 });
    const ids: unknown[] = [];
    for (let i = 0; i < 5; i++) {
      const client = await started.connect();
      const { id, state } = await client.ask({ do: 'info' });
      assert.equal(state, null);
      ids.push(id);
      await client.ask({ do: 'remember', text: 'left behind' });
      await client.destroy();
    }
    assert.deepEqual(ids, [1, 2, 3, 4, 5]);
  });
}

export function callbackCases(suite: ServerSuite): void {
  faultCases(suite);
  orderCases(suite);
  factCases(suite);
}
