import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ABSENT_MODELS, MODELS } from '../../src/servers.ts';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';
import { assertFails, CLI, Folder, missing, polyio } from './polyio-process.ts';

interface Examination {
  readonly [key: string]: unknown;
  readonly models: readonly {
    model: string;
    works: boolean;
    reason: string | null;
    remedy: string;
  }[];
  readonly hints: readonly string[];
}

test('doctor: the machine, then every model in one column', async () => {
  const { code, stdout, stderr } = await polyio(['doctor']);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  assert.equal(stdout.includes('\x1b'), false, 'colours in a pipe');
  assert.match(stdout, new RegExp(`^Node +${process.version}$`, 'm'));
  assert.match(stdout, /^koffi +\d+\.\d+\.\d+$/m);
  assert.match(stdout, /^descriptors +\d+ at most$/m);
  assert.match(stdout, /^ {2}yes {2}epoll +.*\(default\)$/m);
  assert.match(
    stdout,
    /^ {2}no {3}io-uring +this version of polyio does not have it yet; use epoll$/m,
  );
  const rows = stdout.split('\n').filter((line) => /^ {2}(yes|no ) {2}/.test(line));
  assert.equal(rows.length, MODELS.length + ABSENT_MODELS.length);
  const columns = rows.map((row) => /^ {2}(?:yes|no ) {2}\S+ +/.exec(row)?.[0].length);
  assert.equal(new Set(columns).size, 1);
});

test('doctor --json: one object with the keys that its help documents', async () => {
  const { code, stdout } = await polyio(['doctor', '--json']);
  assert.equal(code, 0);
  assert.equal(stdout.trimEnd().includes('\n'), false);
  const found = JSON.parse(stdout) as Examination;
  const help = (await polyio(['doctor', '--help'])).stdout;
  for (const key of Object.keys(found)) assert.ok(help.includes(key), `${key} is not in the help`);
  for (const key of Object.keys(found.models[0] ?? {})) assert.ok(help.includes(key), key);
  assert.equal(found['node'], process.version);
  assert.equal(found['defaultModel'], 'epoll');
  const names = [...MODELS.map(({ name }) => name), ...ABSENT_MODELS.map(({ model }) => model)];
  assert.deepEqual(
    found.models.map(({ model }) => model),
    names,
  );
});

test('doctor --json FILE: the object to the file, text to standard output', async () => {
  using folder = new Folder();
  const file = folder.file('doctor.json');
  const { code, stdout } = await polyio(['doctor', '--json', file]);
  assert.equal(code, 0);
  assert.match(stdout, /^models$/m);
  assert.equal((JSON.parse(readFileSync(file, 'utf8')) as Examination)['node'], process.version);
});

test('doctor: colours when asked for, none with NO_COLOR', async () => {
  const colored = await polyio(['doctor'], { env: { FORCE_COLOR: '1' } });
  assert.ok(colored.stdout.includes('\x1b[32myes'));
  const plain = await polyio(['doctor'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } });
  assert.equal(plain.stdout.includes('\x1b'), false);
});

test('doctor: few descriptors are a hint that says how many connections they allow', async () => {
  const shell = 'ulimit -n 500 && exec "$@"';
  const args = ['-c', shell, 'sh', process.execPath, CLI, 'doctor', '--json'];
  const { stdout } = await runCommand('sh', args);
  const { hints, descriptorLimit } = JSON.parse(stdout) as Examination;
  assert.equal(descriptorLimit, 500);
  assert.match(hints.join('\n'), /500 descriptors allow 400 connections at once/);
});

test(
  'doctor where epoll is refused says what the kernel answered',
  async () => {
    // Node itself makes the first two calls of its main thread.
    const inject = 'inject=epoll_create1:error=ENOSYS:when=3+';
    const args = ['-f', '-o', '/dev/null', '-e', 'trace=epoll_create1', '-e', inject];
    const run = await runCommand('strace', [...args, process.execPath, CLI, 'doctor', '--json']);
    assert.equal(run.code, 0, run.stderr);
    const found = JSON.parse(run.stdout) as Examination;
    assert.equal(found['defaultModel'], 'poll');
    for (const name of ['epoll', 'epoll-edge']) {
      const state = found.models.find(({ model }) => model === name);
      assert.equal(state?.works, false);
      assert.match(state?.reason ?? '', /the kernel answers epoll_create1 with ENOSYS/);
      assert.match(state?.remedy ?? '', /use another model/);
    }
  },
  { skip: missing('strace') },
);

test('doctor where nothing works: exit code 1, and the reason once', async () => {
  // Without its packages beside it, koffi does not load; a preloaded hook takes them away.
  const hook = [
    "import { Module } from 'node:module';",
    'const load = Module._load;',
    'Module._load = (name, ...rest) => {',
    "  if (name === 'koffi') throw new Error('taken away');",
    '  return load(name, ...rest);',
    '};',
  ].join('\n');
  const preload = `data:text/javascript,${encodeURIComponent(hook)}`;
  const run = await runCommand(process.execPath, ['--import', preload, CLI, 'doctor']);
  assertFails(run, 1, /no model works here; the reasons are above/);
  assert.match(run.stdout, /^koffi +does not load: .*taken away.*; install /m);
  assert.match(run.stdout, /^ {2}no {3}epoll +needs koffi, see above$/m);
  assert.equal(run.stdout.match(/taken away/g)?.length, 1);
});
