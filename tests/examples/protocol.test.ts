import assert from 'node:assert/strict';
import { MODELS } from '../../src/servers.ts';
import { Client, until } from '../cli/polyio-process.ts';
import { test } from '../harness/test.ts';
import { ExampleProcess } from './example-process.ts';

for (const { name, unavailable } of MODELS) {
  const skip = unavailable()?.reason ?? false;
  const shouts = async () => {
    await using example = new ExampleProcess('protocol', [name, '0']);
    const port = await example.port();
    {
      await using client = await Client.connect(port);
      client.socket.write('hello\n');
      await until('the shout', () => client.received === 'hello, I shout\nHELLO\n');
      await example.prints(/127\.0\.0\.1:\d+ connected\n/);
      await example.prints(/127\.0\.0\.1:\d+ says "hello\\n"\n/);
    }
    await example.prints(/127\.0\.0\.1:\d+ closed\n/);
    assert.equal(await example.stop('SIGINT'), 0, example.stderr);
    assert.match(example.stdout, new RegExp(`:\\d+ under ${name}\n`));
    assert.match(example.stdout, /\nclients: 1, bytes in: 6, bytes out: 21\n$/);
    assert.equal(example.stderr, '');
  };
  test(`examples: protocol shouts under ${name}`, shouts, { skip });
}

test('examples: protocol under a model that does not exist', async () => {
  await using example = new ExampleProcess('protocol', ['epol', '0']);
  await until('the refusal', () => /unknown model 'epol'; the models are /.test(example.stderr));
});
