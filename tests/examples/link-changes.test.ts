import assert from 'node:assert/strict';
import { runCommand } from '../harness/child.ts';
import { noNamespace, runInNamespace } from '../harness/namespace.ts';
import { test } from '../harness/test.ts';

const example = new URL('../../examples/link-changes.js', import.meta.url);

test(
  'link-changes example: an interface comes, is switched on, and goes',
  async () => {
    const { stdout, stderr, code } = await runInNamespace(example, '20');
    assert.equal(stderr, '');
    assert.equal(code, 0);
    assert.match(stdout, /^1 lo: loopback, mtu 65536, LOOPBACK$/m);
    assert.match(stdout, /^link \d+ polyio\d+ is down \(BROADCAST MULTICAST\)$/m);
    assert.match(stdout, /^link \d+ polyio\d+ is \S+ \(UP BROADCAST/m);
    assert.match(stdout, /^link \d+ polyio\d+ is gone: down/m);
  },
  { skip: noNamespace() },
);

test('link-changes example: it lists the interfaces and ends by itself', async () => {
  const { stdout, stderr, code } = await runCommand(process.execPath, [example.pathname, '0.2']);
  assert.equal(stderr, '');
  assert.equal(code, 0);
  assert.match(stdout, /^1 lo: loopback, mtu \d+, /m);
});
