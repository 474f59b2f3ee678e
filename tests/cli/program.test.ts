import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';
import { assertFails, CLI, polyio } from './polyio-process.ts';

test('polyio, polyio --help and polyio help show the same, with examples', async () => {
  const bare = await polyio([]);
  assert.equal(bare.code, 0);
  assert.match(bare.stdout, /^Usage: polyio /);
  assert.match(bare.stdout, /^Examples:\n {2}polyio serve /m);
  assert.match(bare.stdout, /^Exit codes: 0 fine, 1 failure, 2 wrong usage, 3 /m);
  assert.equal(bare.stderr, '');
  for (const args of [['--help'], ['-h'], ['help']]) {
    const asked = await polyio(args);
    assert.deepEqual([asked.code, asked.stdout], [0, bare.stdout]);
  }
});

test('polyio serve --help names every flag, every event, and has examples', async () => {
  const { code, stdout } = await polyio(['serve', '--help']);
  assert.equal(code, 0);
  const flags = [
    ...['--model', '--host', '--port', '--workers', '--protocol', '--drain-timeout'],
    ...['--max-connections', '--idle-timeout', '--first-byte-timeout', '--backlog'],
    ...['--high-watermark', '--json', '--path', '--help'],
  ];
  for (const flag of flags) assert.match(stdout, new RegExp(`^ +(-h, )?${flag}\\b`, 'm'));
  for (const event of ['listening', 'drop', 'statistics', 'draining', 'stopped']) {
    assert.ok(stdout.includes(`{"event":"${event}"`), event);
  }
  assert.match(stdout, /^Examples:\n {2}polyio serve /m);
  for (const line of stdout.split('\n')) assert.ok(line.length <= 100, line);
  assert.equal((await polyio(['help', 'serve'])).stdout, stdout);
});

test('polyio doctor --help has examples', async () => {
  const { code, stdout } = await polyio(['doctor', '--help']);
  assert.equal(code, 0);
  assert.match(stdout, /^Examples:\n {2}polyio doctor\n/m);
  assert.match(stdout, /--json \[file\]/);
});

test('polyio --version is the version of the package', async () => {
  const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  for (const flag of ['--version', '-V']) {
    const { code, stdout } = await polyio([flag]);
    assert.deepEqual([code, stdout], [0, `${version}\n`]);
  }
});

test('polyio: a reader that leaves early is no failure', async () => {
  const shell = `"$@" | head -1; exit 0`;
  const args = ['-c', shell, 'sh', process.execPath, CLI, 'serve', '--help'];
  const { stdout, stderr } = await runCommand('sh', args);
  assert.equal(stdout, 'Usage: polyio serve [options]\n');
  assert.equal(stderr, '');
});

test('polyio with few descriptors: works, or says in one sentence that it cannot', async () => {
  const args = ['-c', 'ulimit -n 26 && exec "$@"', 'sh', process.execPath, CLI, 'doctor'];
  const run = await runCommand('sh', args);
  // Node 20 opens all modules at once and runs out, later ones do not.
  if (run.code !== 0) assertFails(run, 1, /too few descriptors to start; raise the limit/);
  else assert.match(run.stdout, /26 descriptors allow 20 connections at once/);
});
