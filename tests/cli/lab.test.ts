import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, dirname } from 'node:path';
import type { Info } from '../../src/lab.ts';
import { test } from '../harness/test.ts';
import {
  assertFails,
  CLI,
  childrenOf,
  Folder,
  isAlive,
  missing,
  polyio,
  until,
} from './polyio-process.ts';

const LIMIT_MS = 60_000;

interface Listening {
  readonly event: string;
  readonly url: string;
  readonly port: number;
  readonly pid: number;
}

/** A running `polyio lab --json`, killed at the end of the block that holds it. */
class Lab implements AsyncDisposable {
  readonly child = spawn(process.execPath, [CLI, 'lab', '--json', '--no-open'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  readonly ended = once(this.child, 'close') as Promise<[number | null, string | null]>;
  stdout = '';

  constructor() {
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
  }

  get lines(): string[] {
    return this.stdout.split('\n').slice(0, -1);
  }

  async listening(): Promise<Listening> {
    const line = await until('the address', () => this.lines[0]);
    return JSON.parse(line) as Listening;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

function headersFor(url: string): Record<string, string> {
  const { origin, searchParams } = new URL(url);
  const token = searchParams.get('token') as string;
  return { origin, 'x-polyio-token': token, 'content-type': 'application/json' };
}

test(
  'lab: the address first, the page behind it, Ctrl-C ends it with its run',
  async (context) => {
    const started = performance.now();
    await using lab = new Lab();
    const { event, url, port, pid } = await lab.listening();
    assert.equal(event, 'listening');
    assert.equal(pid, lab.child.pid);
    assert.match(url, new RegExp(`^http://127\\.0\\.0\\.1:${port}/\\?token=[\\w-]{22}$`));
    const page = await fetch(url);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /<script type="module"/);
    const took = performance.now() - started;
    context.diagnostic(`from the command to its page in ${took.toFixed(0)} ms`);
    const headers = headersFor(url);
    const info = (await (await fetch(new URL('/api/info', url), { headers })).json()) as Info;
    assert.equal(info.isBusy, false);

    const request = { scene: 'free', models: ['blocking-processes'], messages: 15, delayMs: 2_000 };
    const body = JSON.stringify(request);
    const run = await fetch(new URL('/api/run', url), { method: 'POST', headers, body });
    assert.equal(run.status, 200);
    const runner = await until('its process', () => childrenOf(pid)[0]);
    const workers = await until('its workers', () => {
      const found = childrenOf(runner);
      return found.length > 0 && found;
    });
    lab.child.kill('SIGINT');
    const [code] = await lab.ended;
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(lab.lines.at(-1) as string), {
      event: 'stopped',
      signal: 'SIGINT',
    });
    await run.text().catch(() => {});
    await until('the end of its processes', () => ![runner, ...workers].some(isAlive));
    await assert.rejects(fetch(url));
  },
  { limitMs: LIMIT_MS },
);

test(
  'lab: when it is killed, its run ends too',
  async () => {
    await using lab = new Lab();
    const { url, pid } = await lab.listening();
    const body = JSON.stringify({ scene: 'free', messages: 15, delayMs: 2_000 });
    const headers = headersFor(url);
    const run = await fetch(new URL('/api/run', url), { method: 'POST', headers, body });
    const reader = run.body?.getReader();
    await reader?.read();
    const [runner] = childrenOf(pid);
    lab.child.kill('SIGKILL');
    await lab.ended;
    await until('the end of its run', () => !isAlive(runner as number));
    await reader?.read().catch(() => {});
  },
  { limitMs: LIMIT_MS },
);

test('lab: what is wrong is said in one sentence', async () => {
  using folder = new Folder();
  const busy = createServer().listen(0, '127.0.0.1');
  await once(busy, 'listening');
  const { port } = busy.address() as { port: number };
  const cases: readonly [readonly string[], number, RegExp][] = [
    [['--port', '65536'], 2, /give a whole number from 0 to 65535/],
    [['--port', String(port)], 1, /cannot listen on 127.*somebody listens there already/],
    [['--host', '0.0.0.0'], 2, /unknown option '--host'/],
    [['--json', `${folder.path}/nowhere/x`], 1, /there is no such directory/],
  ];
  try {
    for (const [args, code, why] of cases) {
      assertFails(await polyio(['lab', '--no-open', ...args]), code, why);
    }
  } finally {
    busy.close();
    await once(busy, 'close');
  }
});

test('lab --help: examples, what the address is, limits, exit codes', async () => {
  const { code, stdout, stderr } = await polyio(['lab', '--help']);
  assert.equal(code, 0, stderr);
  for (const text of ['Examples:', '--no-open', 'token', '127.0.0.1', 'Ctrl-C', 'Exit codes:']) {
    assert.ok(stdout.includes(text), text);
  }
});

/** A folder of programs in which `xdg-open` writes down what it is to open. */
function desktop(folder: Folder): { env: Record<string, string>; opened: string } {
  const opened = `${folder.path}/opened`;
  const program = folder.file('xdg-open', `#!/bin/sh\nprintf '%s' "$1" > '${opened}'\n`);
  chmodSync(program, 0o755);
  const path = `${dirname(program)}${delimiter}${process.env['PATH']}`;
  return { env: { PATH: path, DISPLAY: ':77', TERM: 'xterm', NO_COLOR: '1' }, opened };
}

/** Runs the command on a terminal until it has printed the address, then ends it with Ctrl-C. */
async function onTerminal(args: string, env: Record<string, string>, isDone: () => boolean) {
  const command = `${process.execPath} ${CLI} lab ${args}`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const ended = once(child, 'close');
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  await until('the address', () => text.includes('Ctrl-C') && isDone());
  child.stdin.write('\x03');
  await ended;
  return text;
}

test(
  'lab: a browser is opened where somebody sits, and only there',
  async () => {
    using folder = new Folder();
    const { env, opened } = desktop(folder);
    const silent = await onTerminal('--no-open', env, () => true);
    assert.equal(existsSync(opened), false);
    assert.match(silent, /^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{22}\r\n/);
    const noScreen = { ...env, DISPLAY: '', WAYLAND_DISPLAY: '' };
    await onTerminal('', noScreen, () => true);
    assert.equal(existsSync(opened), false);
    const text = await onTerminal('', env, () => existsSync(opened));
    const [url] = text.split('\r\n');
    assert.equal(readFileSync(opened, 'utf8'), url);
  },
  { limitMs: LIMIT_MS, skip: missing('script') },
);
