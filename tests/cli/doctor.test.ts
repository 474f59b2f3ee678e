import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { verifiedOn } from '../../src/servers/platforms.ts';
import { chooseModel, MODELS } from '../../src/servers.ts';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';
import { assertFails, CLI, Folder, missing, polyio } from './polyio-process.ts';

interface Examination {
  readonly [key: string]: unknown;
  readonly models: readonly {
    model: string;
    works: boolean;
    verified: string | null;
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
  const { model } = chooseModel('default');
  assert.match(stdout, new RegExp(`^ {2}yes {2}${model.name} +.*\\(default\\)$`, 'm'));
  for (const { name, unavailable } of MODELS) {
    const refused = unavailable();
    if (refused === null) continue;
    const { reason, remedy } = refused;
    assert.ok(new RegExp(`^ {2}no {3}${name} +`, 'm').test(stdout), name);
    assert.ok(stdout.includes(`${reason}; ${remedy}`), name);
  }
  const rows = stdout.split('\n').filter((line) => /^ {2}(yes|no ) {2}/.test(line));
  assert.equal(rows.length, MODELS.length);
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
  assert.equal(found['defaultModel'], chooseModel('default').model.name);
  const names = MODELS.map(({ name }) => name);
  assert.deepEqual(
    found.models.map(({ model }) => model),
    names,
  );
  for (const { model, verified } of found.models) {
    assert.equal(verified, verifiedOn(model, process.platform, process.arch), model);
  }
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
  'doctor where epoll and io_uring are refused says what the kernel answered',
  async () => {
    // Node itself makes the first two calls of its main thread.
    const inject = [
      'inject=epoll_create1:error=ENOSYS:when=3+',
      'inject=io_uring_setup:error=EPERM',
    ];
    const trace = 'trace=epoll_create1,io_uring_setup';
    const args = ['-f', '-o', '/dev/null', ...[trace, ...inject].flatMap((rule) => ['-e', rule])];
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

const RING_REFUSALS: readonly [error: string, reason: RegExp, remedy: RegExp][] = [
  [
    'EPERM',
    /io_uring_setup answers EPERM: (a seccomp filter|sysctl)/,
    /allow io_uring_setup|sysctl/,
  ],
  ['ENOSYS', /answers ENOSYS: kernel .* is built without io_uring, or/, /CONFIG_IO_URING/],
  ['ENOMEM', /answers ENOMEM: .* limit of locked memory/, /RLIMIT_MEMLOCK/],
  ['EACCES', /answers EACCES$/, /allow io_uring/],
];

for (const [error, reason, remedy] of RING_REFUSALS) {
  test(
    `doctor where io_uring_setup answers ${error}: the cause, the remedy, and the other models work`,
    async () => {
      const rules = ['trace=io_uring_setup', `inject=io_uring_setup:error=${error}`];
      const args = ['-f', '-o', '/dev/null', ...rules.flatMap((rule) => ['-e', rule])];
      const run = await runCommand('strace', [...args, process.execPath, CLI, 'doctor', '--json']);
      assert.equal(run.code, 0, run.stderr);
      const found = JSON.parse(run.stdout) as Examination;
      assert.equal(found['defaultModel'], 'epoll');
      for (const state of found.models) {
        if (state.model !== 'io-uring') continue;
        assert.equal(state.works, false);
        assert.match(state.reason ?? '', reason);
        assert.match(state.remedy, remedy);
      }
    },
    { skip: missing('strace') },
  );
}

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
