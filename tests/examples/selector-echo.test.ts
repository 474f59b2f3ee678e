import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Client } from '../cli/polyio-process.ts';
import { test } from '../harness/test.ts';
import { ExampleProcess } from './example-process.ts';

for (const model of ['default', 'epoll', 'poll', 'select']) {
  test(`examples: selector-echo ${model} says which was chosen and serves all at once`, async () => {
    await using example = new ExampleProcess('selector-echo', [model, '0']);
    const port = await example.port();
    const chosen = model === 'default' ? 'epoll, chosen by default' : model;
    await example.prints(new RegExp(`^the selector is ${chosen}\n`));
    {
      await using first = await Client.connect(port);
      await using second = await Client.connect(port);
      await second.echo('hello\n');
      await first.echo('both\n');
      await example.prints(/127\.0\.0\.1:\d+ connected\n/);
      await example.prints(/127\.0\.0\.1:\d+ says "hello\\n"\n/);
      second.socket.resetAndDestroy();
      await example.prints(/127\.0\.0\.1:\d+ is lost: .*ECONNRESET/);
    }
    await example.prints(/127\.0\.0\.1:\d+ closed\n/);
    assert.equal(await example.stop('SIGINT'), 'SIGINT', 'Ctrl-C ends it');
    assert.equal(example.stderr, '');
  });
}

test('examples: selector-echo keeps what the kernel has no room for, and serves others meanwhile', async () => {
  await using example = new ExampleProcess('selector-echo', ['default', '0']);
  const port = await example.port();
  await using slow = await Client.connect(port, { reads: false });
  const sent = 'x'.repeat(8 * 1024 * 1024);
  slow.socket.write(sent);
  await using other = await Client.connect(port);
  await other.echo('hello\n');
  let received = 0;
  slow.socket.on('data', ({ length }: Buffer) => {
    received += length;
  });
  slow.socket.end();
  await once(slow.socket, 'end');
  assert.equal(received, sent.length);
});
