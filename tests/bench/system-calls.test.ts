import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { CallCounter, parseCounts, uncountable } from '../../src/bench/system-calls.ts';
import { test } from '../harness/test.ts';

const TABLE = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.10    0.012345           2      5000           sendto
 30.05    0.006789           1      5100       100 recvfrom
  9.85    0.000001           0         7           epoll_wait
------ ----------- ----------- --------- --------- ----------------
100.00    0.019135           1     10107       100 total
`;

test('parseCounts: the calls by name, without the sum', () => {
  assert.deepEqual(parseCounts(TABLE), { sendto: 5_000, recvfrom: 5_100, epoll_wait: 7 });
  assert.deepEqual(parseCounts(''), {});
});

const cannot = uncountable();

test('uncountable: says why', () => {
  if (cannot !== null) assert.match(cannot, /^not counted: .*strace/);
});

test(
  'CallCounter: counts what one thread calls from the moment when it is attached',
  async () => {
    const child = spawn('dd', ['bs=1', 'count=500', 'of=/dev/null', 'status=none']);
    const ended = once(child, 'close');
    {
      await using counter = await CallCounter.attach([child.pid ?? 0]);
      child.stdin.write(Buffer.alloc(500));
      await ended;
      const { read = 0, write = 0 } = await counter.detach();
      assert.ok(read >= 499 && read <= 505, `${read} reads`);
      assert.ok(write >= 499 && write <= 505, `${write} writes`);
    }
    assert.equal(existsSync(`/proc/${child.pid}`), false);
  },
  { skip: cannot ?? false },
);

test(
  'CallCounter: a thread that is not there is an error, and no strace stays',
  async () => {
    await assert.rejects(CallCounter.attach([2 ** 22 - 3]), /attach|No such process|ESRCH/);
  },
  { skip: cannot ?? false },
);
