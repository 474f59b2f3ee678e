import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type EngineName,
  type LoadOptions,
  type LoadProgress,
  type LoadReport,
  runLoad,
} from '../../../src/bench.ts';
import type { InternetAddress } from '../../../src/io.ts';
import { ECHO_MODULE, type Server, serve } from '../../../src/servers.ts';
import { RING_FEATURES } from '../../../src/sys/linux/io-uring/features.ts';
import { ioUringUnavailable } from '../../../src/sys/linux/io-uring/probe.ts';
import { test } from '../../harness/test.ts';
import { startServer } from './echo-server.ts';

const isFull = process.env['POLYIO_TEST_FULL'] === '1';
const messages = isFull ? 200_000 : 1_000;
const noRing = ioUringUnavailable();
const ENGINES: readonly EngineName[] = noRing === null ? ['io-uring', 'epoll'] : ['epoll'];
const common = { connections: 20, messages, durationMs: 60_000, warmUpMs: 20 };

function targetOf({ address }: Server): LoadOptions['target'] {
  return 'path' in address ? { path: address.path } : (address as InternetAddress);
}

/** What is true of every load that went well. */
function assertFine(report: LoadReport, plan: Partial<LoadOptions>): void {
  assert.equal(report.failure, null);
  assert.equal(report.outcome, 'complete');
  const { messages, latency, perConnection, neverServed, errors } = report;
  assert.ok(messages >= (plan.messages ?? common.messages), 'messages came back');
  assert.equal(latency.count, messages, 'each of them was timed');
  assert.ok(latency.min <= latency.p50 && latency.p50 <= latency.p99, 'in order');
  assert.ok(latency.p99 <= latency.p999 && latency.p999 <= latency.max, 'in order');
  assert.ok(perConnection.min <= perConnection.max);
  assert.deepEqual(neverServed, { count: 0, connections: [] });
  assert.equal(
    Object.values(errors).reduce((sum, count) => sum + count, 0),
    0,
  );
  const bytes = plan.bytes ?? 64;
  const underWay = bytes * (plan.pipeline ?? 1) * common.connections;
  assert.ok(Math.abs(report.bytes - messages * bytes) <= underWay, 'bytes are messages');
}

const LOADS: readonly [name: string, plan: Partial<LoadOptions>][] = [
  ['one message under way', {}],
  ['odd sizes, several under way', { bytes: 7, pipeline: 5 }],
  ['larger than every buffer', { bytes: 300_001, pipeline: 2, connections: 4, messages: 100 }],
  ['64 KiB', { bytes: 65_536 }],
  ['a connection for each message', { churn: 1 }],
  ['connections of ten messages', { churn: 10, pipeline: 4 }],
  ['idle connections beside them', { idle: 200 }],
  ['connections that begin one by one', { rampMs: 50 }],
  ['begun one by one, and anew', { rampMs: 50, churn: 2 }],
  ['another seed', { seed: 0xffffffff, bytes: 1_000 }],
];

for (const engine of ENGINES) {
  for (const [name, plan] of LOADS) {
    test(`runLoad, ${engine}: ${name}`, async () => {
      await using server = await serve(ECHO_MODULE, { model: 'epoll', port: 0 });
      const options = { ...common, ...plan, engine, target: targetOf(server) };
      const report = await runLoad(options);
      assertFine(report, plan);
      assert.equal(report.engine, engine);
      // The last ones of a ramp may be late.
      if (plan.rampMs === undefined) assert.equal(report.connects > 0, plan.churn !== undefined);
      assert.equal(report.connectLatency.count, report.connects);
      assert.deepEqual(report.idle, { open: plan.idle ?? 0, closed: 0 });
      assert.equal(server.statistics().connectionErrors, 0, 'the server saw proper goodbyes');
    });
  }

  test(`runLoad, ${engine}: a ramp begins no connection before its time`, async () => {
    const [connections, rampMs] = [40, 400];
    const seenAt: number[] = [];
    await using server = await startServer((piece, socket, _, connection) => {
      seenAt[connection - 1] ??= performance.now();
      socket.write(piece);
    });
    const plan = { ...common, engine, target: server.target, connections, rampMs };
    const report = await runLoad(plan);
    assert.equal(report.failure, null);
    assert.equal(seenAt.length, connections);
    // The first one is there before the ramp; the others may be late, but never early.
    const [first = 0] = seenAt;
    for (const [index, at] of seenAt.entries()) {
      const earliest = (index * rampMs) / connections;
      assert.ok(at - first >= earliest - 1, `${index}: ${at - first} ms, not before ${earliest}`);
    }
  });

  test(`runLoad, ${engine}: as many messages are under way as the pipeline has`, async () => {
    const [bytes, pipeline] = [7, 5];
    /** What each connection has sent and not got back; its first message is answered at once. */
    const held = new Map<unknown, Buffer>();
    await using server = await startServer((piece, socket) => {
      const before = held.get(socket);
      const all = Buffer.concat([before ?? Buffer.alloc(0), piece]);
      const isWhole = before === undefined || all.length === bytes * pipeline;
      assert.ok(all.length <= bytes * pipeline, `${all.length} bytes under way`);
      held.set(socket, isWhole ? Buffer.alloc(0) : all);
      if (isWhole) socket.write(all);
    });
    const plan = { ...common, engine, target: server.target, bytes, pipeline, connections: 3 };
    assertFine(await runLoad(plan), plan);
  });

  test(`runLoad, ${engine}: what comes back in the warm-up does not count`, async (context) => {
    let bytes = 0;
    await using server = await startServer((piece, socket) => {
      bytes += piece.length;
      socket.write(piece);
    });
    const plan = { ...common, engine, target: server.target, messages: 200, warmUpMs: 400 };
    const report = await runLoad(plan);
    assertFine(report, plan);
    // One for each connection comes before the warm-up, and one may be under way at the end.
    const uncounted = bytes / 64 - report.messages - 2 * plan.connections;
    assert.ok(uncounted > 100, `${uncounted} messages in the warm-up`);
    context.diagnostic(`${report.messages} messages counted, ${uncounted} in the warm-up`);
  });

  test(`runLoad, ${engine}: on schedule, no more messages come than were due`, async (context) => {
    await using server = await serve(ECHO_MODULE, { model: 'epoll', port: 0 });
    const plan = { ...common, engine, target: targetOf(server), rate: 2_000, messages: 200 };
    const started = performance.now();
    const report = await runLoad(plan);
    assertFine(report, plan);
    const due = (2_000 * (performance.now() - started)) / 1_000;
    assert.ok(report.messages <= due + 1, `${report.messages} of ${due}`);
    context.diagnostic(`${Math.round(report.rate)}/s of 2000/s, ${report.behind} behind`);
  });

  test(`runLoad, ${engine}: a pause of the server shows with a rate, and is hidden without`, async (context) => {
    const pauseMs = 300;
    const load = async (rate: number): Promise<LoadReport> => {
      await using server = await startServer((piece, socket, count) => {
        const wait = count === 200 ? pauseMs : 0;
        if (wait === 0) socket.write(piece);
        else setTimeout(() => socket.write(piece), wait);
      });
      const flow = { connections: 1, messages: 1_000, warmUpMs: 0, rate };
      const report = await runLoad({ ...common, ...flow, engine, target: server.target });
      assert.equal(report.failure, null);
      return report;
    };
    const pauseUs = pauseMs * 1_000;
    const [closed, open] = [await load(0), await load(1_000)];
    // One message met the pause, and the next one was not sent before its end.
    assert.ok(closed.latency.max > pauseUs * 0.9 && closed.latency.p99 < pauseUs / 2);
    // 300 were due in it, half of them in its first half.
    assert.ok(open.latency.p90 > pauseUs * 0.45, `${open.latency.p90} us`);
    const [hidden, shown] = [closed.latency.p90, open.latency.p90].map(Math.round);
    context.diagnostic(`p90 is ${hidden} us without a rate, ${shown} us with one`);
  });

  test(`runLoad, ${engine}: a schedule that nobody keeps shows in latencies and what is behind`, async () => {
    await using server = await serve(ECHO_MODULE, { model: 'epoll', port: 0 });
    const plan = { ...common, engine, target: targetOf(server), rate: 10_000_000 };
    const report = await runLoad(plan);
    assertFine(report, plan);
    assert.ok(report.behind > report.messages, `${report.behind} behind`);
    // What is answered last was due almost at the beginning.
    assert.ok(report.latency.max > report.measuredMs * 500, `${report.latency.max} us`);
  });

  test(`runLoad, ${engine}: a Unix socket`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'polyio-load-'));
    try {
      await using server = await serve(ECHO_MODULE, { path: join(folder, 'echo.sock') });
      const plan = { ...common, engine, target: targetOf(server), churn: 5 };
      assertFine(await runLoad(plan), plan);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test('runLoad: tells its progress, and ends with what it has when it is aborted', async () => {
  await using server = await serve(ECHO_MODULE, { model: 'epoll', port: 0 });
  const ending = new AbortController();
  const seen: LoadProgress[] = [];
  const plan = {
    ...common,
    target: targetOf(server),
    messages: 0,
    durationMs: 600_000,
    warmUpMs: 0,
  };
  const report = await runLoad(plan, {
    signal: ending.signal,
    onProgress(progress) {
      seen.push(progress);
      if (progress.phase === 'measuring' && progress.messages > 100) ending.abort();
    },
  });
  assert.equal(report.failure, null);
  assert.equal(report.outcome, 'interrupted');
  assert.ok(report.messages > 0 && report.rate > 0);
  const last = seen.at(-1) as LoadProgress;
  assert.equal(last.open, common.connections);
  assert.ok(last.leftMs > 500_000 && last.leftMs <= 600_000, `${last.leftMs}`);
});

test('runLoad: aborted before it begins, it ends at once', async () => {
  await using server = await serve(ECHO_MODULE, { model: 'epoll', port: 0 });
  const plan = { ...common, target: targetOf(server), durationMs: 600_000 };
  const report = await runLoad(plan, { signal: AbortSignal.abort() });
  assert.equal(report.outcome, 'interrupted');
  assert.equal(report.messages, 0);
});

test('runLoad: without what newer kernels brought', async () => {
  process.env['POLYIO_IO_URING_WITHOUT'] = RING_FEATURES.join(',');
  try {
    await using server = await serve(ECHO_MODULE, { model: 'epoll', port: 0 });
    const plan = { ...common, target: targetOf(server), pipeline: 3 };
    assertFine(await runLoad(plan), plan);
  } finally {
    delete process.env['POLYIO_IO_URING_WITHOUT'];
  }
});

test(
  'runLoad: io-uring that the kernel refuses is replaced by epoll, which is said',
  async () => {
    await using server = await serve(ECHO_MODULE, { model: 'epoll', port: 0 });
    const report = await runLoad({ ...common, target: targetOf(server) });
    assert.equal(report.engine, 'epoll');
    assert.equal(report.rejected[0]?.reason, noRing?.reason);
  },
  { skip: noRing === null ? 'this kernel gives rings' : false },
);
