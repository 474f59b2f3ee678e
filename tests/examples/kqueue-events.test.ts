import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { Double, doubledSystems, hasKqueue, noDouble } from '../doubles/kqueue.ts';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const SCRIPT = fileURLToPath(new URL('../../examples/kqueue-events.js', import.meta.url));
const EXPECTED = `timer 1: write "hello"
5 bytes wait: "hello"
timer 1: write "and goodbye"
11 bytes wait: "and goodbye"
timer 1: the writer leaves
0 bytes wait: ""
nobody writes any more
event 2 of the program itself, with 42
`;

for (const system of hasKqueue ? [] : doubledSystems()) {
  test(
    `examples: kqueue-events on the double in the form of ${system}`,
    async () => {
      using double = new Double(system);
      const run = await runCommand(process.execPath, [SCRIPT], { env: double.env });
      assert.deepEqual([run.code, run.stderr, run.stdout], [0, '', EXPECTED]);
    },
    { skip: noDouble() },
  );
}

test(`examples: kqueue-events ${hasKqueue ? 'here' : 'where there is no kqueue'}`, async () => {
  const { code, stdout, stderr } = await runCommand(process.execPath, [SCRIPT]);
  if (hasKqueue) assert.deepEqual([code, stderr, stdout], [0, '', EXPECTED]);
  else
    assert.match(`${code} ${stderr}`, /^1 no kqueue here: it is the kernel interface of [^\n]+\n$/);
});
