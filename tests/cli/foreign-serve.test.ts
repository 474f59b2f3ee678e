/**
 * The command under another system's Node, which `POLYIO_FOREIGN_NODE` names: what it prints into a
 * pipe, how it ends at Ctrl-C, and its exit codes. Under Wine Ctrl-C is a SIGINT of this system.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childrenOf } from '../cases/server-host.ts';
import { runCommand } from '../harness/child.ts';
import { FOREIGN_NODE as NODE, noForeignNode as skip } from '../harness/foreign.ts';
import { test } from '../harness/test.ts';
import { CLI, until } from './polyio-process.ts';

const LIMIT_MS = 60_000;
/** Answers with more than the kernel's buffers hold. */
const FLOOD =
  'const big = new Uint8Array(32 << 20); export default { data(c) { c.write(big); } };\n';
const SHOUT = 'export default { data(c, chunk) { c.write(String(chunk).toUpperCase()); } };\n';

function on(name: string, body: () => Promise<void>): void {
  test(`polyio on another system: ${name}`, body, { limitMs: LIMIT_MS, skip });
}

/** The system's own process of a command that a script stands for. */
function processOf(child: ChildProcess): number | undefined {
  const isNode = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('node.exe');
  return childrenOf(child.pid as number).find(isNode);
}

/** The command while it serves. */
class Serving {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown[]>;
  #output = '';
  errors = '';

  constructor(args: readonly string[]) {
    this.#child = spawn(NODE, [CLI, 'serve', '--port', '0', '--json', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
    this.#ended = once(this.#child, 'close');
  }

  get events(): Event[] {
    const lines = this.#output.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Event);
  }

  /** The first event of a kind, once it is there. */
  async event(kind: string): Promise<Event> {
    const find = () => this.events.find(({ event }) => event === kind);
    return (await until(kind, find, LIMIT_MS / 2)) as Event;
  }

  /** Connects, says something and hears the answer. */
  async client(said: string): Promise<[Socket, string]> {
    const { port } = await this.event('listening');
    const client = connect(port as number, '127.0.0.1').setEncoding('utf8');
    client.write(said);
    const [answer] = await once(client, 'data');
    return [client, String(answer)];
  }

  async pressCtrlC(): Promise<void> {
    const pid = await until('its process', () => processOf(this.#child));
    process.kill(pid as number, 'SIGINT');
  }

  async code(): Promise<number> {
    return (await this.#ended)[0] as number;
  }
}

interface Event {
  readonly event: string;
  readonly [key: string]: unknown;
}

/** Serves, lets a client speak, and presses Ctrl-C. */
async function serveOnce(
  args: readonly string[],
  said: string,
): Promise<[Event[], string, number]> {
  const serving = new Serving(args);
  const [client, answer] = await serving.client(said);
  await serving.pressCtrlC();
  const code = await serving.code();
  client.destroy();
  assert.equal(serving.errors, '');
  return [serving.events, answer, code];
}

/** What is served from a file that lives as long as the body runs. */
async function withProtocol(source: string, body: (path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'polyio-path-'));
  try {
    const file = join(folder, 'a protocol.mjs');
    writeFileSync(file, source);
    await body(`Z:${file.replaceAll('/', '\\')}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

on('doctor tells what works, as text and as JSON', async () => {
  const text = await runCommand(NODE, [CLI, 'doctor'], { limitMs: LIMIT_MS });
  assert.deepEqual([text.code, text.stderr], [0, '']);
  assert.match(text.stdout, /yes {2}poll/);
  const json = await runCommand(NODE, [CLI, 'doctor', '--json'], { limitMs: LIMIT_MS });
  const { os, koffi, defaultModel, models } = JSON.parse(json.stdout) as {
    os: string;
    koffi: string | null;
    defaultModel: string;
    models: { model: string; works: boolean; verified: string | null; reason: string | null }[];
  };
  assert.equal(os, 'win32');
  assert.notEqual(koffi, null);
  assert.equal(defaultModel, 'iocp');
  const works = (name: string) => models.find(({ model }) => model === name)?.works;
  const polling = ['non-blocking', 'select', 'poll'];
  for (const name of ['blocking', 'blocking-threads', ...polling, 'iocp', 'node-net']) {
    assert.equal(works(name), true, name);
    const { verified } = models.find(({ model }) => model === name) ?? {};
    assert.equal(verified, 'under Wine, not yet on Windows', name);
  }
  for (const name of ['blocking-processes', 'epoll', 'epoll-edge', 'io-uring', 'kqueue']) {
    assert.equal(works(name), false, name);
    assert.ok(models.find(({ model }) => model === name)?.reason, name);
  }
});

on('Ctrl-C drains and ends it with 0', async () => {
  const [events, answer, code] = await serveOnce(['--model', 'select'], 'hello');
  assert.deepEqual([answer, code], ['hello', 0]);
  assert.deepEqual(
    events.map(({ event }) => event),
    ['listening', 'draining', 'stopped'],
  );
});

on('without --model it is iocp', async () => {
  const [[listening], answer, code] = await serveOnce([], 'hello');
  assert.deepEqual([listening?.['model'], answer, code], ['iocp', 'hello', 0]);
});

on('a second Ctrl-C ends it at once, with 3 when bytes were unsent', () =>
  withProtocol(FLOOD, async (path) => {
    const serving = new Serving(['--model', 'iocp', '--protocol', path]);
    const [client] = await serving.client('x');
    client.pause();
    await serving.pressCtrlC();
    await serving.event('draining');
    await serving.pressCtrlC();
    assert.equal(await serving.code(), 3);
    client.destroy();
    assert.match(serving.errors, /^polyio: stopped at once by the second signal: [^\n]+\r?\n$/);
    assert.equal((await serving.event('stopped'))['drained'], false);
  }),
);

on('a protocol is found by its path', () =>
  withProtocol(SHOUT, async (path) => {
    const [, answer, code] = await serveOnce(['--model', 'poll', '--protocol', path], 'hello');
    assert.deepEqual([answer, code], ['HELLO', 0]);
  }),
);

on('a port in use is 1, a wrong option 2, one sentence each', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const args = [CLI, 'serve', '--model', 'poll', '--port', String(port)];
  const busy = await runCommand(NODE, args, { limitMs: LIMIT_MS });
  other.close();
  assert.equal(busy.code, 1);
  assert.match(busy.stderr, /^polyio: [^\n]*in use[^\n]*\n$/);
  const wrong = await runCommand(NODE, [CLI, 'serve', '--model', 'epol'], { limitMs: LIMIT_MS });
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /^polyio: [^\n]*epol[^\n]*\n$/);
});
