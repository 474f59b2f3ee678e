import assert from 'node:assert/strict';
import { refusal, tooOld } from '../../../../src/sys/linux/io-uring/refusal.ts';
import { ERRNO } from '../../../../src/sys/posix/abi.ts';
import { test } from '../../../harness/test.ts';

test('refusal: every error number has a reason that names it, and a remedy', () => {
  for (let errno = 1; errno < 134; errno++) {
    const { model, reason, remedy } = refusal(-errno);
    assert.equal(model, 'io-uring');
    assert.match(reason, /^io_uring_setup answers E[A-Z0-9]+/);
    assert.ok(remedy.length > 10);
  }
  assert.match(refusal(ERRNO.ENOMEM).remedy, /RLIMIT_MEMLOCK/);
  assert.match(refusal(ERRNO.EMFILE).remedy, /ulimit -n/);
  assert.match(refusal(ERRNO.ENOSYS).reason, /ENOSYS: kernel \d/);
});

test('refusal: an old kernel is told what it lacks and since when others have it', () => {
  const { reason, remedy } = tooOld('multishot receives', '6.0');
  assert.match(reason, /kernel .* has io_uring without multishot receives, which came with 6\.0/);
  assert.match(remedy, /Linux 6\.0 or later, or epoll/);
});
