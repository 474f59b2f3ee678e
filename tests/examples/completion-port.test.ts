import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { IocpQueue } from '../../src/completion.ts';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const SCRIPT = fileURLToPath(new URL('../../examples/completion-port.js', import.meta.url));
const hasPort = IocpQueue.unavailable() === null;
const EXPECTED = `two receipts: Operation{accept pending} Operation{connect pending}
the file: 64 bytes
received: over TCP
received: by pipe
`;

test(`examples: completion-port ${hasPort ? 'here' : 'where there is no port'}`, async () => {
  const { code, stdout, stderr } = await runCommand(process.execPath, [SCRIPT]);
  if (hasPort) assert.deepEqual([code, stderr, stdout], [0, '', EXPECTED]);
  else {
    const message = /^1 no completion port here: it is the kernel interface of Windows, [^\n]+\n$/;
    assert.match(`${code} ${stderr}`, message);
  }
});
