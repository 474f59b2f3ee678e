/**
 * Serves one model to scripted clients and writes down its calls, on whatever system this is:
 *
 *     node build/tools/record-lab/calls-only.js MODEL SCRIPT-AS-JSON FOLDER
 *
 * It leaves `run.json` in the folder. What a call cost there says nothing about the system that it
 * stands for, so nothing is split into phases.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InternetAddress } from '../../src/io.ts';
import { createScript, type Step } from '../../src/lab.ts';
import { describeHost } from '../../src/platform/host.ts';
import { type ModelName, serve } from '../../src/servers.ts';
import { type CallRow, type CallsRun, instant } from './calls.ts';

const PATIENCE_MS = 10_000;
const SETTLE_MS = 500;

const rows: CallRow[] = [];

function note(name: string, port: number, start: number, result = 0): void {
  const [from, to] = [instant(start), instant(performance.now())];
  rows.push({ kind: 'client', name, fd: -1, start: from, end: to, result, errno: 0, about: port });
}

/** Plays the steps of one client; resolves with its port when the server has said goodbye. */
async function play(steps: readonly Step[], port: number, began: number): Promise<number> {
  const start = performance.now();
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const own = socket.localPort as number;
  note('connect', own, start);
  const total = steps.reduce((sum, { bytes }) => sum + bytes, 0);
  let received = 0;
  const closed = new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => resolve());
    socket.on('data', ({ length }) => {
      note('receive', own, performance.now(), length);
      received += length;
      if (received < total) return;
      socket.end();
      note('half-close', own, performance.now());
    });
  });
  for (const { at, act, bytes } of steps) {
    if (act !== 'send') continue;
    await sleep(Math.max(0, began + at - performance.now()));
    const before = performance.now();
    socket.write(new Uint8Array(bytes));
    note('send', own, before, bytes);
  }
  await closed;
  note('closed', own, performance.now());
  return own;
}

async function main(model: ModelName, options: string, folder: string): Promise<void> {
  const script = createScript(JSON.parse(options) as Parameters<typeof createScript>[0]);
  const module = new URL('./tapped-echo.js', import.meta.url);
  const out = join(folder, 'calls.json');
  module.searchParams.set('out', out);
  module.searchParams.set('clients', String(script.clients));
  const server = await serve(module, { model, port: 0, workers: 1 });
  const { port } = server.address as InternetAddress;
  // What the server sets up is no call for these clients.
  await sleep(SETTLE_MS);
  const began = performance.now();
  const limit = setTimeout(() => process.exit(1), PATIENCE_MS + script.lengthMs);
  const ports = await Promise.all(script.steps.map((steps) => play(steps, port, began)));
  const window = [instant(began), instant(performance.now())] as const;
  await server.close({ timeoutMs: 5_000 });
  await server.finished;
  clearTimeout(limit);
  const calls = JSON.parse(readFileSync(out, 'utf8')) as CallRow[];
  const { platform: system, kernel, arch: architecture, cpus, node } = describeHost();
  const machine = { system, kernel, architecture, cpus, node };
  const run: CallsRun = { rows: [...calls, ...rows], window, ports, machine };
  writeFileSync(join(folder, 'run.json'), JSON.stringify(run));
}

const [model, script, folder] = process.argv.slice(2) as [ModelName, string, string];
await main(model, script, folder);
