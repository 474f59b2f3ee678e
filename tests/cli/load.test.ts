import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { LoadReport } from '../../src/bench.ts';
import { startServer } from '../bench/load/echo-server.ts';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';
import {
  assertFails,
  CLI,
  childrenOf,
  Folder,
  isAlive,
  missing,
  polyio,
  Serving,
  until,
} from './polyio-process.ts';

const SHORT = ['--messages', '500', '--duration', '60', '--warm-up', '0', '--connections', '5'];

/** A load that nobody waits for, with its generator. */
class Loading implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  stdout = '';

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, [CLI, 'load', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    (this.child.stdout as Readable).setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.ended = once(this.child, 'close').then(([code]) => code as number | null);
  }

  /** The generator's process, once it is there. */
  generator(): Promise<number> {
    return until('the generator', () => childrenOf(this.child.pid as number)[0]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

test('polyio load --help names every flag and has examples, in 100 columns', async () => {
  const { code, stdout } = await polyio(['load', '--help']);
  assert.equal(code, 0);
  const flags = [
    ...[
      '--host',
      '--port',
      '--path',
      '--udp',
      '--connections',
      '--size',
      '--duration',
      '--messages',
    ],
    ...['--pipeline', '--idle', '--rate', '--churn', '--ramp', '--warm-up', '--stall', '--seed'],
    ...['--engine', '--i-own-target', '--json'],
  ];
  for (const flag of flags) assert.match(stdout, new RegExp(`^ +${flag}\\b`, 'm'));
  assert.match(stdout, /^Examples:\n {2}polyio serve /m);
  for (const line of stdout.split('\n')) assert.ok(line.length <= 100, line);
});

test('polyio load: tells what it does and what came of it', async () => {
  await using serving = await Serving.start([]);
  const args = ['--port', `${serving.port}`, '--size', '1000', '--idle', '3', '--churn', '2'];
  const { code, stdout, stderr } = await polyio(['load', ...args, ...SHORT]);
  assert.deepEqual([code, stderr], [0, '']);
  const lines = stdout.split('\n');
  assert.match(
    lines[0] ?? '',
    /^load on 127\.0\.0\.1:\d+: 5 connections, 1 kB a message, 3 idle connections beside them, opened anew after 2 messages, as fast as they come back$/,
  );
  const rows = [
    /^ {2}rate +[\d,]+ messages\/s, [\d.]+ [kM]B\/s$/,
    /^ {2}messages +[\d,]+ messages in [\d.]+ s, every byte compared$/,
    /^ {2}latency +p50 [\d.,]+ [um]s, p90 .*, p99 .*, p99\.9 .*, max [\d.,]+ [um]?s$/,
    /^ {2}each +[\d,]+ messages? on the slowest connection, [\d,]+ messages? on the fastest$/,
    /^ {2}connects +[\d,]+ connections\/s, p50 /,
    /^ {2}idle +3 connections, all still open$/,
    /^ {2}generator +(io-uring|epoll), [\d.]+ cores/,
    /^$/,
  ];
  assert.equal(lines.length, rows.length + 1, stdout);
  for (const [index, row] of rows.entries()) assert.match(lines[index + 1] ?? '', row);
});

test('polyio load --json: one object to standard output, or to a file beside the text', async () => {
  using folder = new Folder();
  const path = folder.file('echo.sock');
  await using _serving = await Serving.start(['--path', path]);
  const bare = await polyio(['load', '--path', path, ...SHORT, '--json']);
  assert.equal(bare.code, 0, bare.stderr);
  const report = JSON.parse(bare.stdout) as LoadReport;
  assert.equal(bare.stdout.split('\n').length, 2);
  assert.deepEqual([report.outcome, report.failure], ['complete', null]);
  assert.deepEqual(report.plan.target, { path });
  assert.ok(report.rate > 0 && report.latency.p50 > 0 && report.latency.histogram.length > 0);
  const file = folder.file('report.json');
  const both = await polyio(['load', '--path', path, ...SHORT, '--json', file]);
  assert.match(both.stdout, /^load on .*echo\.sock: 5 connections, 64 bytes a message/);
  assert.equal((JSON.parse(readFileSync(file, 'utf8')) as LoadReport).outcome, 'complete');
});

test('polyio load --help names every field of its JSON', async () => {
  await using serving = await Serving.start([]);
  const [{ stdout: help }, { stdout: json }] = await Promise.all([
    polyio(['load', '--help']),
    polyio(['load', '--port', `${serving.port}`, ...SHORT, '--json']),
  ]);
  const [, told = ''] = /--json prints one object: (.*)/s.exec(help) ?? [];
  const report = JSON.parse(json) as LoadReport;
  for (const field of [...Object.keys(report), ...Object.keys(report.latency)]) {
    assert.match(told, new RegExp(`\\b${field}\\b`));
  }
});

test('polyio load: Ctrl-C prints what it has, exit code 0, and no process is left', async () => {
  await using serving = await Serving.start([]);
  await using loading = new Loading(
    '--port',
    `${serving.port}`,
    '--duration',
    '600',
    '--warm-up',
    '0',
  );
  const generator = await loading.generator();
  await serving.event('statistics', ({ messages }) => Number(messages) > 1_000);
  loading.child.kill('SIGINT');
  assert.equal(await loading.ended, 0);
  assert.match(loading.stdout, /\ninterrupted after [\d.]+ s of measuring\n {2}rate +[\d,]+ mess/);
  assert.equal(isAlive(generator), false);
});

test('polyio load: the generator ends with whoever started it', async () => {
  await using serving = await Serving.start([]);
  await using loading = new Loading('--port', `${serving.port}`, '--duration', '600');
  const generator = await loading.generator();
  loading.child.kill('SIGKILL');
  await loading.ended;
  await until('the generator to end', () => !isAlive(generator));
});

test('polyio load: a generator that is killed is named', async () => {
  using folder = new Folder();
  const json = folder.file('report.json', 'yesterday');
  await using serving = await Serving.start([]);
  const load = polyio(['load', '--port', `${serving.port}`, '--duration', '600', '--json', json], {
    onOutput: (_, pid) => {
      void until('the generator', () => childrenOf(pid)[0]).then((generator) =>
        process.kill(generator, 'SIGKILL'),
      );
    },
  });
  assertFails(await load, 1, /the load generator was killed by SIGKILL: it said nothing/);
  assert.equal(readFileSync(json, 'utf8'), 'yesterday', 'there is nothing better');
});

test('polyio load: a server that answers wrong bytes: one sentence, exit code 1, the figures kept', async () => {
  await using server = await startServer((piece, socket, count) => {
    if (count > 100) piece[0] = (piece[0] as number) ^ 1;
    socket.write(piece);
  });
  const ended = await polyio(['load', '--port', `${server.target.port}`, ...SHORT, '--json']);
  assertFails(ended, 1, /answers with other bytes: connection \d, message \d+, byte \d+ is 0x/);
  const report = JSON.parse(ended.stdout) as LoadReport;
  assert.equal(report.outcome, 'failed');
  assert.match(ended.stderr, new RegExp(report.failure?.slice(0, 20) as string));
});

test(
  'polyio load: too few descriptors are told before the run, with the number that is needed',
  async () => {
    const args = ['--nofile=150:150', process.execPath, CLI, 'load', '--connections', '500'];
    const ended = await runCommand('prlimit', args);
    assertFails(
      ended,
      1,
      /^polyio: this load needs 5\d\d descriptors and the limit is 150; raise it/,
    );
  },
  { skip: missing('prlimit') },
);

const WRONG: readonly [args: readonly string[], pattern: RegExp][] = [
  [['--size', '0'], /'--size <bytes>' argument '0' is invalid: give a whole number from 1 to 1677/],
  [['--duration', 'long'], /give a number of seconds from 0\.001 to 86400/],
  [['--engine', 'kqueue'], /Allowed choices are default, io-uring, epoll/],
  [['--udp', '--churn', '1'], /churn needs connections, and UDP has none/],
  [['--udp', '--path', 'x'], /--path is a stream socket and --udp is not: give one of them/],
  [['--path', 'x', '--port', '1'], /--path takes the place of --port: give one of them/],
  [['--path', ''], /--path takes the name of a file, got nothing/],
  [
    ['--host', '192.0.2.1'],
    /192\.0\.2\.1 is another machine, which a load may bring down; --i-own/,
  ],
  [['--connections', '10', '--pipeline', '1024', '--size', '16777216'], /more than 1 GiB/],
];

for (const [args, pattern] of WRONG) {
  test(`polyio load ${args.join(' ')}: wrong usage`, async () => {
    assertFails(await polyio(['load', ...args]), 2, pattern);
  });
}

test('polyio load: a report that finds no room is told after the figures, exit code 1', async () => {
  await using serving = await Serving.start([]);
  const ended = await polyio([
    'load',
    '--port',
    `${serving.port}`,
    ...SHORT,
    '--json',
    '/dev/full',
  ]);
  assertFails(ended, 1, /cannot write the report to \/dev\/full: no space is left on the device/);
  assert.match(ended.stdout, /\n {2}rate +[\d,]+ messages\/s/);
});

test('polyio load: a named pipe gets the whole report', async () => {
  using folder = new Folder();
  const pipe = folder.file('pipe');
  execFileSync('mkfifo', [pipe]);
  await using serving = await Serving.start([]);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const args = ['load', '--port', `${serving.port}`, ...SHORT, '--json', pipe];
    const { code, stderr } = await polyio(args);
    assert.equal(code, 0, stderr);
    assert.equal((JSON.parse(readFileSync(reader, 'utf8')) as LoadReport).outcome, 'complete');
  } finally {
    closeSync(reader);
  }
});

test('polyio load: a report that cannot be written is told before the run', async () => {
  const ended = await polyio(['load', '--json', '/nowhere/report.json']);
  assertFails(ended, 1, /cannot write the report to \/nowhere\/report\.json: there is no such/);
});
