import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Address,
  listenFds,
  notify,
  type ServiceState,
  watchdogInterval,
} from '../../src/io.ts';
import { FCNTL, SOCKET } from '../../src/sys/abi.ts';
import { encodeAddress } from '../../src/sys/address.ts';
import { close } from '../../src/sys/descriptor.ts';
import { fcntl } from '../../src/sys/posix/fcntl.ts';
import { bindAddress, openSocket, recv } from '../../src/sys/socket.ts';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const service = fileURLToPath(new URL('../fixtures/listening-service.js', import.meta.url));
const activate = 'systemd-socket-activate';
const noActivate = spawnSync(activate, ['--version']).status === 0 ? false : `no ${activate} here`;
const pid = String(process.pid);

/** Sets variables for the time of a call. */
function withEnvironment<T>(variables: Readonly<Record<string, string>>, body: () => T): T {
  const names = Object.keys(process.env).filter((name) => /^(LISTEN|WATCHDOG|NOTIFY)_/.test(name));
  for (const name of names) delete process.env[name];
  Object.assign(process.env, variables);
  try {
    return body();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
  }
}

interface Manager extends Disposable {
  /** What was sent last, as the lines of its datagram; null when nothing was. */
  readonly lines: () => string[] | null;
}

/** The receiving end of notifications. */
function openManager(address: Address): Manager {
  const fd = openSocket(SOCKET.AF_UNIX, SOCKET.SOCK_DGRAM, 0);
  assert.ok(fd >= 0);
  const { bytes, size } = encodeAddress(address);
  assert.ok(bindAddress(fd, bytes, size) >= 0);
  const buffer = Buffer.alloc(8_192);
  const lines = () => {
    const count = recv(fd, buffer, buffer.length, SOCKET.MSG_DONTWAIT);
    return count < 0 ? null : buffer.toString('utf8', 0, count).split('\n');
  };
  return { lines, [Symbol.dispose]: () => void close(fd) };
}

for (const mode of ['keep', 'unset'] as const) {
  test(
    `two named sockets of ${activate} arrive by number and name (${mode})`,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'polyio-systemd-'));
      const [web, control] = [join(folder, 'web'), join(folder, 'control')];
      const listening = ['-l', web, '-l', control, '--fdname=web:control'];
      const starter = spawn(activate, [...listening, process.execPath, service, mode], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      // The service is started by the first connection.
      let isAsked = false;
      starter.stderr.on('data', (text: Buffer) => {
        if (isAsked || !text.includes('control')) return;
        isAsked = true;
        connect(control)
          .on('error', () => {})
          .unref();
      });
      let output = '';
      starter.stdout.on('data', (text: Buffer) => {
        output += text;
      });
      await new Promise((resolve) => starter.on('close', resolve));
      rmSync(folder, { recursive: true });
      const { passed, variables } = JSON.parse(output);
      const common = { isListening: true, isClosedOnExec: true };
      assert.deepEqual(passed, [
        { fd: 3, name: 'web', ...common, address: { path: web } },
        { fd: 4, name: 'control', ...common, address: { path: control } },
      ]);
      assert.equal(variables.length > 0, mode === 'keep');
    },
    { skip: noActivate },
  );
}

test('listenFds() finds nothing without systemd, or meant for another process', () => {
  assert.deepEqual(withEnvironment({}, listenFds), []);
  assert.deepEqual(withEnvironment({ LISTEN_FDS: '2' }, listenFds), []);
  assert.deepEqual(withEnvironment({ LISTEN_FDS: '2', LISTEN_PID: '1' }, listenFds), []);
  assert.deepEqual(withEnvironment({ LISTEN_FDS: '0', LISTEN_PID: pid }, listenFds), []);
  assert.deepEqual(withEnvironment({ LISTEN_PID: pid }, listenFds), []);
});

test('listenFds() names descriptors without a name and closes them on exec', () => {
  // Descriptor 3 is open in every Node; its flag is looked at, and put back.
  const before = fcntl(3, FCNTL.F_GETFD, 0);
  assert.ok(before >= 0);
  fcntl(3, FCNTL.F_SETFD, 0);
  const found = withEnvironment({ LISTEN_FDS: '1', LISTEN_PID: pid }, listenFds);
  assert.deepEqual(found, [{ fd: 3, name: 'unknown' }]);
  assert.equal(fcntl(3, FCNTL.F_GETFD, 0), FCNTL.FD_CLOEXEC);
  fcntl(3, FCNTL.F_SETFD, before);
});

test('listenFds() names the variable that is malformed', () => {
  const wrong: readonly Readonly<Record<string, string>>[] = [
    { LISTEN_PID: 'x', LISTEN_FDS: '1' },
    { LISTEN_PID: '0', LISTEN_FDS: '1' },
    { LISTEN_FDS: '-1', LISTEN_PID: pid },
    { LISTEN_FDS: '1.5', LISTEN_PID: pid },
    { LISTEN_FDS: '99999999', LISTEN_PID: pid },
    { LISTEN_FDNAMES: 'a', LISTEN_FDS: '2', LISTEN_PID: pid },
    { LISTEN_FDNAMES: 'a:b', LISTEN_FDS: '1', LISTEN_PID: pid },
  ];
  for (const variables of wrong) {
    const [name] = Object.keys(variables) as [string];
    const call = () => withEnvironment(variables, listenFds);
    assert.throws(call, { name: 'RangeError', message: new RegExp(`^${name} must`) });
  }
  const many = { LISTEN_FDS: '60000', LISTEN_PID: pid };
  const expected = { code: 'EBADF', syscall: 'fcntl', message: /LISTEN_FDS speaks of fd \d+/ };
  assert.throws(() => withEnvironment(many, listenFds), expected);
});

test('listenFds() removes the variables when asked to, also when they are malformed', () => {
  for (const count of ['0', 'x']) {
    withEnvironment({ LISTEN_FDS: count, LISTEN_PID: pid }, () => {
      try {
        listenFds({ unsetEnvironment: true });
      } catch (error) {
        assert.ok(error instanceof RangeError);
      }
      assert.equal(process.env['LISTEN_FDS'], undefined);
      assert.equal(process.env['LISTEN_PID'], undefined);
    });
  }
});

test('watchdogInterval() is in milliseconds, for the process that it is meant for', () => {
  const of = (variables: Record<string, string>) => withEnvironment(variables, watchdogInterval);
  assert.equal(of({}), null);
  assert.equal(of({ WATCHDOG_USEC: '30000000' }), 30_000);
  assert.equal(of({ WATCHDOG_USEC: '1500', WATCHDOG_PID: pid }), 1.5);
  assert.equal(of({ WATCHDOG_USEC: '1500', WATCHDOG_PID: '1' }), null);
  for (const wrong of ['0', 'soon', '-5', '1e6']) {
    const expected = { name: 'RangeError', message: /^WATCHDOG_USEC must/ };
    assert.throws(() => of({ WATCHDOG_USEC: wrong }), expected);
  }
});

const states: readonly (readonly [ServiceState, (string | RegExp)[]])[] = [
  [{ ready: true }, ['READY=1']],
  [{ watchdog: true }, ['WATCHDOG=1']],
  [{ watchdog: 'trigger' }, ['WATCHDOG=trigger']],
  [{ stopping: true, status: 'draining: 3 left' }, ['STOPPING=1', 'STATUS=draining: 3 left']],
  [{ ready: true, mainPid: 42 }, ['READY=1', 'MAINPID=42']],
  [{ errno: 2, extendTimeoutMs: 1_500 }, ['ERRNO=2', 'EXTEND_TIMEOUT_USEC=1500000']],
  [{ reloading: true }, ['RELOADING=1', /^MONOTONIC_USEC=\d+$/]],
];

for (const kind of ['path', 'abstract'] as const) {
  test(`notify() tells a manager at an address of kind ${kind}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'polyio-notify-'));
    const path = join(folder, 'socket');
    using manager = openManager(kind === 'path' ? { path } : { abstract: path });
    const NOTIFY_SOCKET = kind === 'path' ? path : `@${path}`;
    for (const [state, expected] of states) {
      assert.equal(
        withEnvironment({ NOTIFY_SOCKET }, () => notify(state)),
        true,
      );
      const lines = manager.lines() ?? [];
      assert.equal(lines.length, expected.length);
      for (const [index, line] of lines.entries()) {
        const wanted = expected[index] as string | RegExp;
        if (typeof wanted === 'string') assert.equal(line, wanted);
        else assert.match(line, wanted);
      }
      assert.equal(manager.lines(), null);
    }
    rmSync(folder, { recursive: true });
  });
}

test('notify() without a manager answers false, and checks what it is told all the same', () => {
  assert.equal(
    withEnvironment({}, () => notify({ ready: true })),
    false,
  );
  const wrong: readonly (readonly [unknown, string])[] = [
    [{}, 'TypeError'],
    [null, 'TypeError'],
    [{ status: 'two\nlines' }, 'TypeError'],
    [{ status: 5 }, 'TypeError'],
    [{ mainPid: 0 }, 'RangeError'],
    [{ extendTimeoutMs: 0.5 }, 'RangeError'],
  ];
  for (const [state, name] of wrong) {
    const call = () => withEnvironment({}, () => notify(state as ServiceState));
    assert.throws(call, { name });
  }
});

test('notify() names the address that nobody listens at, or that is none', () => {
  const at = (NOTIFY_SOCKET: string) => () =>
    withEnvironment({ NOTIFY_SOCKET }, () => notify({ ready: true }));
  const address = join(tmpdir(), 'polyio-nobody-is-here');
  assert.throws(at(address), { code: 'ENOENT', syscall: 'connect', address });
  assert.throws(at(`@${address}`), { code: 'ECONNREFUSED', address: `@${address}` });
  assert.throws(at('relative/path'), { name: 'RangeError', message: /^NOTIFY_SOCKET must/ });
  assert.throws(at('@'), RangeError);
  assert.throws(at('vsock:2:1234'), { code: 'ERR_POLYIO_UNSUPPORTED' });
});

test('a real service manager understands the sender: systemd-notify says the same', async (context) => {
  if (spawnSync('systemd-notify', ['--version']).status !== 0) {
    context.skip('no systemd-notify here');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'polyio-notify-'));
  const path = join(folder, 'socket');
  using manager = openManager({ path });
  const env = { NOTIFY_SOCKET: path };
  await runCommand('systemd-notify', ['--no-block', '--ready', '--status=all well', '--pid=42'], {
    env,
  });
  const theirs = manager.lines();
  withEnvironment(env, () => notify({ ready: true, status: 'all well', mainPid: 42 }));
  assert.deepEqual(new Set(manager.lines()), new Set(theirs));
  rmSync(folder, { recursive: true });
});
