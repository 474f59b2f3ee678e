import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { MODELS } from '../../src/servers.ts';
import { test } from '../harness/test.ts';
import { assertFails, Folder, polyio, Serving } from './polyio-process.ts';

async function echo(path: string, text: string): Promise<string> {
  const socket = connect(path);
  socket.write(text);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  await once(socket, 'close');
  return answer.toString();
}

for (const { name, unavailable } of MODELS) {
  const skip = unavailable()?.reason ?? false;
  const title = `serve --path, ${name}: echoes on a Unix socket, whose file goes at the end`;
  const run = async () => {
    using folder = new Folder();
    const path = folder.file('echo.sock');
    await using serving = await Serving.start(['--model', name, '--path', path]);
    const { pid } = serving.child;
    const first = `{"event":"listening","model":"${name}","path":"${path}","pid":${pid},`;
    assert.equal(serving.stdout.slice(0, first.length), first);
    assert.equal(await echo(path, 'hello'), 'hello');
    assert.equal(await serving.stop(), 0, serving.stderr);
    assert.equal(existsSync(path), false);
    assert.equal(serving.stderr, '');
  };
  test(title, run, { skip });
}

test('serve --path: says how to try it', async () => {
  using folder = new Folder();
  const path = folder.file('echo.sock');
  await using serving = new Serving(['--path', path]);
  await serving.prints(new RegExp(`listening on ${path} \\(model [-a-z]+, 1 worker, pid \\d+\\)`));
  await serving.prints(new RegExp(`nc -U ${path} {2}then type a line`));
  assert.equal(await serving.stop('SIGINT'), 0);
});

test('serve --path: a file in the way stays, and the refusal says what it is', async () => {
  using folder = new Folder();
  const path = folder.file('echo.sock');
  {
    await using serving = await Serving.start(['--path', path]);
    const refused = await polyio(['serve', '--path', path]);
    assertFails(refused, 1, /EADDRINUSE .*echo\.sock: another server listens on it; name another/);
    assert.equal(await echo(path, 'still here'), 'still here');
    serving.child.kill('SIGKILL');
    await serving.ended;
  }
  assert.equal(existsSync(path), true);
  const stale = await polyio(['serve', '--path', path]);
  assertFails(
    stale,
    1,
    /nobody listens on it, a server that was killed has left it behind; remove/,
  );
  const file = folder.file('notes.txt');
  writeFileSync(file, 'mine');
  assertFails(
    await polyio(['serve', '--path', file]),
    1,
    /it is there already and no socket; name/,
  );
  assert.equal(existsSync(file), true);
});

test('serve --path: where no socket can be made', async () => {
  const nowhere = await polyio(['serve', '--path', '/nowhere/echo.sock']);
  assertFails(nowhere, 1, /the folder of \/nowhere\/echo\.sock does not exist; make it, or choose/);
  assertFails(await polyio(['serve', '--path', '']), 2, /--path takes the name of a file/);
  const both = await polyio(['serve', '--path', 'x', '--host', '127.0.0.1']);
  assertFails(both, 2, /--path takes the place of --host: give one of them/);
  const long = `/tmp/${'x'.repeat(120)}`;
  assertFails(await polyio(['serve', '--path', long]), 1, /path must be at most 107 bytes/);
});
