import assert from 'node:assert/strict';
import { checkTidy } from '../../tools/tidy.ts';
import { formatViolation, readTree } from '../../tools/tree.ts';
import { test } from '../harness/test.ts';

type Files = Readonly<Record<string, string>>;

function found(files: Files): string[] {
  return checkTidy(new Map(Object.entries(files))).map(formatViolation);
}

/** Asserts that the files break one rule, in the given place. */
function assertOne(files: Files, place: string, what: RegExp): void {
  const violations = found(files);
  assert.equal(violations.length, 1, `expected one at ${place}, got:\n${violations.join('\n')}`);
  assert.ok(violations[0]?.startsWith(`${place}: `), violations[0]);
  assert.match(violations[0] as string, what);
}

function lines(count: number, line = 'x();'): string {
  return `${line}\n`.repeat(count);
}

test(
  'tidy: the project keeps every rule',
  () => {
    assert.equal(checkTidy(readTree()).map(formatViolation).join('\n'), '');
  },
  // All of the project is parsed, on a machine that may have other things to do.
  { limitMs: 90_000 },
);

test('tidy: a file of 601 lines, tables of constants excepted', () => {
  assert.deepEqual(found({ 'src/io.ts': lines(600) }), []);
  assertOne({ 'src/io.ts': lines(601) }, 'src/io.ts:601', /601 lines, 600 are the limit/);
  const table = { 'src/sys.ts': "import './sys/abi.ts';", 'src/sys/abi.ts': lines(900) };
  assert.deepEqual(found(table), []);
});

test('tidy: a function of 71 lines, whatever its form', () => {
  const forms: readonly [string, string][] = [
    ['export function f() {\n', '}\n'],
    ['export const f = () => {\n', '};\n'],
    ['export const f = function () {\n', '};\n'],
    ['export class C { f() {\n', '} }\n'],
    ['export class C { constructor() {\n', '} }\n'],
    ['export class C { get f() {\n', '} }\n'],
  ];
  for (const [head, tail] of forms) {
    assert.deepEqual(found({ 'src/io.ts': head + lines(68) + tail }), []);
    assertOne({ 'src/io.ts': head + lines(69) + tail }, 'src/io.ts:1', /has 71 lines, 70 are/);
  }
});

test('tidy: a suite may register any number of tests, and each of them is a function', () => {
  const one = `  test('x', () => {\n${lines(30)}  });\n`;
  const suite = (tests: string): Files => ({
    'src/io.ts': '',
    'tests/io/a.test.ts': `export function suite() {\n${tests}}\n`,
  });
  assert.deepEqual(found(suite(one.repeat(5))), []);
  assert.deepEqual(found(suite(one.replace("'x'", "suite, 'x'").repeat(5))), []);
  const long = suite(`  test('x', () => {\n${lines(70)}  });\n`);
  assertOne(long, 'tests/io/a.test.ts:2', /has 72 lines/);
});

test('tidy: columns by what reaches past the hundredth', () => {
  const line = (head: string, columns: number, fill: string, tail = ''): Files => ({
    'src/io.ts': `\n${head}${fill.repeat(columns - head.length - tail.length)}${tail}\n`,
  });
  assert.deepEqual(found(line('const a = ', 100, 'b', ';')), []);
  assertOne(line('const a = ', 101, 'b', ';'), 'src/io.ts:2', /101 columns, 100 are the limit/);
  assert.deepEqual(found(line('/** ', 120, 'a', ' */')), []);
  assertOne(line('/** ', 121, 'a', ' */'), 'src/io.ts:2', /121 columns, 120 are the limit/);
  assert.deepEqual(found(line("f('", 160, 'a', "');")), []);
  assertOne(line("f('", 161, 'a', "');"), 'src/io.ts:2', /161 columns, 160 are the limit/);
});

test('tidy: the program of a model is short and its steps count from 1', () => {
  const program = (text: string): Files => ({
    'src/servers.ts': "import './servers/poll.ts';",
    'src/servers/poll.ts': text,
  });
  const steps = (...numbers: number[]): string => numbers.map((n) => `// step ${n}: x\n`).join('');
  assert.deepEqual(found(program(steps(1, 2, 3) + lines(147))), []);
  assertOne(program(steps(1, 2) + lines(149)), 'src/servers/poll.ts:151', /program of 151 lines/);
  assertOne(program(steps(1, 3)), 'src/servers/poll.ts:2', /step 3 stands where step 2 belongs/);
  assertOne(program(steps(2)), 'src/servers/poll.ts:1', /step 2 stands where step 1 belongs/);
  assertOne(program(steps(1, 2, 2)), 'src/servers/poll.ts:3', /step 2 stands where step 3/);
  assertOne(program('x();'), 'src/servers/poll.ts:1', /the program of a model has no steps/);
});

test('tidy: the system is a condition in src/sys/ and the lists of candidates only', () => {
  const host = "import { HOST } from '../platform/host.ts';\nexport const here = HOST;\n";
  const files = (file: string, text: string): Files => ({
    'src/index.ts': `import './${file.slice('src/'.length)}';`,
    [file]: text,
  });
  for (const file of ['src/sys/a.ts', 'src/readiness/open-selector.ts', 'src/servers/models.ts']) {
    assert.deepEqual(found(files(file, host)), []);
    assert.deepEqual(found(files(file, "if (process.platform === 'linux') x();")), []);
  }
  const what = /a condition on the system outside src\/sys\//;
  assertOne(files('src/io/a.ts', `x();\n${host}`), 'src/io/a.ts:2', what);
  assertOne(files('src/io/a.ts', "x(process.platform === 'win32');"), 'src/io/a.ts:1', what);
  const spoken = 'const a = KEVENT_SYSTEM === null ? b : c;';
  assertOne(files('src/node/a.ts', spoken), 'src/node/a.ts:1', what);
  assert.deepEqual(found(files('src/io/a.ts', "const HOST = '127.0.0.1';")), []);
});

test('tidy: files that nothing leads to', () => {
  const alive: Files = {
    'package.json': '{ "scripts": { "test": "node build/tools/run.js" } }',
    'src/index.ts': "export * from './io.ts';",
    'src/io.ts': "export * from './io/a.ts';",
    'src/io/a.ts': "new Worker(new URL('./worker.js', import.meta.url));",
    'src/io/worker.ts': "import type { B } from './b.ts';",
    'src/io/b.ts': '',
    'tests/io/a.test.ts': "import '../harness/h.ts'; run(here('fixtures/worker-2.js'));",
    'tests/harness/h.ts': '',
    'tests/fixtures/worker-2.ts': '',
    'tools/run.ts': "import './part.ts';",
    'tools/part.ts': '',
  };
  assert.deepEqual(found(alive), []);
  for (const file of ['src/io/c.ts', 'tests/cases/c.ts', 'tools/c.ts']) {
    assertOne({ ...alive, [file]: '' }, `${file}:1`, /nothing leads to this file/);
  }
  const chain = { ...alive, 'src/io/c.ts': "import './d.ts';", 'src/io/d.ts': '' };
  assert.deepEqual(
    found(chain).map((line) => line.split(':')[0]),
    ['src/io/c.ts', 'src/io/d.ts'],
  );
});

test('tidy: a worker URL that leads nowhere', () => {
  const files = { 'src/io.ts': "\nnew Worker(new URL('./io/gone.js', import.meta.url));" };
  assertOne(files, 'src/io.ts:2', /leads to src\/io\/gone.ts, which is not there/);
});

test('tidy: dead paths in comments and pages', () => {
  // In halves, because this file's own strings are no comments but its comments are checked.
  const gone = ['src/', 'io/gone.ts'].join('');
  const comments = [
    `// see ${gone}`,
    `/* see build/${gone.replace('.ts', '.js')} */`,
    '// see ./io/gone.ts',
    '/** `gone.ts` says why. */',
    '/** `io/gone.ts` says why. */',
    '// the folder docs/gone/ says why',
  ];
  for (const comment of comments) {
    assertOne({ 'src/io.ts': `x();\n${comment}\n` }, 'src/io.ts:2', /is named and does not exist/);
    const inFunction = `function f() {\n  x(1, ${comment}\n  2);\n}\n`;
    assertOne({ 'src/io.ts': inFunction }, 'src/io.ts:2', /is named and does not exist/);
  }
  const page = { 'src/io.ts': '', 'README.md': `# A\n\n\`\`\`\nls ${gone}\n\`\`\`\n` };
  assertOne(page, 'README.md:4', /is named and does not exist/);
});

test('tidy: living paths, patterns, addresses and the reader’s own files are left alone', () => {
  const text = [
    '// src/io.ts, `io.ts`, ./io.ts, build/src/io.js, src/, src/*.ts, src/<room>/x.ts, src/{a,b}',
    '// https://github.com/nodejs/node/blob/main/src/node_file.cc, /usr/src/linux, node_modules/src/x',
    "const text = 'src/gone.ts';",
  ].join('\n');
  const page =
    "Write this:\n\n```ts\n// ./echo.ts\nserve(new URL('./echo.js', import.meta.url));\n```\n";
  assert.deepEqual(found({ 'src/io.ts': text, 'README.md': page }), []);
});

test('tidy: names without a meaning', () => {
  for (const name of ['utils', 'helpers', 'common', 'types', 'manager', 'misc']) {
    const file = `src/io/${name}.ts`;
    const files = { 'src/io.ts': `import './io/${name}.ts';`, [file]: '' };
    assertOne(files, `${file}:1`, new RegExp(`"${name}" says nothing`));
  }
  const folder = { 'src/io.ts': "import './io/utils/a.ts';", 'src/io/utils/a.ts': '' };
  assertOne(folder, 'src/io/utils/a.ts:1', /says nothing/);
});

test('tidy: leftover markers, paths of one machine, documents of elsewhere', () => {
  const words: readonly [string, RegExp][] = [
    [`// ${['TO', 'DO'].join('')}: later`, /a leftover marker/],
    [`// ${['FIX', 'ME'].join('')}`, /a leftover marker/],
    [`// ${'X'.repeat(3)} odd`, /a leftover marker/],
    [`const a = '${['/wo', 'rk/main'].join('')}';`, /a path of one machine/],
    [`const a = '${['/ro', 'ot/x'].join('')}';`, /a path of one machine/],
    [`const a = '${['/ho', 'me/x'].join('')}';`, /a path of one machine/],
    [`// ${['../sha', 'red/bench'].join('')}`, /not part of this project/],
    [`// as ${['DES', 'IGN'].join('')} section 5 says`, /not part of this project/],
  ];
  for (const [line, what] of words) {
    assertOne({ 'src/io.ts': `\n${line}` }, 'src/io.ts:2', what);
    assertOne({ 'README.md': `\n${line}` }, 'README.md:2', what);
  }
  assert.deepEqual(found({ 'src/io.ts': "const a = '/usr/home'; const b = 'src/work/';" }), []);
});

test('tidy: any, except where foreign functions have no shape', () => {
  const forms = ['const a: any = 1;', 'const a = b as any;', 'type A = Record<string, any>;'];
  for (const form of forms) {
    assertOne({ 'src/io.ts': form }, 'src/io.ts:1', /any outside src\/sys\/ffi.ts/);
    assert.deepEqual(found({ 'src/sys.ts': "import './sys/ffi.ts';", 'src/sys/ffi.ts': form }), []);
  }
  assert.deepEqual(found({ 'src/io.ts': '// any number of\nconst any = 1;' }), []);
});

test('tidy: a library prints nothing, a command does', () => {
  const text = "\nconsole.error('x');";
  assertOne({ 'src/io.ts': text }, 'src/io.ts:2', /console.error\(\) in a library/);
  assert.deepEqual(
    found({ 'src/cli.ts': `import './cli/a.ts';${text}`, 'src/cli/a.ts': text }),
    [],
  );
});

test('tidy: tests mirror src/, and skip with a reason', () => {
  assert.deepEqual(
    found({
      'src/io.ts': '',
      'src/sys/a.ts': '',
      'src/sys.ts': "import './sys/a.ts';",
      'tests/io/a.test.ts': "import '../../tools/b.ts'; test('x', f, { skip: 'no compiler' });",
      'tests/sys/a.test.ts': '',
      'tests/tools/b.test.ts': '',
      'tests/io.test.ts': '',
      'tools/b.ts': '',
    }),
    [],
  );
  assertOne({ 'tests/gone/a.test.ts': '' }, 'tests/gone/a.test.ts:1', /there is no src\/gone/);
  const silent = [
    "test('x', f, { skip: true });",
    "test('x', f, { only: true });",
    "test.skip('x', f);",
    't.skip();',
  ];
  for (const line of silent) {
    const files = { 'src/io.ts': '', 'tests/io/a.test.ts': `\n${line}` };
    assertOne(files, 'tests/io/a.test.ts:2', /gives no reason/);
  }
});

test('tidy: an example has its header, 60 lines at most, a test and a page', () => {
  const header =
    '// Shows: a\n// goes on\n// Needs: Linux\n// Run:   node build/examples/a.js\n// Try:   b\n' +
    "import { Pipe } from 'polyio';\n";
  const around: Files = {
    'README.md': 'see `examples/a.ts`',
    'tests/examples/a.test.ts': '',
  };
  const example = (text: string): Files => ({ ...around, 'examples/a.ts': text });
  assert.deepEqual(found(example(`${header}${lines(54)}`)), []);
  assertOne(example(`${header}${lines(55)}`), 'examples/a.ts:61', /61 lines, 60 are the limit/);
  for (const gone of ['// Shows: a\n', '// Needs: Linux\n', '// Run:   ', '// Try:   b\n']) {
    const text = `${header.replace(gone, '')}${lines(2)}`;
    assertOne(example(text), 'examples/a.ts:1', /header of an example is incomplete/);
  }
  const foreign = header.replace("'polyio'", "'node:fs'");
  assertOne(example(foreign), 'examples/a.ts:1', /does not import polyio/);
  const text = `${header}${lines(2)}`;
  const { 'README.md': _, ...unnamed } = example(text);
  assertOne(unnamed, 'examples/a.ts:1', /no page names it/);
  const { 'tests/examples/a.test.ts': __, ...untested } = example(text);
  assertOne(untested, 'examples/a.ts:1', /no test runs it/);
});

test('tidy: the page of the lab keeps the same rules, its words being as long as they are', () => {
  const main = "import './app.ts';";
  const page = (text: string): Files => ({
    'lab-page/src/main.ts': main,
    'lab-page/src/app.ts': text,
  });
  assert.deepEqual(found(page('x();\n')), []);
  assertOne(page(lines(601)), 'lab-page/src/app.ts:601', /600 are the limit/);
  assertOne(page("console.log('x');\n"), 'lab-page/src/app.ts:1', /in a library/);
  assertOne(page('export let x: any;\n'), 'lab-page/src/app.ts:1', /any outside/);
  assertOne(page('// see src/gone.ts\n'), 'lab-page/src/app.ts:1', /does not exist/);
  const dead = { ...page(''), 'lab-page/src/lost.ts': '', 'lab-page/vite.config.ts': '' };
  assertOne(dead, 'lab-page/src/lost.ts:1', /nothing leads to this file/);
  const words = { 'lab-page/src/main.ts': "import './text/en.ts';" };
  const sentence = `export const en = '${'word '.repeat(40)}';\n`;
  assert.deepEqual(found({ ...words, 'lab-page/src/text/en.ts': sentence.repeat(700) }), []);
  const code = { 'lab-page/src/main.ts': "import './en.ts';", 'lab-page/src/en.ts': sentence };
  assertOne(code, 'lab-page/src/en.ts:1', /160 are the limit/);
});
