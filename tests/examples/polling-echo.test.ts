import assert from 'node:assert/strict';
import { Client } from '../cli/polyio-process.ts';
import { test } from '../harness/test.ts';
import { ExampleProcess } from './example-process.ts';

test('examples: polling-echo asks in vain, a bounded number of times aloud, and echoes', async () => {
  await using example = new ExampleProcess('polling-echo', ['0']);
  const port = await example.port();
  await example.prints(/\n\d\d:\d\d:\d\d\.\d{3} nobody connected: EAGAIN\n/);
  await example.prints(/nobody connected: asked on without a word/);
  {
    await using first = await Client.connect(port);
    await using second = await Client.connect(port);
    await example.prints(/\d\d\.\d{3} 127\.0\.0\.1:\d+ connected, after \d+ questions in vain/);
    await example.prints(/\d\d\.\d{3} 127\.0\.0\.1:\d+ sent nothing: EAGAIN/);
    await second.echo('hello\n');
    await first.echo('both\n');
    await example.prints(/\d\d\.\d{3} 127\.0\.0\.1:\d+ says "hello\\n", asked \d+ times/);
    second.socket.resetAndDestroy();
    await example.prints(/127\.0\.0\.1:\d+ is lost: .*ECONNRESET/);
  }
  await example.prints(/\d\d\.\d{3} 127\.0\.0\.1:\d+ closed/);
  // At most 3 answers and one last word per silence: it began, two connected, two spoke.
  const silences = example.stdout.match(/EAGAIN/g)?.length ?? 0;
  assert.ok(silences <= 3 * 7, `${silences} lines about nothing`);
  assert.equal(await example.stop('SIGINT'), 'SIGINT', 'Ctrl-C ends it');
  assert.equal(example.stderr, '');
});
