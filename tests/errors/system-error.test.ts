import assert from 'node:assert/strict';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { connect } from 'node:net';
import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import fc from 'fast-check';
import {
  errorName,
  InvariantError,
  invariant,
  PolyioError,
  SystemError,
  UnsupportedError,
} from '../../src/errors.ts';
import { ERRNO } from '../../src/sys/abi.ts';
import { test } from '../harness/test.ts';

const ECONNREFUSED = constants.errno.ECONNREFUSED;

/** What Node itself says when nobody listens. Port 1 (tcpmux) is served by nobody. */
async function nodesOwn(host: string): Promise<NodeJS.ErrnoException> {
  const socket = connect({ host, port: 1 });
  const [error] = (await once(socket, 'error').catch((thrown: unknown) => [thrown])) as [
    NodeJS.ErrnoException,
  ];
  return error;
}

test('SystemError has the message and the fields of the error that Node gives', async () => {
  const theirs = await nodesOwn('127.0.0.1');
  const ours = new SystemError(ECONNREFUSED, 'connect', { address: '127.0.0.1', port: 1 });
  assert.equal(theirs.code, 'ECONNREFUSED');
  assert.equal(ours.message, theirs.message);
  const fields = ({ code, errno, syscall, address, port }: SystemError) => {
    return { code, errno, syscall, address, port };
  };
  assert.deepEqual(fields(ours), fields(theirs as SystemError));
});

test('SystemError names an IPv6 end point with brackets, a path as it is', () => {
  const v6 = new SystemError(ECONNREFUSED, 'connect', { address: '::1', port: 1 });
  assert.equal(v6.message, 'connect ECONNREFUSED [::1]:1');
  const path = new SystemError(-2, 'connect', { address: '/run/gone' });
  assert.equal(path.message, 'connect ENOENT /run/gone');
  assert.equal(new SystemError(2, 'open', { path: 'gone' }).message, 'open ENOENT gone');
  const hint = new SystemError(98, 'bind', { address: '127.0.0.1', port: 80, hint: 'use another' });
  assert.equal(hint.message, 'bind EADDRINUSE 127.0.0.1:80: use another');
});

test(
  'every error number that polyio decides on has its name, Node’s own or ours',
  () => {
    // Two names, one number: Node takes the other one.
    const { EOPNOTSUPP, ...numbers } = ERRNO;
    assert.equal(errorName(EOPNOTSUPP), 'ENOTSUP');
    for (const [name, number] of Object.entries(numbers)) assert.equal(errorName(number), name);
  },
  { skip: process.platform !== 'linux' && 'the numbers are those of Linux' },
);

test('SystemError: the sign of the number does not matter, and nothing unset is a property', () => {
  for (const errno of [11, -11]) {
    const error = new SystemError(errno, 'read');
    assert.equal(error.code, 'EAGAIN');
    assert.equal(error.errno, -11);
    assert.equal(error.message, 'read EAGAIN');
    assert.equal(error.name, 'SystemError');
    assert.ok(error instanceof Error);
    for (const field of ['address', 'port', 'path']) assert.ok(!Object.hasOwn(error, field), field);
  }
});

test('SystemError: a system call of Node that fails has the same code and number', () => {
  let theirs: NodeJS.ErrnoException | undefined;
  try {
    statSync('gone');
  } catch (error) {
    theirs = error as NodeJS.ErrnoException;
  }
  const ours = new SystemError(constants.errno.ENOENT, 'stat', { path: 'gone' });
  assert.equal(ours.code, theirs?.code);
  assert.equal(ours.errno, theirs?.errno);
  assert.equal(ours.syscall, theirs?.syscall);
  assert.equal(ours.path, theirs?.path);
});

test('errorName knows every number that Node knows, by the usual name', () => {
  for (const [negative, [name]] of getSystemErrorMap()) {
    assert.equal(errorName(-negative), name);
  }
  const numbers: Readonly<Record<string, number>> = constants.errno;
  for (const [name, number] of Object.entries(numbers)) {
    assert.equal(numbers[errorName(number)] ?? number, number, name);
    assert.match(errorName(number), /^E[A-Z0-9]+$/);
  }
  assert.equal(errorName(constants.errno.EAGAIN), 'EAGAIN', 'and not EWOULDBLOCK');
});

test('errorName makes a name for a number that has none', () => {
  assert.equal(errorName(4_000), 'E4000');
  fc.assert(
    fc.property(fc.integer({ min: 200, max: 2_999 }), (errno) => {
      assert.equal(errorName(errno), `E${errno}`);
    }),
  );
});

test('SystemError: any number, call and end point give a message that starts with call and code', () => {
  const word = fc.stringMatching(/^[a-z_]{1,12}$/);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4_095 }),
      word,
      fc.ipV4(),
      fc.nat(65_535),
      (n, call, address, port) => {
        const error = new SystemError(n, call, { address, port });
        assert.equal(error.message, `${call} ${error.code} ${address}:${port}`);
        assert.equal(error.errno, -n);
        assert.equal(error.code, errorName(n));
      },
    ),
  );
});

test('PolyioError and UnsupportedError carry a code, a reason and a remedy', () => {
  const cause = new Error('because');
  const error = new PolyioError('ERR_POLYIO_CLOSED', 'it is closed', { cause });
  assert.equal(error.name, 'PolyioError');
  assert.equal(error.code, 'ERR_POLYIO_CLOSED');
  assert.equal(error.cause, cause);
  const unsupported = new UnsupportedError({
    model: 'kqueue',
    reason: 'Linux',
    remedy: 'use epoll',
  });
  assert.ok(unsupported instanceof PolyioError);
  assert.equal(unsupported.name, 'UnsupportedError');
  assert.equal(unsupported.code, 'ERR_POLYIO_UNSUPPORTED');
  assert.equal(unsupported.message, 'kqueue is not available here: Linux; use epoll');
  assert.deepEqual(
    [unsupported.model, unsupported.reason, unsupported.remedy],
    ['kqueue', 'Linux', 'use epoll'],
  );
});

test('invariant throws a typed error that says what was assumed', () => {
  invariant(true, 'never seen');
  assert.throws(() => invariant(false, 'the queue is empty'), {
    name: 'InvariantError',
    code: 'ERR_POLYIO_INVARIANT',
    message: 'broken invariant: the queue is empty',
  });
  assert.throws(() => invariant(false, 'x'), InvariantError);
});
