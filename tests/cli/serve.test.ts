import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { chooseModel, MODELS, type Statistics } from '../../src/servers.ts';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';
import { CLI, Client, Folder, missing, Serving, until } from './polyio-process.ts';

for (const { name, defaultWorkers, unavailable } of MODELS) {
  const skip = unavailable()?.reason ?? false;
  const title = `serve --model ${name}: echoes, its first JSON line is listening, SIGTERM drains`;
  const run = async () => {
    await using serving = await Serving.start(['--model', name]);
    const { port } = serving;
    const { pid } = serving.child;
    const first = `{"event":"listening","model":"${name}","host":"127.0.0.1","port":${port},"pid":${pid},"workers":${defaultWorkers},`;
    assert.equal(serving.stdout.slice(0, first.length), first);
    assert.ok(port > 0);
    {
      await using client = await Client.connect(port);
      await client.echo('hello\n');
      await client.echo('again\n');
    }
    assert.equal(await serving.stop(), 0, serving.stderr);
    const kinds = serving.events.map(({ event }) => event);
    assert.deepEqual(kinds.slice(-2), ['draining', 'stopped']);
    const { drained, statistics } = await serving.event('stopped');
    assert.equal(drained, true);
    assert.equal((statistics as Statistics).bytesIn, 12);
    assert.equal(serving.stderr, '');
  };
  test(title, run, { skip });
}

test(
  'serve: a client of the netcat kind gets its line back',
  async () => {
    await using serving = await Serving.start([]);
    const shell = `printf 'hello\\n' | nc -w 2 127.0.0.1 ${serving.port}`;
    const { stdout } = await runCommand('sh', ['-c', shell]);
    assert.equal(stdout, 'hello\n');
  },
  { skip: missing('nc') },
);

const MISTAKES: readonly [what: string, data: string, pattern: RegExp][] = [
  ['throws', 'throw new RangeError("no\\nluck")', /failed in data: RangeError: no luck; its/],
  ['is async', 'return Promise.resolve()', /failed in data: ERR_POLYIO_ASYNC_PROTOCOL: the proto/],
];

for (const [what, data, pattern] of MISTAKES) {
  test(`serve: a protocol that ${what} is named on stderr, once`, async () => {
    using folder = new Folder();
    const file = folder.file('bad.mjs', `export default { data() { ${data} } };`);
    await using serving = await Serving.start(['--protocol', file]);
    for (let i = 0; i < 3; i++) {
      await using client = await Client.connect(serving.port);
      client.socket.write('x');
      await once(client.socket, 'close');
    }
    assert.equal(await serving.stop(), 0);
    assert.match(serving.stderr, pattern);
    assert.equal(serving.stderr.split('\n').length, 2, serving.stderr);
    const { statistics } = await serving.event('stopped');
    assert.equal((statistics as Statistics).protocolErrors, 3);
  });
}

test('serve: human text names the model, the place, how to try it and how to stop it', async () => {
  await using serving = new Serving(['--port', '0']);
  const port = await serving.prints(
    /listening on 127\.0\.0\.1:(\d+) \(model [-a-z]+, 1 worker, pid \d+\)/,
  );
  const text = await serving.prints(/^.*Ctrl-C\n/s);
  const { name } = chooseModel('default').model;
  assert.match(text, new RegExp(`^echo under ${name}, chosen as the default: `));
  assert.ok(text.includes(`(model ${name}, `), text);
  assert.match(text, new RegExp(`nc 127\\.0\\.0\\.1 ${port}  then type a line`));
  {
    await using client = await Client.connect(Number(port));
    await client.echo('hello\n');
  }
  assert.equal(await serving.stop('SIGINT'), 0);
  assert.match(serving.stdout, /\nSIGINT: /);
  assert.match(
    serving.stdout,
    /\nstopped after .* s: 1 connection, 1 message, 6 bytes in, 6 bytes out\n$/,
  );
  assert.equal(serving.stdout.includes('\x1b'), false, 'colours or a status line in a pipe');
  assert.equal(serving.stderr, '');
});

test('serve: blocking models tell how many they serve at once', async () => {
  await using one = new Serving(['--port', '0', '--model', 'blocking', '--backlog', '7']);
  await one.prints(
    /serves 1 at once; whoever else connects waits in the kernel's queue \(backlog 7\)/,
  );
  await using three = new Serving(['--port', '0', '--model', 'blocking-threads', '--workers', '3']);
  await three.prints(/serves 3 at once/);
});

test('serve: non-blocking tells that it keeps a core busy', async () => {
  await using serving = new Serving(['--port', '0', '--model', 'non-blocking']);
  await serving.prints(/keeps one core busy even when idle/);
});

test('serve: an address that others reach is served with a warning', async () => {
  await using serving = await Serving.start(['--host', '0.0.0.0']);
  await until('the warning', () => serving.stderr !== '');
  assert.match(
    serving.stderr,
    /^polyio: warning: anybody who reaches 0\.0\.0\.0 can connect[^\n]+\n$/,
  );
});

test('serve --host localhost: a name is looked up', async () => {
  await using serving = await Serving.start(['--host', 'localhost']);
  const { host } = await serving.event('listening');
  await using client = await Client.connect(serving.port, { host: host as string });
  await client.echo('hello\n');
  assert.equal(serving.stderr, '');
});

test('serve --protocol: serves the named module', async () => {
  using folder = new Folder();
  const text = 'export default { data(c, chunk) { c.end(chunk.toString().toUpperCase()); } };';
  await using serving = await Serving.start(['--protocol', folder.file('upper.mjs', text)]);
  await using client = await Client.connect(serving.port);
  client.socket.write('hello\n');
  await once(client.socket, 'end');
  assert.equal(client.received, 'HELLO\n');
});

test('serve --json: statistics when something changed, drop when clients were turned away', async () => {
  await using serving = await Serving.start(['--max-connections', '1']);
  await using client = await Client.connect(serving.port);
  await client.echo('hello\n');
  await using refused = await Client.connect(serving.port);
  if (!refused.socket.closed) await once(refused.socket, 'close');
  const drop = await serving.event('drop');
  assert.deepEqual(drop, { event: 'drop', reason: 'max-connections', count: 1, total: 1 });
  const figures = await serving.event('statistics', ({ bytesIn }) => bytesIn === 6);
  assert.equal(figures['active'], 1);
  assert.equal(figures['messages'], 1);
});

test('serve --json FILE: lines to the file, text to standard output', async () => {
  using folder = new Folder();
  const file = folder.file('events.jsonl', 'what was there before\n');
  await using serving = new Serving(['--port', '0', '--json', file]);
  const port = await serving.prints(/listening on 127\.0\.0\.1:(\d+)/);
  const [first] = await until('the first line', () => {
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines.length > 1 && lines;
  });
  assert.equal((JSON.parse(first as string) as { port: number }).port, Number(port));
  assert.equal(await serving.stop(), 0);
  const last = readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) as string;
  assert.equal((JSON.parse(last) as { event: string }).event, 'stopped');
});

test('serve --json /dev/full: one sentence, and the server goes on', async () => {
  await using serving = new Serving(['--port', '0', '--json', '/dev/full']);
  const port = await serving.prints(/listening on 127\.0\.0\.1:(\d+)/);
  await until('the complaint', () => serving.stderr !== '');
  await using client = await Client.connect(Number(port));
  await client.echo('hello\n');
  assert.match(serving.stderr, /^polyio: cannot write [^\n]+no space is left[^\n]*\n$/);
  assert.equal(await serving.stop(), 0);
});

test('serve: a closed standard input changes nothing', async () => {
  const shell = ['sh', '-c', 'exec "$@" <&-', 'sh'];
  await using serving = await Serving.start([], { under: shell });
  await using client = await Client.connect(serving.port);
  await client.echo('hello\n');
  assert.equal(await serving.stop(), 0);
});

test('serve: a reader of standard output that leaves ends the printing, not the server', async () => {
  await using serving = await Serving.start([]);
  serving.out.destroy();
  await using client = await Client.connect(serving.port);
  await client.echo('hello\n');
  // The next statistics line meets the closed pipe; the echo must outlive it.
  const before = cpuTicks(serving.child.pid as number);
  await sleep(1_500);
  await client.echo('still there\n');
  assert.ok(cpuTicks(serving.child.pid as number) - before < 100, 'it spins');
  assert.equal(serving.child.exitCode, null);
  assert.equal(await serving.stop(), 0);
  assert.equal(serving.stderr, '');
});

/** The processor time of a process in hundredths of a second. */
function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

test(
  'serve on a terminal: a status line, no wider than the screen',
  async () => {
    const command = `stty cols 40; exec ${process.execPath} ${CLI} serve --port 0`;
    const child = spawn('script', ['-qefc', command, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, TERM: 'xterm', NO_COLOR: '1' },
    });
    try {
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      const drawn = await until(
        'the status line',
        () => /\[K(\d+ open · [^\r]+)\r/.exec(text) ?? undefined,
      );
      assert.equal((drawn[1] as string).length, 39);
      // Ctrl-C as a person types it.
      child.stdin.write('\x03');
      const [code] = (await once(child, 'close')) as [number];
      assert.equal(code, 0, text);
      assert.match(text, /stopped after /);
    } finally {
      child.kill('SIGKILL');
    }
  },
  { skip: missing('script') },
);

const INJECTED = ['trace=epoll_create1,io_uring_setup', 'inject=io_uring_setup:error=EPERM'];
const STRACE = ['strace', '-f', '-o', '/dev/null', ...INJECTED.flatMap((rule) => ['-e', rule])];

test(
  'serve where io_uring is refused: default falls to epoll and says why',
  async () => {
    await using serving = new Serving(['--port', '0'], { under: STRACE });
    const text = await serving.prints(/^.*listening on 127\.0\.0\.1:\d+ \(model epoll, /s);
    assert.match(text, /^echo under epoll, chosen as the default/);
    assert.match(text, /\n {2}not io-uring: io_uring_setup answers EPERM: /);
    const pid = Number(await serving.prints(/pid (\d+)\)/));
    process.kill(pid, 'SIGTERM');
    assert.equal((await serving.ended).code, 0);
  },
  { skip: missing('strace') },
);

test(
  'serve where epoll is refused too: default falls to poll and says why',
  async () => {
    // Node itself makes the first two calls of a thread.
    const under = [...STRACE, '-e', 'inject=epoll_create1:error=ENOSYS:when=3+'];
    await using serving = new Serving(['--port', '0'], { under });
    const text = await serving.prints(/^.*listening on 127\.0\.0\.1:\d+ \(model poll, /s);
    assert.match(text, /^echo under poll, chosen as the default/);
    assert.match(
      text,
      /\n {2}not epoll: the kernel answers epoll_create1 with ENOSYS; use another/,
    );
    // strace hands the signal to nobody: the command below it is the one to stop.
    const pid = Number(await serving.prints(/pid (\d+)\)/));
    process.kill(pid, 'SIGTERM');
    assert.equal((await serving.ended).code, 0);
  },
  { skip: missing('strace') },
);
