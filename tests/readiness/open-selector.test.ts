import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { UnsupportedError } from '../../src/errors.ts';
import { probe } from '../../src/readiness/probe.ts';
import {
  EpollSelector,
  openSelector,
  PollSelector,
  type SelectorModel,
  SelectSelector,
  SignalDrivenSelector,
} from '../../src/readiness.ts';
import { ERRNO } from '../../src/sys/abi.ts';
import { runCommand } from '../harness/child.ts';
import { emulatorLacks } from '../harness/emulator.ts';
import { test } from '../harness/test.ts';

const tried = spawnSync('strace', ['-o', '/dev/null', 'true'], { encoding: 'utf8' });
const skip =
  tried.status === 0
    ? emulatorLacks('makes calls of its own, which strace cannot tell from those of the program')
    : `strace does not run here: ${tried.error?.message ?? tried.stderr.trim()}`;

const room = new URL('../../src/readiness.js', import.meta.url).href;

/** System calls behind each model's call; glibc reaches select(2) through pselect6. */
const SYSCALLS: Readonly<Record<SelectorModel, readonly string[]>> = {
  epoll: ['epoll_create1'],
  kqueue: [],
  poll: process.arch === 'arm64' ? ['ppoll'] : ['poll'],
  select: process.arch === 'arm64' ? ['pselect6'] : ['pselect6', 'select'],
  'signal-driven': ['signalfd4'],
};

/** Runs source text in a Node whose main thread is refused the models' calls once it is up. */
async function runRefused(models: readonly SelectorModel[], source: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'polyio-strace-'));
  const log = join(directory, 'log');
  const calls = models.flatMap((model) => SYSCALLS[model]);
  const load = `import { openSelector } from ${JSON.stringify(room)};`;
  const node = [process.execPath, '--input-type=module', '--eval'];
  try {
    // Node makes such calls itself while it starts: the injection begins after as many.
    await runCommand('strace', ['-f', '-o', log, '-e', calls.join(), ...node, load]);
    const lines = readFileSync(log, 'utf8').split('\n');
    const main = /^\d+/.exec(readFileSync(log, 'utf8'))?.[0];
    const own = lines.filter((line) => line.startsWith(`${main} `));
    const injections = calls.flatMap((call) => {
      const count = own.filter((line) => line.includes(` ${call}(`)).length;
      return ['-e', `inject=${call}:error=ENOSYS:when=${count + 1}+`];
    });
    const traced = ['-f', '-o', log, ...injections, ...node, load + source];
    const { stdout, stderr, code } = await runCommand('strace', traced);
    assert.equal(code, 0, stderr);
    return stdout;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('openSelector: the default is the first candidate, and nothing was rejected', () => {
  for (const selector of [openSelector(), openSelector('default')]) {
    assert.ok(selector instanceof EpollSelector);
    assert.equal(selector.model, 'epoll');
    assert.deepEqual(selector.rejected, []);
    selector.close();
  }
});

test('openSelector: a name gives that class', () => {
  for (const Class of [EpollSelector, PollSelector, SelectSelector, SignalDrivenSelector]) {
    assert.equal(Class.unavailable(), null);
    using selector = openSelector(Class.model as SelectorModel);
    assert.ok(selector instanceof Class);
    assert.equal(selector.model, Class.model);
  }
});

test('openSelector: an unknown name lists the names', () => {
  assert.throws(() => openSelector('epol' as 'epoll'), {
    name: 'TypeError',
    message: /default, epoll, kqueue, poll, select, signal-driven, got 'epol'/,
  });
});

test('probe: a refusal names the call and the error, a shortage is no refusal', () => {
  const refused = probe('poll', 'poll', () => -ERRNO.ENOSYS);
  assert.equal(refused?.model, 'poll');
  assert.match(refused?.reason ?? '', /poll with ENOSYS/);
  assert.equal(
    probe('poll', 'poll', () => -ERRNO.EMFILE),
    null,
  );
  const lacking = { model: 'x', reason: 'no such call', remedy: 'another' };
  const answer = probe('poll', 'poll', () => {
    throw new UnsupportedError(lacking);
  });
  assert.deepEqual(answer, { ...lacking, model: 'poll' });
});

test(
  'openSelector: losers are shown with their reasons',
  async () => {
    const source = `
    const selector = openSelector();
    console.log(JSON.stringify([selector.model, selector.rejected]));
    console.log(selector);
    try { openSelector('epoll'); } catch (error) { console.log(error.name, error.message); }`;
    const stdout = await runRefused(['epoll'], source);
    const [json, shown, named] = stdout.split('\n') as [string, string, string];
    const [model, rejected] = JSON.parse(json);
    assert.equal(model, 'poll');
    assert.equal(rejected.length, 1);
    assert.equal(rejected[0].model, 'epoll');
    assert.match(rejected[0].reason, /epoll_create1 with ENOSYS/);
    assert.match(shown, /^PollSelector\{poll, 0 registered\} \(not epoll: .*ENOSYS\)$/);
    assert.match(named, /^UnsupportedError epoll is not available here: .*ENOSYS/);
  },
  { skip, limitMs: 40_000 },
);

test(
  'openSelector: when all are refused every reason is named',
  async () => {
    const source = `
    try { openSelector(); } catch (error) { console.log(error.code, error.message); }`;
    const stdout = await runRefused(['epoll', 'poll', 'select'], source);
    assert.match(
      stdout,
      /^ERR_POLYIO_UNSUPPORTED .*epoll: .*ENOSYS.*poll: .*ENOSYS.*select: .*ENOSYS/,
    );
  },
  { skip, limitMs: 40_000 },
);

test('openSelector: a winner prints without losers', () => {
  using selector = openSelector();
  assert.match(inspect(selector), /^EpollSelector\{epoll, 0 registered, fd \d+\}$/);
});
