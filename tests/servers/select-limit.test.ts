import assert from 'node:assert/strict';
import { descriptorLimit } from '../../src/sys/posix/resource.ts';
import type { Client } from '../cases/server-client.ts';
import { until } from '../cases/server-client.ts';
import { Host } from '../cases/server-host.ts';
import { ECHO } from '../cases/server-suite.ts';
import { test } from '../harness/test.ts';

const CROWD = 1_100;
const LIMIT = 1_024;
const BATCH = 100;
const limit = descriptorLimit();

test(
  `select: of ${CROWD} clients those at descriptor ${LIMIT} and above are turned away and counted`,
  async () => {
    await using host = await Host.start({ model: 'select', clients: CROWD }, ECHO);
    const clients: Client[] = [];
    while (clients.length < CROWD) {
      const batch = await host.connectMany(BATCH);
      for (const client of batch) client.write('hello');
      await until(
        () => batch.every(({ total, hasEnded, isClosed }) => total > 0 || hasEnded || isClosed),
        'each of them is served or refused',
      );
      clients.push(...batch);
    }
    const served = clients.filter(({ total }) => total > 0);
    const { dropped, accepted } = await host.ask('statistics');
    assert.ok(served.length > LIMIT - 100 && served.length < LIMIT, `${served.length} served`);
    assert.equal(accepted, served.length);
    assert.equal(dropped['select-limit'], CROWD - served.length);
    for (const client of served) client.write('again');
    await Promise.all(served.map((client) => client.read(10)));
    await served[0]?.destroy();
    await until(() => served[0]?.isClosed === true, 'one leaves');
    await host.assertRests();
    const next = await host.client().connected();
    next.write('room');
    await next.read(4);
  },
  { skip: limit < CROWD + 200 && `the descriptor limit here is ${limit}`, limitMs: 40_000 },
);
