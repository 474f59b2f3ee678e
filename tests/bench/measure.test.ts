import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { platform } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { peerContender } from '../../src/bench/contender.ts';
import type { LoadProgress, LoadReport } from '../../src/bench/load/report.ts';
import { measureRound, type RunLoad } from '../../src/bench/measure.ts';
import { cellsOf, findWorkload, type Workload } from '../../src/bench/workload.ts';
import { test } from '../harness/test.ts';

const [CELL] = cellsOf([findWorkload('ping-pong') as Workload]);
const SHARE = { connections: 1, idle: 0, rate: null, note: null };
const FILLED = 150e6;

/** Starts a process for its first client, which says when it has filled its memory. */
const FORKING = `
  const { spawn } = require('node:child_process');
  const fill = 'globalThis.kept = Buffer.alloc(${FILLED}, 1); console.log(1); setInterval(() => {}, 1e3)';
  require('node:net')
    .createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        const child = spawn(process.execPath, ['-e', fill], { stdio: ['ignore', 'pipe', 'ignore'] });
        child.stdout.once('data', () => socket.write('filled'));
      });
    })
    .listen(Number(process.argv[1]), '127.0.0.1');
`;

/** A load whose one message is back when the server's child has filled its memory. */
const oneMessage: RunLoad = async (plan, options) => {
  const { host, port } = plan.target as { host: string; port: number };
  const socket = connect(port, host);
  socket.write('begin');
  await once(socket, 'data');
  options?.onProgress?.({ phase: 'measuring' } as LoadProgress);
  // The second look comes shortly before the end of what is measured.
  await sleep(plan.durationMs ?? 0);
  socket.destroy();
  return {
    outcome: 'complete',
    failure: null,
    measuredMs: plan.durationMs,
    messages: 1,
    latency: {},
    idle: { open: 0, closed: 0 },
    neverServed: { count: 0, connections: [] },
    cpu: { cores: 0 },
  } as unknown as LoadReport;
};

test(
  'measureRound: a process that the server forks under the load is a part of it',
  async () => {
    const contender = peerContender('peer', [process.execPath, '-e', FORKING, '{port}']);
    const timing = { warmUpMs: 0, durationMs: 200, stallMs: 1_000 };
    const setting = { runLoad: oneMessage, timing, pinning: null, port: 0 };
    assert.ok(CELL !== undefined);
    const { residentBytes } = await measureRound(contender, CELL, { share: SHARE, setting });
    assert.ok((residentBytes ?? 0) > FILLED, `${residentBytes} bytes`);
  },
  { skip: platform() === 'linux' ? false : 'no /proc on this system' },
);
