import assert from 'node:assert/strict';
import { RECEIVE_BUFFERS } from '../../src/servers/port-memory.ts';
import { MODELS } from '../../src/servers.ts';
import { serverCases } from '../cases/server.ts';
import type { Client } from '../cases/server-client.ts';
import { isFull, type ServerSuite, start } from '../cases/server-suite.ts';
import { test } from '../harness/test.ts';

const suite: ServerSuite = { model: 'iocp', clients: 50 };
const refused = MODELS.find(({ name }) => name === 'iocp')?.unavailable();

/** More than there are buffers; the full size is run by POLYIO_TEST_FULL=1. */
const CROWD = isFull ? 10_000 : 300;
const AT_ONCE = 50;
const BUFFERS = new URL('../fixtures/protocol-buffers.js', import.meta.url);

/** Says something, and hears how many buffers are free beside the one that it lies in. */
async function free(client: Client): Promise<number> {
  client.write('x');
  return Number(await client.line<number>());
}

function bufferCases(): void {
  test(
    `iocp: ${CROWD} clients that have not spoken hold none of ${RECEIVE_BUFFERS} buffers, those that have leave half`,
    async (context) => {
      const options = { protocol: BUFFERS, maxConnections: CROWD + 1 };
      await using started = await start(suite, {}, options);
      const clients: Client[] = [];
      while (clients.length < CROWD) clients.push(...(await started.connectMany(suite, AT_ONCE)));
      const active = await started.connect();
      for (let round = 0; round < 10; round++) {
        assert.equal(await free(active), RECEIVE_BUFFERS - 1, 'a silent client holds one');
      }
      let least = RECEIVE_BUFFERS;
      for (const client of clients) least = Math.min(least, await free(client));
      least = Math.min(least, await free(active));
      context.diagnostic(
        `${least} of ${RECEIVE_BUFFERS} are free beside ${CROWD} that have spoken`,
      );
      assert.ok(least >= RECEIVE_BUFFERS / 2 - 1, `${least} are left`);
      assert.ok(
        least < RECEIVE_BUFFERS - 1,
        'nobody waits with a buffer: the fixture counts wrong',
      );
      assert.equal(started.server.statistics().active, CROWD + 1);
    },
    { limitMs: isFull ? 240_000 : 60_000 },
  );
}

if (refused === null) {
  serverCases(suite);
  bufferCases();
} else {
  test('iocp: the suite of the servers', () => {}, { skip: refused?.reason ?? 'no such model' });
}
