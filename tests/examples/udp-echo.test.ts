import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { runLoad } from '../../src/bench.ts';
import { test } from '../harness/test.ts';
import { ExampleProcess } from './example-process.ts';

test('examples: udp-echo sends every datagram back to whoever sent it, the largest too', async () => {
  await using example = new ExampleProcess('udp-echo', ['0']);
  const port = await example.port();
  for (const text of ['hello', '', 'x'.repeat(65_507)]) {
    const client = createSocket('udp4');
    client.send(text, port, '127.0.0.1');
    const [answer] = (await once(client, 'message')) as [Buffer];
    client.close();
    assert.equal(answer.toString(), text);
  }
  const target = { host: '127.0.0.1', port, udp: true };
  const plan = { target, connections: 4, pipeline: 4, messages: 100, warmUpMs: 0 };
  const report = await runLoad(plan);
  assert.equal(report.failure, null);
  assert.ok(report.messages > 0);
  assert.equal(await example.stop('SIGINT'), 'SIGINT', 'Ctrl-C ends it');
  assert.equal(example.stderr, '');
});
