import assert from 'node:assert/strict';
import { type EngineName, type LoadOptions, runLoad } from '../../../src/bench.ts';
import type { InternetAddress } from '../../../src/io.ts';
import { ECHO_MODULE, serve } from '../../../src/servers.ts';
import { ioUringUnavailable } from '../../../src/sys/linux/io-uring/probe.ts';
import { test } from '../../harness/test.ts';
import { type Answer, startServer, startUdpServer } from './echo-server.ts';

const ENGINES: readonly EngineName[] =
  ioUringUnavailable() === null ? ['io-uring', 'epoll'] : ['epoll'];
/** An echo that keeps its side of a connection open. */
const SILENT_AT_END = new URL('../../fixtures/protocol-deaf.js', import.meta.url);
/** Pieces that a server answers properly first. */
const GOOD = 500;
const common = { connections: 8, durationMs: 60_000, warmUpMs: 0 };

async function loadOn(answer: Answer, options: Partial<LoadOptions>) {
  await using server = await startServer(answer);
  return await runLoad({ ...common, ...options, target: server.target });
}

const echo: Answer = (piece, socket) => socket.write(piece);

for (const engine of ENGINES) {
  const faulty = async (answer: Answer, options: Partial<LoadOptions> = {}) => {
    const report = await loadOn(
      (piece, socket, count, connection) =>
        (count < GOOD ? echo : answer)(piece, socket, count, connection),
      { ...options, engine },
    );
    assert.equal(report.outcome, 'failed');
    assert.ok(report.messages > 0 && report.rate > 0, 'what was measured is kept');
    return report;
  };

  test(`runLoad, ${engine}: one wrong byte ends its connection and is named`, async () => {
    const { failure, errors } = await faulty((piece, socket) => {
      piece[5] = (piece[5] as number) ^ 1;
      socket.write(piece);
    });
    assert.match(
      failure ?? '',
      /^127\.0\.0\.1:\d+ answers with other bytes: connection \d, message \d+, byte 5 is 0x[0-9a-f]{2} and was sent as 0x[0-9a-f]{2}$/,
    );
    assert.equal(errors['wrong-bytes'], 8);
  });

  test(`runLoad, ${engine}: more bytes than were sent are wrong bytes`, async () => {
    const { failure } = await faulty((piece, socket) => {
      socket.write(Buffer.concat([piece, Buffer.of(1)]));
    });
    assert.match(failure ?? '', /answers with (more than was sent|other bytes): connection \d/);
  });

  test(`runLoad, ${engine}: messages of another connection are wrong bytes`, async () => {
    let kept: Buffer | undefined;
    const { errors } = await faulty((piece, socket) => {
      socket.write(kept ?? piece);
      kept = Buffer.from(piece);
    });
    assert.equal(errors['wrong-bytes'], 8);
  });

  test(`runLoad, ${engine}: a server that dies ends the load`, async () => {
    await using server = await startServer((piece, socket, count) => {
      if (count < GOOD) socket.write(piece);
      else server.die();
    });
    const report = await runLoad({ ...common, engine, target: server.target });
    assert.equal(report.outcome, 'failed');
    assert.match(
      report.failure ?? '',
      /closed all connections in the middle|: 8 connections broke/,
    );
    assert.ok(report.messages > 0);
    assert.equal(report.errors.ended + report.errors.receive + report.errors.send, 8);
  });

  test(`runLoad, ${engine}: a server that falls silent ends the load`, async () => {
    const { failure, errors } = await faulty(() => {}, { stallMs: 300 });
    assert.match(failure ?? '', /stopped answering: nothing came back for 0\.3 s$/);
    assert.equal(errors.unanswered, 8);
  });

  test(`runLoad, ${engine}: connections that lose their answers are counted at the end`, async () => {
    const { failure } = await faulty(
      (piece, socket, _, connection) => connection === 1 || socket.write(piece),
      { durationMs: 300 },
    );
    assert.match(failure ?? '', /stopped answering 1 connection of 8$/);
  });

  test(`runLoad, ${engine}: connections that were never served are named`, async () => {
    const report = await loadOn(
      (piece, socket, _, connection) => connection > 6 || socket.write(piece),
      { messages: 100, engine },
    );
    assert.equal(
      report.failure,
      '2 of 8 connections were never served (7, 8); the server serves 6 at once',
    );
    assert.equal(report.neverServed.count, 2);
    const [first] = report.neverServed.connections;
    assert.equal(first?.connection, 7);
    assert.match(first?.address ?? '', /^127\.0\.0\.1:\d+$/);
    assert.equal(report.perConnection.min, 0);
  });

  test(`runLoad, ${engine}: a server that never answers`, async () => {
    const { failure, messages } = await loadOn(() => {}, { engine, stallMs: 200 });
    assert.match(
      failure ?? '',
      /accepts connections and answers nothing for 0\.2 s; is it an echo/,
    );
    assert.equal(messages, 0);
  });

  test(`runLoad, ${engine}: nobody listens`, async () => {
    const server = await startServer(echo);
    await server[Symbol.asyncDispose]();
    const tcp = await runLoad({ ...common, engine, target: server.target });
    assert.match(tcp.failure ?? '', /^nobody listens on 127\.0\.0\.1:\d+; start the server first$/);
    const udp = await runLoad({ ...common, engine, target: { ...server.target, udp: true } });
    assert.match(udp.failure ?? '', /^nobody listens on .* \(UDP\); start the server first$/);
    const path = await runLoad({ ...common, engine, target: { path: '/nowhere/echo.sock' } });
    assert.equal(path.failure, 'there is no socket /nowhere/echo.sock; start the server first');
  });

  test(`runLoad, ${engine}: a server that accepts one, with a short queue`, async () => {
    await using server = await serve(ECHO_MODULE, { model: 'blocking', port: 0, backlog: 1 });
    const target = server.address as InternetAddress;
    const plan = { ...common, engine, target, stallMs: 300, messages: 50 };
    const { failure, errors } = await runLoad(plan);
    assert.match(
      failure ?? '',
      /^\d connections could not be opened: 127\.0\.0\.1:\d+ does not accept connections fast/,
    );
    assert.ok(errors.connect > 0);
  });

  test(`runLoad, ${engine}: a server that does not answer goodbyes`, async () => {
    await using server = await serve(SILENT_AT_END, { model: 'epoll', port: 0 });
    const target = server.address as InternetAddress;
    const plan = { ...common, engine, target, churn: 3, stallMs: 300 };
    const report = await runLoad(plan);
    assert.match(report.failure ?? '', /stopped answering 8 connections of 8$/);
    assert.equal(report.errors.unanswered, 8);
  });

  test(`runLoad, ${engine}: a server that is just starting is waited for`, async () => {
    const gone = await startServer(echo);
    await gone[Symbol.asyncDispose]();
    const { port } = gone.target;
    const load = runLoad({ ...common, engine, target: gone.target, messages: 10 });
    await using _server = await serve(ECHO_MODULE, { model: 'epoll', port });
    const { failure } = await load;
    assert.equal(failure, null);
  });

  test(`runLoad, ${engine}: lost datagrams are counted and given up, late and double ones are not wrong`, async () => {
    await using server = await startUdpServer((datagram, count) => {
      if (count % 50 === 0) return [];
      return count % 7 === 0 ? [datagram, datagram] : [datagram];
    });
    const plan = { connections: 4, pipeline: 4, durationMs: 1_300, warmUpMs: 0, bytes: 30 };
    const report = await runLoad({ ...plan, engine, target: server.target });
    assert.equal(report.failure, null);
    assert.ok(report.errors.lost > 0, 'some were given up');
    assert.ok(report.messages > 0);
    assert.equal(report.errors['wrong-bytes'], 0);
  });

  test(`runLoad, ${engine}: datagrams that were never sent are wrong`, async () => {
    await using server = await startUdpServer((datagram, count) => [
      count < GOOD ? datagram : Buffer.alloc(datagram.length, 1),
    ]);
    const { failure, errors } = await runLoad({ ...common, engine, target: server.target });
    assert.match(failure ?? '', /answers with other bytes: socket \d got a datagram of 64 bytes/);
    assert.equal(errors['wrong-bytes'], 8);
  });
}

test('runLoad: idle connections that the server closes are told', async () => {
  await using server = await serve(ECHO_MODULE, {
    model: 'epoll',
    port: 0,
    firstByteTimeoutMs: 100,
  });
  const target = server.address as InternetAddress;
  const report = await runLoad({ ...common, target, idle: 30, durationMs: 500 });
  assert.equal(report.failure, null);
  assert.deepEqual(report.idle, { open: 30, closed: 30 });
});
