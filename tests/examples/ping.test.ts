import assert from 'node:assert/strict';
import { runCommand } from '../harness/child.ts';
import { noNamespace, runInNamespace } from '../harness/namespace.ts';
import { test } from '../harness/test.ts';

const example = new URL('../../examples/ping.js', import.meta.url);
const inNamespace = new URL('../fixtures/ping-namespace.js', import.meta.url);

for (const [range, type] of [
  ['0 0', 'datagram'],
  ['1 0', 'raw'],
] as const) {
  test(
    `ping example: with ping_group_range "${range}" it goes over a ${type} socket`,
    async () => {
      const { stdout, stderr, code } = await runInNamespace(inNamespace, range);
      assert.equal(stderr, '');
      assert.equal(code, 0);
      const lines = stdout.trim().split('\n');
      assert.equal(lines.at(-4), `pinging 127.0.0.1 over a ipv4 ${type} socket`);
      for (const [index, line] of lines.slice(-3).entries()) {
        assert.match(
          line,
          new RegExp(`^8 bytes from 127.0.0.1: sequence ${index + 1}, [\\d.]+ ms$`),
        );
      }
      if (type === 'raw')
        assert.match(lines[0] ?? '', /^not without privileges: socket EACCES: net/);
    },
    { skip: noNamespace() },
  );
}

test('ping example: it says what it uses, or what forbids it', async () => {
  const { stdout, stderr } = await runCommand(process.execPath, [example.pathname, '::1', '1']);
  assert.match(stdout + stderr, /pinging ::1 over a ipv6|CAP_NET_RAW/);
});
