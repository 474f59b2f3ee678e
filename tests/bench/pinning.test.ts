import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { choosePinning, onCore, parseCores } from '../../src/bench/pinning.ts';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

test('parseCores: single ones and ranges', () => {
  assert.deepEqual(parseCores('0-2,5\n'), [0, 1, 2, 5]);
  assert.deepEqual(parseCores('7'), [7]);
  assert.deepEqual(parseCores(''), []);
});

test('choosePinning: two cores that this process may use, or why not', async (context) => {
  const pinning = choosePinning();
  if (typeof pinning === 'string') {
    assert.match(pinning, /pinned|one core/);
    context.diagnostic(pinning);
    return;
  }
  const { server, load } = pinning;
  assert.notEqual(server, load);
  const show = 'process.stdout.write(fs.readFileSync("/proc/self/status", "utf8"))';
  const [command = '', ...args] = [...onCore(server), process.execPath, '-e', show];
  const { stdout } = await runCommand(command, args);
  assert.match(stdout, new RegExp(`^Cpus_allowed_list:\\s+${server}$`, 'm'));
  assert.match(readFileSync('/proc/self/status', 'utf8'), /^Cpus_allowed_list:/m);
});

test('onCore: nothing where there is no core', () => {
  assert.deepEqual(onCore(undefined), []);
  assert.deepEqual(onCore(3), ['taskset', '-c', '3']);
});
