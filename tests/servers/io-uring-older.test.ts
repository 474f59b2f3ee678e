// What the model does where the kernel is older: each thing that it can do without is forbidden.
import assert from 'node:assert/strict';
import { RING_FEATURES } from '../../src/sys/linux/io-uring/features.ts';
import { echoCases } from '../cases/server-echo.ts';
import { endingCases } from '../cases/server-endings.ts';
import { type ServerSuite, serverCase, startEcho } from '../cases/server-suite.ts';
import { writingCases } from '../cases/server-writing.ts';

const VARIABLE = 'POLYIO_IO_URING_WITHOUT';
const SIZES = [1, 4_096, 4_097, 100_000, 1_048_576];
const suite: ServerSuite = { model: 'io-uring', clients: 20, isShared: true, schedules: 10 };

for (const feature of RING_FEATURES) {
  serverCase(suite, `without ${feature} every byte comes back`, async () => {
    process.env[VARIABLE] = feature;
    await using started = await startEcho(suite);
    process.env[VARIABLE] = RING_FEATURES.join();
    const clients = await started.connectMany(suite, 20);
    for (const size of SIZES) {
      const bytes = Buffer.alloc(size, `${feature} ${size}`);
      await Promise.all(
        clients.map(async (client) => {
          client.write(bytes);
          assert.ok((await client.read(size)).equals(bytes));
        }),
      );
    }
    assert.equal((await started.server.close({ timeoutMs: 0 })).unsentBytes, 0);
  });
}

// The workers of all that follows inherit it.
process.env[VARIABLE] = RING_FEATURES.join();
echoCases(suite);
writingCases(suite);
endingCases(suite);
