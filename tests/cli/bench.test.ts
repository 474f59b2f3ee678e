import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { treeOf } from '../../src/bench/process-tree.ts';
import { type BenchReport, cellsOf, descriptorsNeeded, WORKLOADS } from '../../src/bench.ts';
import { MODELS } from '../../src/servers.ts';
import { descriptorLimit } from '../../src/sys/limits.ts';
import { report } from '../bench/recorded.ts';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';
import { assertFails, CLI, Folder, isAlive, missing, polyio, until } from './polyio-process.ts';

const SHORT = ['--rounds', '1', '--duration', '60', '--warm-up', '20', '--no-counts'];
const ONE = ['bench', '--models', 'epoll', '--workload', 'ping-pong', ...SHORT];
const FEW = 'blocking,poll,node-net';
const LONG = { limitMs: 120_000 };

const ECHO = `${process.execPath} -e 'require("net").createServer((s) => s.pipe(s)).listen(Number(process.argv[1]), "127.0.0.1")' {port}`;

/** A peer that does something else than echo from its `after`-th byte on. */
function misbehaving(after: number, what: string): string {
  const take = `n += d.length; if (n < ${after}) s.write(d); else { ${what} }`;
  const listen = '.listen(Number(process.argv[1]), "127.0.0.1")';
  const source = `let n = 0; require("net").createServer((s) => s.on("data", (d) => { ${take} }))${listen}`;
  return `${process.execPath} -e '${source}' {port}`;
}

test(
  'bench: a table for people, JSON for programs, a page; progress goes to stderr',
  async () => {
    using folder = new Folder();
    const [json, html] = [folder.file('report.json'), folder.file('report.html')];
    const ended = await polyio([...ONE, '--json', json, '--html', html], { limitMs: 60_000 });
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stdout, /^polyio \d.*\nmedians of 1 round of 60 ms; ratio: to node-net/);
    assert.match(
      ended.stdout,
      /\nping-pong {2}1 connection, 64 B there and back\nmodel +messages\/s/,
    );
    assert.match(ended.stdout, /\nepoll +[\d.,k]+ +[█▏▎▍▌▋▊▉]+ +\d+\.\d\d/);
    assert.match(ended.stdout, /\nnode-net +[\d.,k]+ +[█▏▎▍▌▋▊▉]+ +1\.00 /);
    assert.match(ended.stderr, /^round 1 of 1 · ping-pong · epoll · 0 of 2 measurements · about/);
    const report = JSON.parse(readFileSync(json, 'utf8')) as BenchReport;
    assert.equal(report.format, 'polyio-bench');
    assert.equal(report.complete, true);
    assert.deepEqual(
      report.rows.map(({ model, workload }) => [model, workload]),
      [
        ['epoll', 'ping-pong'],
        ['node-net', 'ping-pong'],
      ],
    );
    for (const row of report.rows) {
      assert.ok((row.rate ?? 0) > 0 && (row.p50Us ?? 0) > 0 && row.failure === null);
      assert.ok((row.p50Us ?? 0) <= (row.p99Us ?? 0) && (row.p99Us ?? 0) <= (row.p999Us ?? 0));
    }
    assert.match(readFileSync(html, 'utf8'), /^<!doctype html>.*<svg.*<\/html>\n$/s);
  },
  LONG,
);

test(
  'bench: each model chosen gives a row with its figures; the blocking ones say how many they serve',
  async (context) => {
    const isFull = process.env['POLYIO_TEST_FULL'] === '1';
    const chosen = isFull ? ['--workload', 'all'] : ['--workload', 'small', '--models', FEW];
    // Long enough for a look at the server on a machine that is busy with other tests.
    const time = ['--duration', isFull ? '400' : '1000'];
    const args = ['bench', ...chosen, '--idle', '0,200', ...SHORT, ...time, '--json'];
    const { code, stdout, stderr } = await polyio(args, { limitMs: isFull ? 400_000 : 110_000 });
    assert.equal(code, 0, stderr);
    const { rows, unavailable } = JSON.parse(stdout) as BenchReport;
    const works = MODELS.filter(({ name }) => {
      return (
        !unavailable.some(({ model }) => model === name) &&
        (isFull || FEW.split(',').includes(name))
      );
    });
    assert.equal(rows.length, works.length * (isFull ? 9 : 1));
    for (const row of rows) {
      const { model, workload, idle, rate, note, switchesPerMessage, cpuUsPerMessage } = row;
      const isBlocking = works.some(({ name, isBlocking }) => name === model && isBlocking);
      if (isBlocking) assert.match(note ?? '', /^serves (1|8) at once/);
      // Silent connections would hold all workers of a blocking one.
      if (isBlocking && idle > 0) continue;
      assert.ok((rate ?? 0) > 0, `${model} under ${workload}`);
      // Both are null where this process came too late to look at the server.
      assert.equal(typeof switchesPerMessage, typeof cpuUsPerMessage, `${model} under ${workload}`);
    }
    const poll = rows.find(({ model }) => model === 'poll');
    assert.ok((poll?.cpuUsPerMessage ?? 0) > 0);
    assert.equal(typeof poll?.switchesPerMessage, 'number');
    assert.equal(typeof poll?.wouldBlocksPerMessage, 'number');
    const baseline = rows.find(({ model }) => model === 'node-net');
    assert.equal(baseline?.wouldBlocksPerMessage, null, 'it makes no calls of its own');
    context.diagnostic(`poll: ${poll?.cpuUsPerMessage?.toFixed(2)} us per message`);
  },
  { limitMs: 420_000 },
);

test(
  'bench: system calls are counted on the threads that serve',
  async (context) => {
    const args = [...ONE.filter((word) => word !== '--no-counts'), '--json'];
    const { code, stdout, stderr } = await polyio(args, { limitMs: 60_000 });
    assert.equal(code, 0, stderr);
    const { rows, uncounted } = JSON.parse(stdout) as BenchReport;
    const [epoll] = rows;
    if (uncounted !== null) {
      assert.equal(epoll?.systemCalls, null);
      context.diagnostic(uncounted);
      return;
    }
    const { recvfrom = 0, sendto = 0, epoll_wait: wait = 0 } = epoll?.systemCalls ?? {};
    context.diagnostic(JSON.stringify(epoll?.systemCalls));
    for (const [name, calls] of Object.entries({ recvfrom, sendto, wait })) {
      assert.ok(calls > 0.9 && calls < 1.6, `${name} ${calls} times for each message`);
    }
  },
  { limitMs: 120_000, skip: missing('strace') },
);

const MANY_IDLE = descriptorsNeeded(
  cellsOf(
    WORKLOADS.filter(({ hasIdle }) => hasIdle),
    [5_000],
  ),
);

test(
  'bench: from 5,000 silent connections on, the memory that each of them takes',
  async (context) => {
    const short = SHORT.filter((word) => word !== '--no-counts');
    const which = ['--models', 'poll', '--baseline', 'poll', '--workload', 'idle'];
    const args = ['bench', ...which, '--idle', '5000', ...short, '--json'];
    const { code, stdout, stderr } = await polyio(args, { limitMs: 110_000 });
    assert.equal(code, 0, stderr);
    const [row] = (JSON.parse(stdout) as BenchReport).rows;
    assert.equal(row?.idleOpen, 5_000);
    const bytes = row?.bytesPerConnection ?? 0;
    assert.ok(bytes > 0 && bytes < 100_000, `${bytes} bytes`);
    context.diagnostic(`${Math.round(bytes)} bytes for each`);
  },
  {
    ...LONG,
    skip:
      descriptorLimit() < MANY_IDLE ? `${MANY_IDLE} descriptors are more than the limit` : false,
  },
);

test(
  'bench: without strace and taskset it says so, once',
  async () => {
    using folder = new Folder();
    const args = [...ONE.filter((word) => word !== '--no-counts'), '--json'];
    const env = { PATH: folder.path };
    const { code, stdout, stderr } = await polyio(args, { limitMs: 60_000, env });
    assert.equal(code, 0, stderr);
    const { rows, uncounted, pinned } = JSON.parse(stdout) as BenchReport;
    assert.equal(uncounted, 'not counted: strace is not installed');
    assert.match(pinned.note ?? '', /taskset/);
    for (const { systemCalls, note, rate } of rows) {
      assert.deepEqual([systemCalls, note, (rate ?? 0) > 0], [null, null, true]);
    }
  },
  LONG,
);

const MISUSES: readonly [args: string[], code: number, pattern: RegExp][] = [
  [['--models', 'epol'], 2, /there is no model 'epol' \(did you mean epoll\?\); the models are/],
  [['--workload', 'smal'], 2, /there is no workload 'smal' \(did you mean small\?\)/],
  [['--peers', 'pyhton'], 2, /there is no peer 'pyhton' \(did you mean python\?\)/],
  [['--peer', 'mine=server'], 2, /a peer is NAME=COMMAND with \{port\} in the command/],
  [['--baseline', 'C'], 2, /the baseline C is not measured; it has to be one of/],
  [['--peer', 'epoll=x {port}'], 2, /two servers are called epoll/],
  [['--rounds', '0'], 2, /--rounds.*whole number from 1 to 100/],
  [['--idle', '0,many'], 2, /--idle.*whole number from 0/],
  [['--json', '/no/such/folder/x'], 1, /cannot write the report to .*there is no such directory/],
  [['--html', '/no/such/folder/x'], 1, /cannot write the page to .*there is no such directory/],
  [['--html', '/'], 1, /cannot write the page to \/: it is a directory/],
];

for (const [args, code, pattern] of MISUSES) {
  test(`bench ${args.join(' ')}: one sentence, before anything is measured`, async () => {
    assertFails(await polyio(['bench', ...args]), code, pattern);
  });
}

test('bench: files that are there stay as they are until there is something better', async () => {
  using folder = new Folder();
  const old = folder.file('old', 'old');
  assertFails(await polyio(['bench', '--html', old, '--json', '/no/such/x']), 1, /the report/);
  assertFails(await polyio(['bench', '--json', old, '--html', '/no/such/x']), 1, /the page/);
  assert.equal(readFileSync(old, 'utf8'), 'old');
});

test(
  'bench: a file that cannot be written costs nothing of what was measured',
  async () => {
    using folder = new Folder();
    const other = folder.file('other');
    const cannot =
      /\npolyio: cannot write the (page|report) to \/dev\/full: no space is left .*\n$/;
    for (const [full, fine] of [
      ['--html', '--json'],
      ['--json', '--html'],
    ] as const) {
      const ended = await polyio([...ONE, full, '/dev/full', fine, other], { limitMs: 60_000 });
      assert.equal(ended.code, 1, ended.stderr);
      assert.match(ended.stdout, /\nnode-net +[\d.,k]+ /);
      assert.match(ended.stderr, cannot);
      assert.match(readFileSync(other, 'utf8'), /"polyio-bench"|polyio bench/);
    }
  },
  LONG,
);

test(
  'bench: too few descriptors are told before the run, with the number that is needed',
  async () => {
    const command = ['--nofile=2000:2000', process.execPath, CLI, 'bench'];
    const ended = await runCommand('prlimit', command);
    assertFails(
      ended,
      1,
      /needs 12593 descriptors.*may have 2000; raise the hard limit \(ulimit -Hn 12593\)/,
    );
  },
  { skip: missing('prlimit') },
);

test('bench: a port in use is told before the run', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  assertFails(await polyio([...ONE, '--port', String(port)]), 1, /port \d+ on 127.0.0.1 is in use/);
  server.close();
  await once(server, 'close');
});

const FAULTS: readonly [name: string, peer: string, failure: RegExp][] = [
  ['absent', '/no/such/server {port}', /^absent never listened: it .*(ENOENT|No such file)/],
  ['mortal', misbehaving(640, 'process.exit(7)'), /^the server ended with code 7/],
  ['liar', misbehaving(640, 's.write(Buffer.alloc(d.length, 255))'), /answers with other bytes/],
  ['mute', misbehaving(640, ''), /stopped answering|unanswered/],
];

test(
  'bench: servers that never start, die, answer wrong bytes or stop have their sentence, the other rows are kept',
  async () => {
    using folder = new Folder();
    const json = folder.file('report.json');
    const peers = FAULTS.flatMap(([name, peer]) => ['--peer', `${name}=${peer}`]);
    const args = [...ONE, '--baseline', 'epoll', '--duration', '300', ...peers, '--json', json];
    const ended = await polyio(args, { limitMs: 100_000 });
    assert.equal(ended.code, 1, ended.stdout);
    const complaints = ended.stderr.split('\n').filter((line) => line.startsWith('polyio: '));
    assert.equal(complaints.length, 1, ended.stderr);
    assert.match(
      complaints[0] ?? '',
      /absent could not be measured under ping-pong: .* \(and 3 more\); the other rows are as/,
    );
    const { rows } = JSON.parse(readFileSync(json, 'utf8')) as BenchReport;
    const [epoll, ...faulty] = rows;
    assert.deepEqual([epoll?.failure, (epoll?.rate ?? 0) > 0], [null, true]);
    for (const [index, [name, , failure]] of FAULTS.entries()) {
      assert.match(faulty[index]?.failure ?? '', failure);
      assert.equal(faulty[index]?.rate, null);
      assert.match(ended.stdout, new RegExp(`\\n {2}${name}: failed: `));
    }
  },
  LONG,
);

test(
  'bench: a peer by its command, as the baseline',
  async () => {
    const args = [...ONE, '--peer', `mine=${ECHO}`, '--baseline', 'mine', '--json'];
    const { code, stdout, stderr } = await polyio(args, { limitMs: 60_000 });
    assert.equal(code, 0, stderr);
    const { rows, models } = JSON.parse(stdout) as BenchReport;
    assert.deepEqual(
      rows.map(({ model, ratio }) => [model, ratio === 1]),
      [
        ['epoll', false],
        ['mine', true],
      ],
    );
    assert.equal(models[1]?.isPeer, true);
  },
  LONG,
);

for (const [peer, program] of [
  ['bun', 'bun'],
  ['deno', 'deno'],
  ['python', 'python3'],
] as const) {
  test(
    `bench: the peer ${peer} echoes`,
    async () => {
      const args = ['bench', '--models', 'epoll', '--baseline', 'epoll', '--peers', peer, ...SHORT];
      const workload = ['--workload', 'bulk', '--json'];
      const { code, stdout, stderr } = await polyio([...args, ...workload], { limitMs: 60_000 });
      assert.equal(code, 0, stderr);
      const { rows } = JSON.parse(stdout) as BenchReport;
      assert.ok((rows[1]?.rate ?? 0) > 0);
    },
    { ...LONG, skip: missing(program) },
  );
}

for (const signal of ['SIGINT', 'SIGHUP'] as const) {
  test(
    `bench: ${signal} prints what there is and leaves no process`,
    async () => {
      using folder = new Folder();
      const json = folder.file('report.json');
      const seen = new Set<number>();
      const args = [
        '--models',
        'epoll',
        '--workload',
        'ping-pong',
        '--rounds',
        '100',
        '--no-counts',
      ];
      const child = spawn(process.execPath, [
        CLI,
        'bench',
        ...args,
        '--duration',
        '50',
        '--json',
        json,
      ]);
      const ended = once(child, 'close');
      const text = { out: '', err: '' };
      child.stdout.setEncoding('utf8').on('data', (part: string) => (text.out += part));
      child.stderr.setEncoding('utf8').on('data', (part: string) => (text.err += part));
      const tree = await until(
        'two servers and the third',
        () => {
          const pids = treeOf(child.pid ?? 0);
          for (const pid of pids) seen.add(pid);
          return seen.size >= 8 && pids.length > 1 && pids;
        },
        60_000,
      );
      child.kill(signal);
      const [code] = await ended;
      assert.equal(code, 1, text.err);
      assert.match(text.err, /polyio: interrupted; what had been measured until then is above\n$/);
      assert.match(text.out, /\nnode-net ~? *[\d.,k]+ /);
      assert.equal((JSON.parse(readFileSync(json, 'utf8')) as BenchReport).complete, false);
      await until('the end of all of them', () => ![...tree, ...seen].some(isAlive));
    },
    LONG,
  );
}

test('bench compare: two reports, and what is no report', async () => {
  using folder = new Folder();
  const [a, b, bad] = ['a.json', 'b.json', 'bad.json'].map((name) => folder.file(name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(a, JSON.stringify(report()));
  writeFileSync(b, JSON.stringify(report((model) => (model === 'epoll' ? 0.5 : 1))));
  writeFileSync(bad, '{}');
  assert.ok(statSync(a).size > 0);
  const same = await polyio(['bench', 'compare', a, a]);
  assert.equal(same.code, 0, same.stderr);
  assert.match(same.stdout, /small {2}epoll +1\.83 \[.*\] +→ +1\.83 \[.*\] +same\n/);
  assert.match(
    same.stdout,
    /\norder: the same for (\d+) of \1 pairs whose intervals do not overlap\n/,
  );
  assert.match(same.stdout, /\nratios: 15 of 15 lie inside the interval of the first report\n$/);
  const slower = await polyio(['bench', 'compare', a, b]);
  assertFails(slower, 1, /5 rows slower or failed/);
  assert.match(slower.stdout, /idle 10,000 {2}epoll +1\.83 .* slower\n/);
  const json = await polyio(['bench', 'compare', a, b, '--json']);
  assert.equal(JSON.parse(json.stdout).rows.length, 20);
  assertFails(await polyio(['bench', 'compare', a, bad]), 1, /bad.json: it is no report of polyio/);
  for (const damage of [{ rows: [], machine: undefined }, { rows: [null] }]) {
    writeFileSync(bad, JSON.stringify({ ...report(), ...damage }));
    assertFails(await polyio(['bench', 'compare', bad, a]), 1, /bad.json: it is damaged: /);
  }
  const gone = await polyio(['bench', 'compare', a, '/no/x']);
  assertFails(gone, 1, /cannot read the report \/no\/x: there is no such file/);
  const endless = await polyio(['bench', 'compare', '/dev/zero', a]);
  assertFails(endless, 1, /\/dev\/zero: it is neither a regular file nor a pipe/);
  assertFails(
    await polyio(['bench', 'compare', a]),
    2,
    /missing required argument 'after'; 'polyio bench compare --help' shows what it takes/,
  );
});
