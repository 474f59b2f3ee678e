import assert from 'node:assert/strict';
import { IocpQueue } from '../../src/completion.ts';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';
import { EXPECTED, SCRIPT } from './completion-port.ts';

const hasPort = IocpQueue.unavailable() === null;

test(`examples: completion-port ${hasPort ? 'here' : 'where there is no port'}`, async () => {
  const { code, stdout, stderr } = await runCommand(process.execPath, [SCRIPT]);
  if (hasPort) assert.deepEqual([code, stderr, stdout], [0, '', EXPECTED]);
  else {
    const message = /^1 no completion port here: it is the kernel interface of Windows, [^\n]+\n$/;
    assert.match(`${code} ${stderr}`, message);
  }
});
