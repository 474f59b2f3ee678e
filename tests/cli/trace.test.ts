import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { readTrace, SCENARIOS, type TraceSummary } from '../../src/trace.ts';
import { test } from '../harness/test.ts';
import { assertFails, CLI, childrenOf, Folder, isAlive, polyio, until } from './polyio-process.ts';

const LIMIT_MS = 60_000;
const SMALL = ['--clients', '2', '--messages', '3', '--delay', '5'];

function trace(...args: readonly string[]): ReturnType<typeof polyio> {
  return polyio(['trace', ...args], { limitMs: 30_000 });
}

test(
  'trace: words, a table and where the file is',
  async () => {
    using folder = new Folder();
    const file = folder.file('run.pftrace');
    const ended = await trace('--model', 'epoll', ...SMALL, '--seed', '9', '--out', file);
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(ended.stderr, '');
    const { stdout } = ended;
    assert.match(
      stdout,
      /^epoll under 'steady', seed 9: 2 clients, 6 messages of 64 bytes in .*, \d+ events\n/,
    );
    assert.match(
      stdout,
      /\nThe thread slept in epoll_wait for [\d.]+ % of the run, for all clients/,
    );
    // On a starved machine the server comes so late that the data is always there before it asks.
    assert.match(
      stdout,
      /\nPhase 1: (a connection waited .* \(median of \d+\)|for most of \d+ receives the data was in .*: no wait)\.\n/,
    );
    assert.match(stdout, /\nPhase 2: .* until it was copied to the program, wake-up included\.\n/);
    assert.match(stdout, /\nA message cost [\d.]+ calls \(\d+ calls for 6 messages/);
    const rows = ['phase 1: waiting for data', 'phase 2: wake-up and copy', 'round trip of a'];
    const facts = ['calls per message', 'would-blocks', 'CPU time', 'context switches', 'threads'];
    for (const row of [...rows, ...facts]) assert.ok(stdout.includes(`\n  ${row} `), row);
    assert.match(stdout, /\n {2}phases split by +kernel-stamp \d+\n/);
    assert.ok(stdout.endsWith(`\nwritten to ${file}; look at it with ui.perfetto.dev\n`));
    assert.ok(statSync(file).size > 1_000);
  },
  { limitMs: LIMIT_MS },
);

test(
  'trace --json: the summary as one object; the JSON file is read back by --read',
  async () => {
    using folder = new Folder();
    const file = folder.file('run.json');
    const ended = await trace('--model', 'poll', ...SMALL, '--json', '--out', file);
    assert.equal(ended.code, 0, ended.stderr);
    const lines = ended.stdout.trim().split('\n');
    assert.equal(lines.length, 1);
    const report = JSON.parse(lines[0] as string) as { summary: TraceSummary };
    assert.deepEqual(Object.keys(report), [
      'run',
      'machine',
      'clock',
      'window',
      'dropped',
      'notes',
      'summary',
    ]);
    assert.equal(report.summary.messages, 6);
    const stored = readTrace(readFileSync(file, 'utf8'));
    assert.deepEqual(stored.summary.calls, report.summary.calls);
    const read = await trace('--read', file);
    assert.equal(read.code, 0, read.stderr);
    assert.match(read.stdout, /^poll under 'steady', seed 1: 2 clients, 6 messages/);
    const again = await trace('--read', file, '--json');
    assert.deepEqual(JSON.parse(again.stdout), JSON.parse(JSON.stringify(report)));
  },
  { limitMs: LIMIT_MS },
);

test('trace --help: examples, what the file is for, exit codes', async () => {
  const { code, stdout, stderr } = await trace('--help');
  assert.equal(code, 0, stderr);
  for (const text of ['Examples:', 'ui.perfetto.dev', '--read <file>', 'Ctrl-C', 'Exit codes:']) {
    assert.ok(stdout.includes(text), text);
  }
  for (const name of Object.keys(SCENARIOS)) assert.ok(stdout.includes(name), name);
});

test(
  'trace: what is wrong is said in one sentence before anything runs',
  async () => {
    using folder = new Folder();
    const broken = folder.file('broken.json', '{"format":"polyio-trace","version":1,"run":{}}');
    const text = folder.file('text.json', 'hello');
    const cases: readonly [readonly string[], number, RegExp][] = [
      [['--model', 'epol'], 2, /there is no model 'epol' \(did you mean epoll\?\)/],
      [['--scenario', 'stedy'], 2, /no scenario 'stedy' \(did you mean steady\?\)/],
      [['--clients', '65'], 2, /give a whole number from 1 to 64/],
      [['--messages', '10000', '--delay', '2000'], 2, /make a run of \d+ s, 60 s are the limit/],
      [['--out', ''], 2, /--out takes the name of a file/],
      [['--out', '/nowhere/x.json'], 1, /cannot write the trace to .*there is no such directory/],
      [['--model', 'iocp'], 1, /iocp is not available here/],
      [['--read', folder.file('gone.json')], 1, /cannot read the trace .*: there is no such file/],
      [['--read', folder.path], 1, /it is neither a regular file nor a pipe/],
      [['--read', broken], 1, /this is no trace that can be read: writers is not a list/],
      [['--read', text], 1, /it is not JSON, or it breaks off/],
      [['--read', text, '--out', 'x'], 2, /--read runs nothing/],
    ];
    for (const [args, code, why] of cases) assertFails(await trace(...args), code, why);
  },
  { limitMs: LIMIT_MS },
);

test(
  'trace: Ctrl-C ends the run, and nothing is left',
  async () => {
    using folder = new Folder();
    const file = folder.file('run.json');
    const args = [CLI, 'trace', '--model', 'blocking-processes', '--delay', '2000', '--out', file];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => stream.toArray());
    const ended = once(child, 'close');
    // It listens for signals before it opens the file.
    await until('the file', () => existsSync(file));
    await until('its workers', () => childrenOf(child.pid as number).length > 0);
    const workers = childrenOf(child.pid as number);
    child.kill('SIGINT');
    const [code] = await ended;
    assert.equal(code, 1);
    assert.equal((await stdout)?.join(''), '');
    assert.equal((await stderr)?.join(''), 'polyio: stopped by SIGINT; nothing was recorded\n');
    assert.equal(existsSync(file), false);
    await until('the end of the workers', () => !workers.some(isAlive));
  },
  { limitMs: LIMIT_MS },
);
