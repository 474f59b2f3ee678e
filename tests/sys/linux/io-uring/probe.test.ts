import assert from 'node:assert/strict';
import { openCompletionQueue } from '../../../../src/completion.ts';
import { chooseModel } from '../../../../src/servers.ts';
import { ioUringUnavailable } from '../../../../src/sys/linux/io-uring/probe.ts';
import { EMULATOR } from '../../../harness/emulator.ts';
import { test } from '../../../harness/test.ts';

test(
  'io_uring under an emulator: every door says why it is not there, and the default is epoll',
  (context) => {
    const refused = ioUringUnavailable();
    context.diagnostic(`${refused?.model}: ${refused?.reason}; ${refused?.remedy}`);
    assert.equal(refused?.model, 'io-uring');
    assert.match(refused.reason, /^io_uring_setup answers ENOSYS: kernel .* an emulator hides it$/);
    assert.match(refused.remedy, /or use epoll$/);
    const { reason } = refused;
    const error = { name: 'UnsupportedError', model: 'io-uring', reason };
    assert.throws(() => openCompletionQueue('io-uring'), error);
    assert.throws(() => chooseModel('io-uring'), error);
    const { model, rejected } = chooseModel('default');
    assert.equal(model.name, 'epoll');
    assert.deepEqual(rejected, [refused]);
  },
  { skip: EMULATOR === undefined && 'no emulator: the kernel itself answers' },
);
