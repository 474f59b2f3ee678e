import assert from 'node:assert/strict';
import { forbiddenFeatures } from '../../../../src/sys/linux/io-uring/features.ts';
import { test } from '../../../harness/test.ts';

const VARIABLE = 'POLYIO_IO_URING_WITHOUT';

function forbidden(value: string): readonly string[] {
  process.env[VARIABLE] = value;
  try {
    return forbiddenFeatures();
  } finally {
    delete process.env[VARIABLE];
  }
}

test(`${VARIABLE}: a list of names, and nothing else`, () => {
  assert.deepEqual(forbiddenFeatures(), []);
  assert.deepEqual(forbidden(''), []);
  assert.deepEqual(forbidden('file-table,defer-taskrun'), ['file-table', 'defer-taskrun']);
  assert.throws(() => forbidden('file-table,sqpoll'), {
    name: 'TypeError',
    message: /POLYIO_IO_URING_WITHOUT is a list of defer-taskrun, .*; 'sqpoll' is none of them/,
  });
});
