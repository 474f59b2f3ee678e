import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const PROGRAM = fileURLToPath(new URL('../fixtures/other-system.js', import.meta.url));

interface Answer {
  readonly name: string;
  readonly code: string;
  readonly errno: number;
  readonly message: string;
}

interface Report {
  readonly answers: Readonly<Record<string, Answer>>;
  readonly ipv4: readonly number[];
  readonly ipv6: readonly number[];
  readonly unix: readonly number[];
  readonly again: unknown;
  readonly unnamed: unknown;
  readonly models: readonly (readonly [name: string, reason?: string])[];
  readonly flags: number;
  readonly stopSignals: readonly string[];
}

/** What each system says where Linux would do it. */
const SYSTEMS = [
  { platform: 'darwin', arch: 'arm64', inet6: 30, noProtocol: 42, noFamily: 47 },
  { platform: 'darwin', arch: 'x64', inet6: 30, noProtocol: 42, noFamily: 47 },
  { platform: 'freebsd', arch: 'x64', inet6: 28, noProtocol: 42, noFamily: 47 },
  { platform: 'openbsd', arch: 'arm64', inet6: 24, noProtocol: 42, noFamily: 47 },
] as const;

async function loadAs(platform: string, arch: string): Promise<Report> {
  const ended = await runCommand(process.execPath, [PROGRAM, platform, arch]);
  assert.equal(ended.stderr, '');
  return JSON.parse(ended.stdout) as Report;
}

test('other systems: what asks a program for its end on Windows is Ctrl-C, Ctrl-Break, the console', async () => {
  const { stopSignals } = await loadAs('win32', 'x64');
  assert.deepEqual(stopSignals, ['SIGINT', 'SIGBREAK', 'SIGHUP']);
  assert.deepEqual((await loadAs('darwin', 'arm64')).stopSignals, ['SIGINT', 'SIGTERM']);
});

const DESCRIPTORS = ['EventFd', 'Inotify', 'MemFd', 'PidFd', 'SignalFd', 'TimerFd'];
const LINUX_ONLY = [...DESCRIPTORS, 'load generator', 'recorder'];

for (const { platform, arch, inet6, noProtocol, noFamily } of SYSTEMS) {
  test(`other systems: loaded on ${platform} ${arch}, everything says what is missing`, async () => {
    const { answers, ...report } = await loadAs(platform, arch);
    for (const name of [...LINUX_ONLY, 'abstract address', 'vsock address']) {
      const { name: kind, message } = answers[name] as Answer;
      assert.equal(kind, 'UnsupportedError', `${name}: ${message}`);
      assert.match(message, new RegExp(`an interface of Linux, and this is ${platform}`), name);
    }
    for (const name of ['Socket.open ipv4', 'Pipe.open', 'epoll selector']) {
      assert.equal(answers[name]?.name, 'UnsupportedError', name);
    }
    for (const name of ['Socket.open netlink', 'Socket.open can']) {
      assert.equal(answers[name]?.errno, -noFamily, name);
      assert.match(String(answers[name]?.message), new RegExp(`does not exist on ${platform}`));
    }
    for (const name of ['set SO_MARK', 'get TCP_INQ', 'segment size']) {
      assert.equal(answers[name]?.errno, -noProtocol, name);
      assert.match(String(answers[name]?.message), new RegExp(`does not exist on ${platform}`));
    }
    for (const name of ['open O_NOATIME', 'protocol mptcp', 'SO_PEERCRED', 'TCP_INFO']) {
      assert.match(String(answers[name]?.message), new RegExp(`${platform} does not have it`));
    }
    assert.match(String(answers['io-uring']?.message), /an interface of Linux/);
    assert.deepEqual(report.ipv4, [16, 2, 0x12, 0x34, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert.deepEqual(report.ipv6, [28, inet6, 0x1f, 0x90]);
    assert.deepEqual(report.unix, [5, 1, 0x2f, 0x61, 0, 0]);
    assert.deepEqual(report.again, { host: '::1', port: 8080 });
    assert.deepEqual(report.unnamed, { unnamed: true });
    assert.equal(report.flags, 0x200 | 0x400 | 1);
    for (const [name, reason] of report.models) {
      if (name !== 'node-net') assert.equal(typeof reason, 'string', name);
    }
  });
}

test('other systems: loaded on netbsd, which the foreign library does not know', async () => {
  const { answers } = await loadAs('netbsd', 'x64');
  assert.match(String(answers['Socket.open ipv4']?.message), /is written for .*, this is netbsd/);
});
