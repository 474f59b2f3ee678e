import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkProtocol, loadProtocol } from '../../src/servers/load-protocol.ts';
import { test } from '../harness/test.ts';

const code = 'ERR_POLYIO_PROTOCOL';

async function withDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'polyio-load-'));
  try {
    await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function load(directory: string, name: string, source: string) {
  const path = join(directory, name);
  writeFileSync(path, source);
  return loadProtocol(pathToFileURL(path).href);
}

test('loadProtocol: takes the default export as it is', () =>
  withDirectory(async (directory) => {
    const protocol = await load(directory, 'a.mjs', 'export default { data() { return 1; } };');
    assert.equal((protocol.data as () => unknown)(), 1);
  }));

test('loadProtocol: one sentence for each thing that can be wrong', () =>
  withDirectory(async (directory) => {
    const faults = [
      ['syntax.mjs', 'export default {\n  data(\n};', /syntax\.mjs: SyntaxError: .*line 3/],
      ['thrown.mjs', '\nthrow new RangeError("at load");', /RangeError: at load/],
      ['text.mjs', 'throw "just text";', /just text/],
      ['import.mjs', 'import "./none.mjs"; export default {};', /none\.mjs/],
      ['nothing.mjs', '', /default export must be an object/],
      ['function.mjs', 'export default function () {}', /default export must be an object/],
      ['data.mjs', 'export default { data: 5 };', /data must be a function, got 5/],
      ['open.mjs', 'export default { data() {}, open: null };', /open must be a function/],
    ] as const;
    for (const [name, source, message] of faults) {
      await assert.rejects(load(directory, name, source), (error: Error & { code: string }) => {
        assert.equal(error.code, code);
        assert.match(error.message, message);
        assert.ok(error.message.includes(join(directory, name)), error.message);
        assert.ok(!error.message.includes('\n'), error.message);
        return true;
      });
    }
  }));

test('loadProtocol: no file, a directory', () =>
  withDirectory(async (directory) => {
    const none = pathToFileURL(join(directory, 'none.mjs')).href;
    await assert.rejects(loadProtocol(none), { code, message: /none\.mjs: there is no such file/ });
    mkdirSync(join(directory, 'room'));
    const room = pathToFileURL(join(directory, 'room')).href;
    await assert.rejects(loadProtocol(room), { code, message: /room: it is a directory/ });
  }));

test('checkProtocol: every callback but data may be missing', () => {
  const protocol = { data() {} };
  assert.equal(checkProtocol(protocol, 'here'), protocol);
  for (const name of ['open', 'drain', 'timeout', 'end', 'close', 'drop']) {
    const message = new RegExp(`protocol here: ${name} must be a function`);
    assert.throws(() => checkProtocol({ data() {}, [name]: 'x' }, 'here'), { code, message });
  }
});
