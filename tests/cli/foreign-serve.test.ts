/**
 * The command under another system's Node, which `POLYIO_FOREIGN_NODE` names: what it prints into a
 * pipe, how it ends at Ctrl-C, and its exit codes. Under Wine Ctrl-C is a SIGINT of this system.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childrenOf } from '../cases/server-host.ts';
import { runCommand } from '../harness/child.ts';
import { FOREIGN_NODE as NODE, noForeignNode as skip } from '../harness/foreign.ts';
import { test } from '../harness/test.ts';
import { CLI, until } from './polyio-process.ts';

const LIMIT_MS = 60_000;
const SHOUT = 'export default { data(c, chunk) { c.write(String(chunk).toUpperCase()); } };\n';

function on(name: string, body: () => Promise<void>): void {
  test(`polyio on another system: ${name}`, body, { limitMs: LIMIT_MS, skip });
}

/** The system's own process of a command that a script stands for. */
function processOf(child: ChildProcess): number | undefined {
  const isNode = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('node.exe');
  return childrenOf(child.pid as number).find(isNode);
}

/** Serves, lets a client speak, and presses Ctrl-C. */
async function serveOnce(args: readonly string[], said: string): Promise<[string, string, number]> {
  const child = spawn(NODE, [CLI, 'serve', '--port', '0', '--json', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = once(child, 'close');
  await until('the first line', () => output.includes('\n'), LIMIT_MS / 2);
  const { port } = JSON.parse(output.split('\n')[0] as string) as { port: number };
  const client = connect(port, '127.0.0.1').setEncoding('utf8');
  client.write(said);
  const [answer] = await once(client, 'data');
  process.kill((await until('its process', () => processOf(child))) as number, 'SIGINT');
  const [code] = await ended;
  client.destroy();
  assert.equal(errors, '');
  return [output, String(answer), code as number];
}

on('doctor tells what works, as text and as JSON', async () => {
  const text = await runCommand(NODE, [CLI, 'doctor'], { limitMs: LIMIT_MS });
  assert.deepEqual([text.code, text.stderr], [0, '']);
  assert.match(text.stdout, /yes {2}poll/);
  const json = await runCommand(NODE, [CLI, 'doctor', '--json'], { limitMs: LIMIT_MS });
  const { os, koffi, models } = JSON.parse(json.stdout) as {
    os: string;
    koffi: string | null;
    models: { model: string; works: boolean; reason: string | null }[];
  };
  assert.equal(os, 'win32');
  assert.notEqual(koffi, null);
  const works = (name: string) => models.find(({ model }) => model === name)?.works;
  const served = ['blocking', 'blocking-threads', 'non-blocking', 'select', 'poll', 'node-net'];
  for (const name of served) assert.equal(works(name), true, name);
  for (const name of ['blocking-processes', 'epoll', 'epoll-edge', 'io-uring', 'kqueue']) {
    assert.equal(works(name), false, name);
    assert.ok(models.find(({ model }) => model === name)?.reason, name);
  }
});

on('Ctrl-C drains and ends it with 0', async () => {
  const [output, answer, code] = await serveOnce(['--model', 'select'], 'hello');
  assert.deepEqual([answer, code], ['hello', 0]);
  const events = output.trim().split('\n');
  assert.deepEqual(
    events.map((line) => (JSON.parse(line) as { event: string }).event),
    ['listening', 'draining', 'stopped'],
  );
});

on('a protocol is found by its path', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'polyio-path-'));
  try {
    const file = join(folder, 'shout protocol.mjs');
    writeFileSync(file, SHOUT);
    const path = `Z:${file.replaceAll('/', '\\')}`;
    const [, answer, code] = await serveOnce(['--model', 'poll', '--protocol', path], 'hello');
    assert.deepEqual([answer, code], ['HELLO', 0]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

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
