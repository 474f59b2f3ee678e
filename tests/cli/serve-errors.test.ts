import assert from 'node:assert/strict';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';
import { assertFails, CLI, Folder, missing, polyio, Serving } from './polyio-process.ts';

const REFUSALS: readonly [args: string, code: number, pattern: RegExp][] = [
  [
    'serve --model epol',
    2,
    /no model 'epol' \(did you mean epoll\?\); the models are blocking, .*, node-net, or default/,
  ],
  ['serve --model EPOLL', 2, /did you mean epoll\?/],
  ['serve --model zebra', 2, /no model 'zebra'; the models are/],
  ['serve --model kqueue', 1, /kqueue is not available here: .* macOS and the BSDs/],
  ['serve --model iocp', 1, /iocp is not available here: .* Windows/],
  ['serve --modle epoll', 2, /unknown option '--modle' \(did you mean --model\?\)/],
  ['serv', 2, /unknown command 'serv' \(did you mean serve\?\)/],
  ['help srv', 2, /no command 'srv' \(did you mean serve\?\)/],
  ['serve 9000', 2, /too many arguments for 'serve'/],
  ['serve --port', 2, /'--port <n>' argument missing/],
  ['serve --port abc', 2, /'abc' is invalid: give a whole number from 0 to 65535/],
  ['serve --port 1e3', 2, /'1e3' is invalid/],
  ['serve --port -1', 2, /'-1' is invalid/],
  ['serve --port 65536', 2, /'65536' is invalid/],
  ['serve --drain-timeout 2147483648', 2, /from 0 to 2147483647/],
  ['serve --backlog 0', 2, /from 1 to 65535/],
  ['serve --workers 0', 2, /'0' is invalid/],
  ['serve --workers 2 --model blocking', 2, /model blocking takes 1 worker, got 2; several share/],
  ['serve --workers 65 --model epoll', 2, /takes 1 to 64 for epoll, got 65/],
  ['serve --host=', 2, /--host takes an address or a name/],
  ['serve --port 0 --host 203.0.113.1', 1, /203\.0\.113\.1 is not an address of this machine; use/],
  [
    'serve --port 0 --json /nowhere/events.jsonl',
    1,
    /cannot write .*\/nowhere\/events\.jsonl: there is no such directory/,
  ],
  ['serve --port 0 --json /', 1, /it is a directory/],
  ['doctor --frob', 2, /unknown option '--frob'/],
];

for (const [args, code, pattern] of REFUSALS) {
  test(`polyio ${args}: exit code ${code} and one sentence`, async () => {
    const ended = await polyio(args.split(' '));
    assertFails(ended, code, pattern);
    assert.equal(ended.stdout, '');
  });
}

test('serve: a host name that nobody knows', async () => {
  const ended = await polyio(['serve', '--port', '0', '--host', 'no-such-host.invalid']);
  assertFails(ended, 1, /host name no-such-host\.invalid\b.*127\.0\.0\.1/);
});

test('serve: in a folder that was removed', async () => {
  const shell = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$1" serve --port 0';
  using folder = new Folder();
  const ended = await runCommand('sh', ['-c', shell, process.execPath, CLI], { cwd: folder.path });
  assertFails(ended, 1, /ENOENT/);
});

test('serve: two servers on one port', async () => {
  await using serving = await Serving.start([]);
  const ended = await polyio(['serve', '--port', String(serving.port)]);
  assertFails(
    ended,
    1,
    new RegExp(`port ${serving.port} on 127\\.0\\.0\\.1 is in use; .*--port 0`),
  );
});

test(
  'serve: a privileged port without the right to it',
  async () => {
    const command = [process.execPath, CLI, 'serve', '--port', '80'];
    const ended = await runCommand('setpriv', ['--bounding-set=-net_bind_service', ...command]);
    assertFails(ended, 1, /port 80 needs the right .*CAP_NET_BIND_SERVICE.*--port from 1024 on/);
  },
  { skip: missing('setpriv') },
);

const BROKEN: readonly [name: string, text: string, pattern: RegExp][] = [
  ['syntax.mjs', 'const a = 1;\nconst = 2;\n', /syntax\.mjs: SyntaxError: .* \(line 2\)/],
  ['throws.mjs', '\n\nthrow new Error("no\\nluck");\n', /throws\.mjs: Error: no luck \(line 3\)/],
  ['shape.mjs', 'export default { data: 5 };', /shape\.mjs: data must be a function, got 5/],
  ['empty.mjs', '', /empty\.mjs: its default export must be an object with a data callback/],
  ['needs.mjs', "import 'no-such-package';", /needs\.mjs: .*Cannot find package 'no-such-package'/],
];

for (const [name, text, pattern] of BROKEN) {
  test(`serve --protocol ${name}: names the file and the mistake`, async () => {
    using folder = new Folder();
    const args = ['serve', '--port', '0', '--protocol', folder.file(name, text)];
    assertFails(await polyio(args), 1, pattern);
    assertFails(
      await polyio([...args, '--model', 'blocking-processes', '--workers', '1']),
      1,
      pattern,
    );
  });
}

test('serve --protocol: no such file, and a directory', async () => {
  using folder = new Folder();
  const absent = ['serve', '--port', '0', '--protocol', folder.file('absent.mjs')];
  assertFails(await polyio(absent), 1, /absent\.mjs: there is no such file/);
  const directory = ['serve', '--port', '0', '--protocol', folder.path];
  assertFails(await polyio(directory), 1, /it is a directory, not a file/);
});

const stripsTypes = 'typescript' in process.features && process.features.typescript !== false;

test('serve --protocol x.ts: runs where Node strips types, says so where not', async () => {
  using folder = new Folder();
  const text = 'export default { data(c: any, chunk: any): void { c.write(chunk); } };';
  const file = folder.file('typed.ts', text);
  if (stripsTypes) {
    await using serving = await Serving.start(['--protocol', file]);
    assert.equal(await serving.stop(), 0);
  } else {
    const ended = await polyio(['serve', '--port', '0', '--protocol', file]);
    assertFails(ended, 1, /typed\.ts: Node v\S+ does not run TypeScript; compile it to \.js/);
  }
});
