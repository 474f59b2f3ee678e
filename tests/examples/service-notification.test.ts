import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const PROGRAM = fileURLToPath(new URL('../../examples/service-notification.js', import.meta.url));

/** Whoever runs the tests may be a service itself. */
const env = { NOTIFY_SOCKET: '', LISTEN_PID: '', WATCHDOG_USEC: '' };

test('service-notification: manager and journal get what they were told', async () => {
  const { code, stdout, stderr } = await runCommand(process.execPath, [PROGRAM], { env });
  assert.deepEqual([code, stderr], [0, '']);
  const lines = stdout.trim().split('\n');
  assert.ok(lines.includes('told: true'));
  const manager = lines.filter((line) => line.startsWith('manager got'));
  assert.equal(manager.length, 3);
  assert.match(manager[0] as string, /"READY=1","STATUS=serving","MAINPID=\d+"/);
  assert.equal(manager[1], 'manager got ["WATCHDOG=1"]');
  const entry = lines.find((line) => line.startsWith('journal got')) as string;
  const fields = JSON.parse(entry.slice('journal got '.length));
  assert.deepEqual(fields, [
    'PRIORITY=6',
    'SYSLOG_IDENTIFIER=polyio',
    'MESSAGE=ready to serve',
    '',
  ]);
});
