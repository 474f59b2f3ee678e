import assert from 'node:assert/strict';
import { Client } from '../cli/polyio-process.ts';
import { test } from '../harness/test.ts';
import { ExampleProcess } from './example-process.ts';

test('examples: blocking-echo serves one client, and the next when it has left', async () => {
  await using example = new ExampleProcess('blocking-echo', ['0']);
  const port = await example.port();
  await example.prints(/accept: asleep until somebody connects\n$/);
  await using second = await (async () => {
    await using first = await Client.connect(port);
    await first.echo('hello\n');
    await example.prints(/127\.0\.0\.1:\d+ connected.*\n {2}recv: asleep until .* sends something/);
    await example.prints(/127\.0\.0\.1:\d+ says "hello\\n"\n {2}recv: asleep/);
    const waiting = await Client.connect(port);
    waiting.socket.write('me too\n');
    await first.echo('again\n');
    assert.equal(example.stdout.match(/ connected;/g)?.length, 1, 'the second waits');
    return waiting;
  })();
  await example.prints(/127\.0\.0\.1:\d+ closed\naccept: .*\n.* connected; [\s\S]*"me too\\n"/);
  second.socket.resetAndDestroy();
  await example.prints(/127\.0\.0\.1:\d+ is lost: .*ECONNRESET.*\naccept: asleep/);
  assert.equal(await example.stop('SIGINT'), 'SIGINT', 'Ctrl-C ends it');
  assert.equal(example.stderr, '');
});
