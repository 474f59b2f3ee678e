/** Limits: connections, time and descriptors. */
import assert from 'node:assert/strict';
import { HAS_PROC } from '../harness/proc.ts';
import type { Client } from './server-client.ts';
import { until } from './server-client.ts';
import { Host } from './server-host.ts';
import {
  alone,
  type Declare,
  ECHO,
  type ServerSuite,
  serverCase,
  start,
  waitingCases,
} from './server-suite.ts';

const CROWD = 200;
const LEFT = 64;
const IDLE_MS = 1_500;
const ATTEMPTS = 500;
/** More than the kernel takes for a client that does not read, in one write. */
const MUCH = 32 * 1_048_576;

function connectionCases(suite: ServerSuite): void {
  serverCase(
    suite,
    'a client above maxConnections is dropped, and there is room when one leaves',
    async () => {
      const maxConnections = Math.min(5, suite.clients - 1);
      await using started = await start(suite, {}, { maxConnections });
      const { server } = started;
      const served = await started.connectMany(suite, maxConnections);
      for (const client of served) await client.ask({ do: 'info' });
      for (let dropped = 1; dropped <= 3; dropped++) {
        const client = await started.connect();
        await client.closed();
        assert.equal(client.total, 0);
        await started.called('drop', dropped);
      }
      assert.deepEqual(
        started.log('drop').map(({ reason }) => reason),
        Array(3).fill('max-connections'),
      );
      assert.equal(server.statistics().dropped['max-connections'], 3);
      assert.equal(server.statistics().accepted, maxConnections);
      await served[0]?.destroy();
      await until(() => server.statistics().active < maxConnections, 'there is room');
      const next = await started.connect();
      assert.deepEqual(await next.ask({ do: 'remember', text: 'in' }), { remembered: 'in' });
    },
    { skip: suite.clients === 1 && 'one client is served at a time; the next waits, undropped' },
  );

  serverCase(
    suite,
    'a drop callback that throws is counted and nothing more',
    async () => {
      const script = { fault: { callback: 'drop', kind: 'throw' } } as const;
      await using started = await start(suite, script, { maxConnections: 1 });
      const served = await started.connect();
      await served.ask({ do: 'info' });
      await (await started.connect()).closed();
      await until(() => started.server.statistics().protocolErrors === 1, 'it is counted');
      assert.equal((await served.ask({ do: 'info' }))['id'], 1);
    },
    { skip: suite.clients === 1 && 'one client is served at a time; the next waits, undropped' },
  );
}

function timeCases(suite: ServerSuite, waits: Declare): void {
  waits('a peer that goes on after our goodbye is closed all the same', async () => {
    await using started = await start(suite, { on: { open: { do: 'end', text: 'bye' } } });
    const client = await started.connect();
    assert.equal((await client.rest()).toString(), 'bye');
    const trickle = setInterval(() => client.socket.writable && client.write('x'), 200);
    try {
      await started.allClosed(1);
    } finally {
      clearInterval(trickle);
    }
    assert.equal(started.log('close').length, 1);
  });

  waits('without a timeout callback an idle connection closes with ETIMEDOUT', async () => {
    await using started = await start(suite, {}, { idleTimeoutMs: 500 });
    const client = await started.connect();
    await client.ask({ do: 'info' });
    await client.closed();
    const [closed] = await started.called('close');
    assert.equal(closed?.code, 'ETIMEDOUT');
    await started.allClosed(1);
    const { timeouts, connectionErrors, protocolErrors } = started.server.statistics();
    assert.deepEqual([timeouts, connectionErrors, protocolErrors], [1, 0, 0]);
  });

  waits('with a timeout callback it is told again and again', async () => {
    await using started = await start(suite, { callbacks: ['timeout'] }, { idleTimeoutMs: 50 });
    const client = await started.connect();
    await started.called('timeout', 4);
    assert.deepEqual(await client.ask({ do: 'remember', text: 'x' }), { remembered: 'x' });
    assert.ok(started.server.statistics().timeouts >= 4);
    assert.equal(started.log('close').length, 0);
  });

  waits('the timeout callback can end the connection', async () => {
    const on = { timeout: { do: 'end', text: 'too slow' } };
    await using started = await start(suite, { callbacks: ['timeout'], on }, { idleTimeoutMs: 50 });
    const client = await started.connect();
    assert.equal((await client.rest()).toString(), 'too slow');
    await client.destroy();
    await started.allClosed(1);
    assert.equal(started.log('close')[0]?.code, undefined);
    assert.equal(started.log('timeout').length, 1);
  });

  waits('a client that never reads is given up after the idle timeout', async () => {
    const on = { timeout: { do: 'end', text: 'too slow' } };
    await using started = await start(suite, { callbacks: ['timeout'], on });
    const client = await started.connect({ paused: true });
    // The limit begins with the sending: before, the client may be as slow as this machine.
    client.command({ do: 'blast', bytes: MUCH, piece: MUCH, ms: 200 });
    const [closed] = await started.called('close');
    assert.equal(closed?.code, 'ETIMEDOUT');
    await client.destroy();
    await started.allClosed(1);
  });

  waits('setIdleTimeout changes one connection, 0 switches it off', async () => {
    await using started = await start(suite, {}, { idleTimeoutMs: 600 });
    const client = await started.connect();
    assert.deepEqual(await client.ask({ do: 'idle', ms: 0 }), { idle: 0 });
    const begun = performance.now();
    await until(() => performance.now() - begun > 1_300, 'the old limit has passed twice');
    assert.deepEqual(await client.ask({ do: 'idle', ms: 50 }), { idle: 50 });
    await client.closed();
    assert.equal((await started.called('close'))[0]?.code, 'ETIMEDOUT');
    const wrong = await started.connect();
    wrong.command({ do: 'wrongIdle' });
    await wrong.closed();
    assert.match((await started.called('close', 2))[1]?.message ?? '', /idle timeout.*NaN/);
  });

  waits('firstByteTimeout closes who says nothing, and nobody else', async () => {
    await using started = await start(suite, {}, { firstByteTimeoutMs: 600 });
    const silent = await started.connect();
    await silent.closed();
    assert.equal((await started.called('close'))[0]?.code, 'ETIMEDOUT');
    const talker = await started.connect();
    await talker.ask({ do: 'info' });
    const begun = performance.now();
    await until(() => performance.now() - begun > 1_300, 'the limit has passed twice');
    await talker.ask({ do: 'info' });
    assert.equal(started.log('close').length, 1);
  });

  waits('before the first byte both limits hold, each in its own way', async () => {
    const options = { firstByteTimeoutMs: 500, idleTimeoutMs: 80 };
    await using started = await start(suite, { callbacks: ['timeout'] }, options);
    const client = await started.connect();
    await started.called('timeout', 2);
    assert.equal(started.log('close').length, 0);
    await client.closed();
    assert.equal((await started.called('close'))[0]?.code, 'ETIMEDOUT');
  });

  waits('a slow client that lives is kept', async () => {
    await using started = await start(suite, {}, { idleTimeoutMs: 1_500 });
    const client = await started.connect();
    const begun = performance.now();
    let rounds = 0;
    while (performance.now() - begun < 2_000) {
      await client.ask({ do: 'info' });
      rounds++;
      const last = performance.now();
      await until(() => performance.now() - last > 300, 'a part of the limit has passed');
    }
    assert.ok(rounds > 2);
    assert.equal(started.log('close').length, 0);
  });

  waits(
    'a limit counts from its connection, however long the server had nobody',
    async () => {
      await using started = await start(suite, {}, { idleTimeoutMs: IDLE_MS });
      const begun = performance.now();
      await until(() => performance.now() - begun > IDLE_MS, 'the server has been idle that long');
      const [patient, other] = (await started.connectMany(suite, 2)) as [Client, Client];
      assert.deepEqual(await other.ask({ do: 'idle', ms: 100 }), { idle: 100 });
      await other.closed();
      await started.called('close');
      assert.equal(patient.hasEnded, false);
      assert.equal(started.log('close').length, 1);
      await patient.ask({ do: 'info' });
    },
    { skip: alone(suite) },
  );
}

/** The descriptors of those who left come free one by one; until then a newcomer may be refused. */
async function isServedAgain(host: Host): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const next = await host
      .client()
      .connected()
      .catch(() => null);
    if (next === null) continue;
    next.write('room');
    await until(() => next.total >= 4 || next.hasEnded || next.isClosed, 'it is served or refused');
    if (next.total >= 4) return true;
  }
  return false;
}

function descriptorCases(suite: ServerSuite): void {
  serverCase(
    suite,
    `${CROWD} clients with ${LEFT} descriptors left: some echo, the rest are counted`,
    async () => {
      await using host = await Host.start(suite, ECHO, { maxConnections: 10_000 });
      host.leaveDescriptors(LEFT);
      const clients = Array.from({ length: CROWD }, () => host.client());
      const answered = () => clients.filter(({ total }) => total > 0);
      for (const client of clients) client.write('hello');
      const isSettled = (client: Client) => client.total > 0 || client.hasEnded || client.isClosed;
      await until(
        () => clients.every(isSettled),
        () => {
          const left = clients.filter((client) => !isSettled(client)).length;
          return `each client is served or refused; ${left} are not`;
        },
      );
      const served = answered();
      assert.ok(served.length > LEFT / 2, `${served.length} served`);
      const { dropped, accepted } = await host.ask('statistics');
      if (suite.model !== 'node-net') {
        assert.equal(dropped['descriptor-limit'], CROWD - served.length);
        assert.equal(accepted, served.length);
      }
      for (const client of served) client.write('again');
      await Promise.all(served.map((client) => client.read(10)));
      await host.assertRests();
      const { acceptFailures } = await host.ask('statistics');
      assert.ok(acceptFailures <= CROWD + 20, `${acceptFailures} failed accepts`);
      await Promise.all(clients.map((client) => client.destroy()));
      assert.ok(await isServedAgain(host), 'nobody is served after the others left');
    },
    { skip: cannotRunOut(suite) },
  );
}

/** Why descriptors never run out, or false. */
function cannotRunOut({ isBlocking }: ServerSuite): string | false {
  if (!HAS_PROC) return 'another process has no limit of open sockets here that could be lowered';
  return isBlocking === true && 'each worker holds one connection: it never runs out';
}

export function limitCases(suite: ServerSuite): void {
  connectionCases(suite);
  waitingCases(suite, 'limits of time', (waits) => timeCases(suite, waits));
  descriptorCases(suite);
}
