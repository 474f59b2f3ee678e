/**
 * The load generator against others: the same server, alternating rounds, ratios.
 *
 *     node build/tools/measure-load.js [--connections 50] [--bytes 64] [--pipeline 1] [--rounds 5]
 *       [--ms 2000] [--model io-uring] [--server COMMAND] [--peer NAME=COMMAND]... [--json]
 *
 * Each --peer has a command in which {port}, {connections}, {bytes}, {pipeline} and {seconds} stand
 * for their values; the last number called "rate" or "rps" in the JSON that it prints counts. In
 * every round each of them and polyio's two engines loads the same server once, which is pinned to
 * the first core, the loads to the second where taskset is there. A ratio is polyio's rate by the
 * peer's of the same round; given are its median and its spread.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { type EngineName, runLoad } from '../src/bench.ts';
import { isMain } from './tree.ts';

const ENGINES: readonly EngineName[] = ['io-uring', 'epoll'];
const CLI = fileURLToPath(new URL('../src/cli.js', import.meta.url));

interface Peer {
  readonly name: string;
  readonly command: string;
}

interface Settings {
  readonly connections: number;
  readonly bytes: number;
  readonly pipeline: number;
  readonly rounds: number;
  readonly ms: number;
  readonly peers: readonly Peer[];
  readonly server: string;
}

/** The rates of one kind of load, round by round. */
type Rates = Readonly<Record<string, number[]>>;

function onCore(core: number): string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const isThere = folders.some((folder) => existsSync(join(folder, 'taskset')));
  return isThere ? ['taskset', '-c', String(core)] : [];
}

function fill(command: string, settings: Settings, port: number): string[] {
  const { connections, bytes, pipeline, ms } = settings;
  const values: Readonly<Record<string, number>> = {
    port,
    connections,
    bytes,
    pipeline,
    seconds: ms / 1_000,
  };
  return command
    .trim()
    .split(/\s+/)
    .map((word) => word.replace(/\{(\w+)\}/g, (text, name: string) => `${values[name] ?? text}`));
}

function readPeer(text: string): Peer {
  const at = text.indexOf('=');
  if (at <= 0) throw new TypeError(`--peer takes NAME=COMMAND, got '${text}'`);
  return { name: text.slice(0, at), command: text.slice(at + 1) };
}

async function peerRate(command: readonly string[]): Promise<number> {
  const [program, ...args] = command;
  const { stdout } = await promisify(execFile)(program as string, args);
  const found = [...stdout.matchAll(/"(?:rate|rps)":\s*([\d.]+)/g)].at(-1);
  if (found === undefined) throw new Error(`${command.join(' ')} printed no "rate": ${stdout}`);
  return Number(found[1]);
}

async function engineRate(engine: EngineName, settings: Settings, port: number): Promise<number> {
  const { connections, bytes, pipeline, ms } = settings;
  const target = { host: '127.0.0.1', port };
  const plan = { target, connections, bytes, pipeline, durationMs: ms, engine };
  const report = await runLoad(plan, { under: onCore(1) });
  if (report.failure !== null) throw new Error(report.failure);
  return report.rate;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}

/** Runs all rounds against one server. */
async function measure(settings: Settings): Promise<Rates> {
  const port = await freePort();
  const [program, ...args] = [...onCore(0), ...fill(settings.server, settings, port)];
  const server = spawn(program as string, args, { stdio: 'ignore' });
  const ended = once(server, 'exit');
  const names = [...ENGINES, ...settings.peers.map(({ name }) => name)];
  const rates: Rates = Object.fromEntries(names.map((name) => [name, []]));
  try {
    // Waits until the server listens.
    await runLoad({ target: { host: '127.0.0.1', port }, connections: 1, durationMs: 100 });
    for (let round = 0; round < settings.rounds; round++) {
      for (const engine of ENGINES) {
        rates[engine]?.push(await engineRate(engine, settings, port));
      }
      for (const { name, command } of settings.peers) {
        rates[name]?.push(await peerRate([...onCore(1), ...fill(command, settings, port)]));
      }
    }
  } finally {
    server.kill();
    await ended;
  }
  return rates;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

function describe(rates: Rates, peers: readonly Peer[]): string[] {
  const lines = Object.entries(rates).map(([name, values]) => {
    const [low, high] = [Math.min(...values), Math.max(...values)].map(Math.round);
    return `${name}: ${Math.round(median(values))} messages/s [${low} to ${high}]`;
  });
  for (const { name: peer } of peers) {
    for (const engine of ENGINES) {
      const ratios = (rates[engine] ?? []).map((rate, round) => rate / (rates[peer]?.[round] ?? 1));
      const low = Math.min(...ratios).toFixed(2);
      const high = Math.max(...ratios).toFixed(2);
      lines.push(`${engine} / ${peer}: ${median(ratios).toFixed(3)} [${low} to ${high}]`);
    }
  }
  return lines;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      connections: { type: 'string', default: '50' },
      bytes: { type: 'string', default: '64' },
      pipeline: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '5' },
      ms: { type: 'string', default: '2000' },
      model: { type: 'string', default: 'io-uring' },
      server: { type: 'string' },
      peer: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
    },
  });
  const own = `${process.execPath} ${CLI} serve --model ${values.model} --port {port}`;
  const settings: Settings = {
    connections: Number(values.connections),
    bytes: Number(values.bytes),
    pipeline: Number(values.pipeline),
    rounds: Number(values.rounds),
    ms: Number(values.ms),
    peers: values.peer.map(readPeer),
    server: values.server ?? own,
  };
  const rates = await measure(settings);
  if (values.json) console.log(JSON.stringify({ settings, rates }));
  else for (const line of describe(rates, settings.peers)) console.log(line);
}

if (isMain(import.meta.url)) await main();
