import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { RunEvent } from '../../../src/lab/web/api.ts';
import { type Info, LabServer, readRecord, SCENES } from '../../../src/lab.ts';
import { MODELS, modelInfo } from '../../../src/servers.ts';
import { childrenOf, Folder, isAlive, missing, until } from '../../cli/polyio-process.ts';
import { runCommand } from '../../harness/child.ts';
import { test } from '../../harness/test.ts';
import { ask, requestText, run } from './lab-client.ts';

const LIMIT_MS = 60_000;
const SMALL = { scene: 'free', models: ['poll'], clients: 2, messages: 3, delayMs: 5 };
/** It takes half a minute when nobody ends it. */
const LONG = { ...SMALL, messages: 15, delayMs: 2_000 };

/** The processes of runs. */
function runners(): number[] {
  return childrenOf(process.pid).filter((pid) => {
    return isAlive(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('run-entry');
  });
}

/** A process with all that it has started. */
function familyOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(familyOf)];
}

/** Whether the memory that its threads and processes write to is there. */
function isRecording(pid: number): boolean {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).some((fd) => {
    try {
      return readlinkSync(`${folder}/${fd}`).includes('polyio-trace');
    } catch {
      // It was closed since.
      return false;
    }
  });
}

async function infoOf(lab: LabServer): Promise<Info> {
  return JSON.parse((await ask(lab)).body) as Info;
}

/** All events of a run, which the page waits for. */
async function all(events: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const found: RunEvent[] = [];
  for await (const event of events) found.push(event);
  return found;
}

/** The first event of a run that has begun. */
async function begin(events: AsyncIterator<RunEvent>): Promise<void> {
  const { value } = await events.next();
  assert.equal((value as RunEvent).event, 'progress');
}

/** Asserts that nothing of a run is left, and that the lab knows. */
async function assertFree(lab: LabServer, family: readonly number[]): Promise<void> {
  await until('the end of its processes', () => !family.some(isAlive), 20_000);
  await until('the end of the run', () => runners().length === 0);
  // It hears of the end a moment after it; a lab that never does is the watchdog's business.
  while ((await infoOf(lab)).isBusy) await sleep(10);
}

/** Asserts the same, and that the next run works. */
async function assertWorks(lab: LabServer, family: readonly number[] = []): Promise<void> {
  await assertFree(lab, family);
  const events = await all(run(lab, { ...SMALL, messages: 1 }));
  assert.equal(events.at(-1)?.event, 'record');
}

test('lab: the page, each file under its own name and kind', async () => {
  using folder = new Folder();
  folder.file('index.html', '<!doctype html><title>a page</title>');
  folder.file('index-1.js', 'export {};');
  await using lab = await LabServer.open({ page: folder.path });
  assert.equal(lab.url, `http://127.0.0.1:${lab.port}/?token=${lab.token}`);
  const page = await ask(lab, { path: `/?token=${lab.token}&scene=free` });
  assert.equal(page.status, 200);
  assert.match(page.body, /a page/);
  assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.equal(page.headers.get('cache-control'), 'no-store');
  const script = await ask(lab, { path: '/index-1.js' });
  assert.equal(script.headers.get('content-type'), 'text/javascript; charset=utf-8');
  assert.equal(script.headers.get('cache-control'), 'private, max-age=3600');
  const head = await ask(lab, { method: 'HEAD', path: '/index-1.js' });
  assert.deepEqual([head.status, head.headers.get('content-length'), head.body], [200, '10', '']);
  folder.file('later.html', 'not there when it began');
  assert.equal((await ask(lab, { path: '/later.html' })).status, 404);
});

test('lab: options that cannot be, a page that is not built', async () => {
  await assert.rejects(LabServer.open({ port: 65_536 }), /port must be an integer from 0 to 65535/);
  await assert.rejects(LabServer.open({ requestMs: 0 }), /requestMs must be/);
  await assert.rejects(LabServer.open({ runMs: 90_001 }), /runMs must be/);
  using folder = new Folder();
  const page = folder.file('nothing');
  await assert.rejects(LabServer.open({ page }), /there is no page .*; npm run build makes it/);
  await using lab = await LabServer.open();
  await assert.rejects(LabServer.open({ port: lab.port }), { code: 'EADDRINUSE' });
});

test('lab: what this machine can do, with the reason where it cannot', async () => {
  await using lab = await LabServer.open();
  const { models, limits, machine, isBusy, version } = await infoOf(lab);
  assert.deepEqual(
    models.map(({ name, isAvailable }) => [name, isAvailable]),
    MODELS.map(({ name, unavailable }) => [name, unavailable() === null]),
  );
  const iocp = models.find(({ name }) => name === 'iocp');
  assert.equal(iocp?.reason, modelInfo('iocp').unavailable()?.reason);
  assert.ok((iocp?.remedy ?? '') !== '');
  assert.deepEqual([limits.clients, limits.bytes, limits.lengthMs], [64, 1_048_576, 60_000]);
  assert.equal(machine.system, process.platform);
  assert.equal(isBusy, false);
  assert.match(version, /^\d+\.\d+\.\d+/);
});

test(
  'lab: a run tells its steps and ends with a record that reads back',
  async () => {
    await using lab = await LabServer.open();
    const events = await all(run(lab, { ...SMALL, models: ['poll', 'select'] }));
    assert.deepEqual(events.slice(0, -1), [
      { event: 'progress', step: 1, of: 2, label: 'poll' },
      { event: 'progress', step: 2, of: 2, label: 'select' },
    ]);
    const last = events.at(-1);
    assert.ok(last?.event === 'record');
    const record = readRecord(JSON.stringify(last.record));
    assert.deepEqual(
      record.runs.map(({ label, trace }) => [label, trace.summary.messages]),
      [
        ['poll', 6],
        ['select', 6],
      ],
    );
  },
  { limitMs: LIMIT_MS },
);

test(
  'lab: a model that cannot run here is told in its own sentence',
  async () => {
    await using lab = await LabServer.open();
    const events = await all(run(lab, { ...SMALL, models: ['iocp'] }));
    const { reason, remedy } = modelInfo('iocp').unavailable() ?? {};
    const sentence = `iocp is not available here: ${reason}; ${remedy}`;
    assert.deepEqual(events, [{ event: 'failed', reason: sentence }]);
    await assertWorks(lab);
  },
  { limitMs: LIMIT_MS },
);

const CLOSED_ON = ['blocking-threads', 'blocking-processes', 'non-blocking', 'io-uring'] as const;
for (const model of CLOSED_ON) {
  const refused = modelInfo(model).unavailable();
  test(
    `lab: a page that is closed in the middle of a run of ${model} ends it`,
    async () => {
      await using lab = await LabServer.open();
      const page = new AbortController();
      const events = run(lab, { ...LONG, models: [model] }, page.signal);
      await begin(events);
      const [runner] = runners();
      await until('its recording', () => isRecording(runner as number));
      const family = familyOf(runner as number);
      assert.equal((await infoOf(lab)).isBusy, true);
      page.abort();
      await assert.rejects(events.next());
      await assertFree(lab, family);
    },
    { limitMs: LIMIT_MS, skip: refused?.reason ?? false },
  );
}

const OWN = Object.entries(SCENES).filter(([, { models }]) => models.length === 0);
/** Those that start processes and threads of their own; the others on the full size. */
const OFTEN = ['threads-or-events', 'who-accepts'];
const isFull = process.env['POLYIO_TEST_FULL'] === '1';
for (const [scene] of OWN.filter(([name]) => isFull || OFTEN.includes(name))) {
  test(
    `lab: a page that is closed in the middle of ${scene} leaves no process behind`,
    async () => {
      await using lab = await LabServer.open();
      const page = new AbortController();
      const events = run(lab, { scene }, page.signal);
      await begin(events);
      const [runner] = runners();
      const family = familyOf(runner as number);
      page.abort();
      await assert.rejects(events.next());
      await assertFree(lab, family);
    },
    { limitMs: LIMIT_MS },
  );
}

test(
  'lab: two pages at once: the second is told that one runs, and both go on',
  async () => {
    await using lab = await LabServer.open();
    const first = run(lab, { ...SMALL, messages: 20, delayMs: 50 });
    await begin(first);
    await assert.rejects(run(lab, SMALL).next(), /409 .*one at a time/);
    assert.equal((await ask(lab, { path: '/' })).status, 200);
    const rest = await all(first);
    assert.deepEqual(
      rest.map(({ event }) => event),
      ['record'],
    );
    await assertWorks(lab);
  },
  { limitMs: LIMIT_MS },
);

test(
  'lab: a run whose process dies is told so, and the next one works',
  async () => {
    await using lab = await LabServer.open();
    const events = run(lab, { ...LONG, models: ['blocking-processes'] });
    await begin(events);
    const [runner] = runners();
    const family = await until('its workers', () => {
      const members = familyOf(runner as number);
      return members.length > 1 && members;
    });
    process.kill(runner as number, 'SIGKILL');
    const reason = 'the process of the run ended without a result (SIGKILL)';
    assert.deepEqual(await all(events), [{ event: 'failed', reason }]);
    await assertWorks(lab, family);
  },
  { limitMs: LIMIT_MS },
);

test(
  'lab: a run that takes too long is ended, and told so',
  async () => {
    await using lab = await LabServer.open({ runMs: 1_500 });
    const events = await all(run(lab, LONG));
    const reason = 'the run took longer than 1.5 s and was ended';
    assert.deepEqual(events.at(-1), { event: 'failed', reason });
    await assertFree(lab, []);
  },
  { limitMs: LIMIT_MS },
);

test(
  'lab: a page that asks again as soon as it has its record is not refused',
  async () => {
    await using lab = await LabServer.open();
    for (let n = 0; n < 3; n++) {
      for await (const { event } of run(lab, { ...SMALL, messages: 1 })) {
        if (event === 'record') break;
      }
    }
    await assertWorks(lab);
  },
  { limitMs: LIMIT_MS },
);

test(
  'lab: a run that does not end when it is told to is ended by the kernel',
  async () => {
    await using lab = await LabServer.open();
    const page = new AbortController();
    const events = run(lab, LONG, page.signal);
    await begin(events);
    const [runner] = runners();
    process.kill(runner as number, 'SIGSTOP');
    page.abort();
    await assert.rejects(events.next());
    await assertWorks(lab, [runner as number]);
  },
  { limitMs: LIMIT_MS },
);

test(
  'lab: too few descriptors for a run are told so, and the next one works',
  async () => {
    const fixture = fileURLToPath(new URL('../../fixtures/crowded-lab.js', import.meta.url));
    const command = ['--nofile=120:120', process.execPath, fixture];
    const { code, stdout, stderr } = await runCommand('prlimit', command, { limitMs: 30_000 });
    assert.equal(code, 0, stderr);
    const reason = 'too few descriptors are left to start a run; raise the limit (ulimit -n)';
    const failed = JSON.stringify({ event: 'failed', reason });
    assert.equal(stdout, `${failed}\n{"event":"record"\n`);
  },
  { limitMs: LIMIT_MS, skip: missing('prlimit') },
);

test(
  'lab: closing it ends the run and every connection',
  async () => {
    const lab = await LabServer.open();
    const events = run(lab, LONG);
    await begin(events);
    const family = familyOf(runners()[0] as number);
    const idle = connect(lab.port, '127.0.0.1');
    await once(idle, 'connect');
    idle.resume();
    await Promise.all([lab.close(), lab.close(), once(idle, 'close')]);
    const rest = await all(events).catch(() => []);
    assert.ok(!rest.some(({ event }) => event === 'record'));
    assert.equal(family.some(isAlive), false);
    await assert.rejects(fetch(lab.url));
  },
  { limitMs: LIMIT_MS },
);

test(
  'lab: a page that leaves before its answer begins leaves nothing behind',
  async () => {
    await using lab = await LabServer.open();
    const body = JSON.stringify(LONG);
    for (let n = 0; n < 10; n++) {
      const socket = connect(lab.port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(requestText(lab, { method: 'POST', path: '/api/run', body }));
      socket.destroy();
      await once(socket, 'close');
    }
    await assertWorks(lab);
  },
  { limitMs: LIMIT_MS },
);
