import assert from 'node:assert/strict';
import { checkLayers } from '../../tools/layers.ts';
import { formatViolation, readTree } from '../../tools/tree.ts';
import { test } from '../harness/test.ts';

function found(files: Readonly<Record<string, string>>): string[] {
  return checkLayers(new Map(Object.entries(files))).map(formatViolation);
}

/** Asserts that the files break one rule, in the given place. */
function assertOne(files: Readonly<Record<string, string>>, place: string, what: RegExp): void {
  const violations = found(files);
  assert.equal(violations.length, 1, violations.join('\n'));
  assert.ok(violations[0]?.startsWith(`${place}: `), violations[0]);
  assert.match(violations[0] as string, what);
}

test(
  'layers: src/ keeps every rule',
  () => {
    assert.equal(checkLayers(readTree()).map(formatViolation).join('\n'), '');
  },
  // All of the project is parsed, on a machine that may have other things to do.
  { limitMs: 90_000 },
);

test('layers: an import that points up is reported with file, line and remedy', () => {
  const files = {
    'src/io.ts': '',
    'src/sys/arena.ts': "// a comment\nimport { Socket } from '../io.ts';\n",
  };
  assert.deepEqual(found(files), [
    'src/sys/arena.ts:2: sys (level 1) imports io (level 2): imports only point down; ' +
      'turn the dependency round, or move what both need to a lower room',
  ]);
});

test('layers: every form of import counts', () => {
  const forms = [
    "import '../servers.ts';",
    "import { serve } from '../servers.ts';",
    "import type { Server } from '../servers.ts';",
    "export { serve } from '../servers.ts';",
    "export * from '../servers.ts';",
    "export type S = import('../servers.ts').Server;",
    "export const later = () => import('../servers.ts');",
    "export const entry = new URL('../servers.js', import.meta.url);",
    "export const path = import.meta.resolve('../servers.js');",
    "export const old = createRequire(import.meta.url)('../servers.js');",
  ];
  for (const form of forms) {
    const files = { 'src/servers.ts': '', 'src/io/socket.ts': form };
    assertOne(files, 'src/io/socket.ts:1', /io \(level 2\) imports servers \(level 3\)/);
  }
});

test('layers: rooms of one level do not know each other', () => {
  const pairs = [
    ['io', 'readiness'],
    ['readiness', 'completion'],
    ['node', 'servers'],
    ['bench', 'lab'],
    ['errors', 'platform'],
  ];
  for (const [from, to] of pairs) {
    const files = { [`src/${to}.ts`]: '', [`src/${from}/a.ts`]: `import '../${to}.ts';` };
    assertOne(files, `src/${from}/a.ts:1`, /a room of the same level/);
  }
  assert.deepEqual(
    found({ 'src/errors.ts': '', 'src/platform/fd.ts': "import '../errors.ts';" }),
    [],
    'platform may use errors: that pair is written down with its reason',
  );
});

test('layers: a room is entered by its door, and needs one', () => {
  const deep = {
    'src/io.ts': '',
    'src/io/socket.ts': '',
    'src/servers/epoll.ts': "import '../io/socket.ts';",
  };
  assertOne(
    deep,
    'src/servers/epoll.ts:1',
    /past the door of its room; export it, or its URL, from src\/io.ts/,
  );
  const closed = { 'src/io/socket.ts': '', 'src/servers/epoll.ts': "import '../io/socket.ts';" };
  assertOne(closed, 'src/servers/epoll.ts:1', /io is entered and has no door/);
  const errors = {
    'src/errors.ts': '',
    'src/errors/invariant.ts': '',
    'src/sys/arena.ts': "import '../errors/invariant.ts';",
  };
  assertOne(errors, 'src/sys/arena.ts:1', /past the door/);
});

test('layers: sys and platform are open, a room is free inside, and doors lead down', () => {
  assert.deepEqual(
    found({
      'src/index.ts': "export * from './io.ts';",
      'src/io.ts': "export * from './io/socket.ts'; export * from './sys/address.ts';",
      'src/io/socket.ts': "import './mode.ts'; import '../sys/socket.ts';",
      'src/io/mode.ts': "import '../platform/fd.ts'; import { open } from 'node:fs';",
      'src/cli/serve.ts': "import '../io.ts';",
    }),
    [],
  );
});

test('layers: koffi is known to src/sys/ only', () => {
  const forms = [
    "import koffi from 'koffi';",
    "import type { LibraryHandle } from 'koffi';",
    "const koffi = await import('koffi');",
    "const koffi = createRequire(import.meta.url)('koffi');",
    "const koffi = require('koffi');",
    "const where = import.meta.resolve('koffi');",
    "import native from '@koromix/koffi-linux-x64';",
  ];
  for (const form of forms) {
    assertOne({ 'src/cli/doctor.ts': form }, 'src/cli/doctor.ts:1', /known to src\/sys\/ only/);
    assert.deepEqual(found({ 'src/sys/ffi.ts': form }), []);
  }
});

test('layers: errno() is called in src/sys/ffi.ts only', () => {
  assertOne(
    { 'src/sys/poll.ts': 'export const n = koffi.errno();' },
    'src/sys/poll.ts:1',
    /outside the choke point/,
  );
  assertOne({ 'src/io/pipe.ts': '\nerrno();' }, 'src/io/pipe.ts:2', /outside the choke point/);
  assert.deepEqual(found({ 'src/sys/ffi.ts': 'errno();' }), []);
  assert.deepEqual(found({ 'src/io/pipe.ts': 'export const n = error.errno;' }), []);
});

test('layers: a file or folder without a place, and an import that leaves src/', () => {
  assertOne({ 'src/extras/a.ts': '' }, 'src/extras/a.ts:1', /extras is no room of src\//);
  assertOne({ 'src/extras.ts': '' }, 'src/extras.ts:1', /extras is no room of src\//);
  assertOne(
    { 'src/io/a.ts': "import '../../tests/harness/test.ts';" },
    'src/io/a.ts:1',
    /lies outside src\//,
  );
});

test('layers: an example imports the package by its name, and Node', () => {
  const good = [
    "import { Pipe } from 'polyio';",
    "import { attach } from 'polyio/node';",
    "import { spawn } from 'node:child_process';",
    "new Worker(new URL('./a.js', import.meta.url));",
  ];
  for (const line of good) assert.deepEqual(found({ 'examples/a.ts': line }), []);
  const bad = ["import '../src/io.ts';", "import './b.ts';", "import koffi from 'koffi';"];
  for (const line of bad) {
    assertOne({ 'examples/a.ts': `\n${line}` }, 'examples/a.ts:2', /an example imports/);
  }
});

test('layers: the page of the lab has its own files, lit, and what is pure of src/', () => {
  const good = [
    "import { html } from 'lit';",
    "import { live } from 'lit/directives/live.js';",
    "import { PROGRAMS } from 'virtual:server-sources';",
    "import './app.css';",
    "import { t } from '../text/text.ts';",
    "import { KINDS } from '../../../src/trace.ts';",
    "import type { LabRecord } from '../../../src/lab/document.ts';",
    "import { toPerfetto } from '../../../src/lab/export/perfetto.ts';",
  ];
  for (const line of good) assert.deepEqual(found({ 'lab-page/src/app/a.ts': line }), [], line);
  const bad = [
    "import { readFileSync } from 'node:fs';",
    "import koffi from 'koffi';",
    "import { serve } from '../../../src/servers.ts';",
    "import type { Server } from '../../../src/servers.ts';",
    "import { record } from '../../../src/lab.ts';",
    "import { record } from '../../../src/lab/record/recorder.ts';",
    "import { TraceRing } from '../../../src/trace/ring.ts';",
    "import { test } from '../../../tests/harness/test.ts';",
  ];
  for (const line of bad) {
    assertOne({ 'lab-page/src/app/a.ts': line }, 'lab-page/src/app/a.ts:1', /the page imports/);
  }
});

test('layers: what the page has of src/ reaches no Node and no koffi, however deep', () => {
  const files = {
    'src/trace.ts': "export { a } from './trace/a.ts';",
    'src/trace/a.ts': "export { b } from './b.ts';",
    'src/trace/b.ts': "\nimport { readFileSync } from 'node:fs';",
  };
  assertOne(files, 'src/trace/b.ts:2', /the page of the lab reaches node:fs by this file/);
  assertOne(
    { 'src/lab.ts': '', 'src/lab/export/csv.ts': "import { EOL } from 'node:os';" },
    'src/lab/export/csv.ts:1',
    /reaches node:os/,
  );
  const apart = { 'src/lab.ts': '', 'src/lab/web/guard.ts': "import 'node:crypto';" };
  assert.deepEqual(found(apart), []);
});
