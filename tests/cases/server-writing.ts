/** Writing: what is queued, in which order, how much of it, and whose memory it lies in. */
import assert from 'node:assert/strict';
import { patternAt } from '../fixtures/protocol-scripted.ts';
import { type Client, until } from './server-client.ts';
import { alone, type ServerSuite, type Started, serverCase, start } from './server-suite.ts';

const BLAST = 16 * 1_048_576;
/** More than the kernel holds for a peer that does not read. */
const MUCH = 12 * 1_048_576;
const POISON = 0xdb;

function assertPattern(bytes: Uint8Array, length: number): void {
  assert.equal(bytes.length, length);
  assert.equal(
    bytes.findIndex((byte, at) => byte !== patternAt(at)),
    -1,
    'a byte differs at this offset',
  );
}

/** Waits until the server has sent what the kernel takes, or sleeps in it: then it counts nothing. */
async function stuck(started: Started): Promise<void> {
  await started.called('data');
  let before = -1;
  let same = 0;
  await until(() => {
    const { bytesOut } = started.server.statistics();
    same = bytesOut === before ? same + 1 : 0;
    before = bytesOut;
    return same > 5;
  }, 'nothing more goes out');
}

function queueCases(suite: ServerSuite): void {
  serverCase(
    suite,
    'write returns false above the high watermark, and drain follows',
    async () => {
      await using started = await start(suite);
      const client = await started.connect({ paused: true });
      client.command({ do: 'blast', bytes: BLAST });
      await started.called('refused');
      const [refused] = started.log('refused');
      assert.ok((refused?.queued ?? 0) >= 32_768);
      assert.equal(refused?.closed, false);
      client.resume();
      assertPattern(await client.read(BLAST), BLAST);
      const drains = await started.called('drain');
      for (const { queued } of drains)
        assert.ok((queued ?? 0) <= 16_384, `${queued} queued at drain`);
      await started.called('blasted');
      assert.equal(drains.length, started.log('refused').length);
    },
    { skip: suite.isBlocking === true && 'write sleeps until the kernel has taken everything' },
  );

  serverCase(
    suite,
    'a low high watermark is honoured, and drain follows',
    async () => {
      await using started = await start(suite, {}, { highWatermark: 2_000 });
      const client = await started.connect({ paused: true });
      client.command({ do: 'blast', bytes: BLAST, piece: 1_500 });
      await started.called('refused');
      const [refused] = started.log('refused');
      assert.ok((refused?.queued ?? 0) >= 2_000);
      assert.ok((refused?.queued ?? 0) < 2_000 + 1_500);
      client.resume();
      assertPattern(await client.read(BLAST), BLAST);
      await started.called('blasted');
    },
    { skip: suite.isBlocking === true && 'write sleeps until the kernel has taken everything' },
  );

  serverCase(
    suite,
    'write sleeps until a slow reader has taken everything',
    async () => {
      await using started = await start(suite);
      const client = await started.connect({ paused: true });
      client.command({ do: 'blast', bytes: BLAST });
      await stuck(started);
      assert.equal(started.log('blasted').length, 0);
      client.resume();
      assertPattern(await client.read(BLAST), BLAST);
      await started.called('blasted');
      assert.equal(started.log('refused').length, 0);
      assert.equal(started.log('drain').length, 0);
    },
    { skip: suite.isBlocking !== true && 'the others queue' },
  );

  serverCase(suite, 'strings, bytes, buffers and leases go out whole and in order', async () => {
    const rounds = 100;
    await using started = await start(suite);
    const client = await started.connect({ paused: true });
    const command = JSON.stringify({ do: 'mixed', bytes: rounds });
    client.write(command);
    const bulk = 'b'.repeat(70_000);
    const expected = Array.from({ length: rounds }, (_, i) => `<${i}>${bulk}é${i};${command}`).join(
      '',
    );
    await stuck(started);
    client.resume();
    const got = (await client.read(Buffer.byteLength(expected))).toString();
    assert.ok(got === expected, 'the text differs');
  });

  for (const text of ['array', 'buffer']) {
    serverCase(suite, `an ${text} changed after write does not change what is sent`, async () => {
      await using started = await start(suite);
      const client = await started.connect({ paused: true });
      client.command({ do: 'change', bytes: MUCH, text });
      await stuck(started);
      client.resume();
      const got = await client.read(MUCH);
      assert.equal(
        got.findIndex((byte) => byte !== 1),
        -1,
      );
    });
  }

  serverCase(
    suite,
    'a queue above maxQueuedBytes closes with ENOBUFS',
    async () => {
      await using started = await start(suite, {}, { maxQueuedBytes: 1_000_000 });
      const client = await started.connect({ paused: true });
      client.command({ do: 'overflow', bytes: MUCH });
      const [overflowed] = await started.called('overflowed');
      assert.equal(overflowed?.wrote, false);
      assert.equal(overflowed?.closed, true);
      const [closed] = await started.called('close');
      assert.equal(closed?.code, 'ENOBUFS');
      assert.match(closed?.message ?? '', /1000000 bytes/);
      await started.allClosed(1);
      assert.equal(started.server.statistics().connectionErrors, 1);
    },
    { skip: suite.isBlocking === true && 'nothing is queued: write sleeps' },
  );
}

function closedCases(suite: ServerSuite): void {
  for (const way of ['end', 'destroy']) {
    serverCase(suite, `write after ${way}() returns false, also in close`, async () => {
      await using started = await start(suite);
      const client = await started.connect();
      client.command({ do: way });
      await client.closed();
      const [entry] = await started.called(way === 'end' ? 'ended' : 'destroyed');
      assert.equal(entry?.wrote, false);
      assert.equal(entry?.closed, true);
      const [closed] = await started.called('close');
      assert.equal(closed?.wrote, false);
      assert.equal(closed?.closed, true);
      assert.equal(closed?.code, undefined);
    });
  }

  serverCase(suite, 'a connection that is gone can be used without harm to anyone', async () => {
    await using started = await start({ ...suite, workers: 1 });
    const first = await started.connect();
    const { id } = await first.ask({ do: 'info' });
    await first.destroy();
    await started.called('close');
    const second = await started.connect();
    const gone = await second.ask({ do: 'touchGone' });
    assert.equal(gone['id'], id);
    assert.deepEqual([gone['closed'], gone['wrote'], gone['bytesQueued']], [true, false, 0]);
    assert.deepEqual(await second.ask({ do: 'remember', text: 'x' }), { remembered: 'x' });
    await second.destroy();
    await started.allClosed(2);
    assert.equal(started.log('close').length, 2);
  });

  serverCase(suite, 'writing what is no data closes that connection with a TypeError', async () => {
    await using started = await start(suite);
    const client = await started.connect();
    client.command({ do: 'wrongWrite' });
    await client.closed();
    const [closed] = await started.called('close');
    assert.match(closed?.message ?? '', /write .*5/);
    await started.allClosed(1);
    assert.equal(started.server.statistics().protocolErrors, 1);
  });
}

function leaseCases(suite: ServerSuite): void {
  serverCase(suite, 'a view kept of a lease is poisoned, a copy is not', async () => {
    await using started = await start(suite);
    const client = await started.connect();
    const command = JSON.stringify({ do: 'keep', text: 'ä' });
    client.write(command);
    const { length, text, hex, bytes } = await client.line();
    assert.equal(length, Buffer.byteLength(command));
    assert.equal(text, command);
    assert.equal(hex, Buffer.from(command).toString('hex'));
    assert.deepEqual(bytes, ['Uint8Array', 'Uint8Array']);
    const kept = await client.ask<{ view: number[]; copy: string }>({ do: 'kept' });
    assert.equal(kept.copy, command);
    // Its own bytes are gone, whatever lies there by now.
    assert.notEqual(Buffer.from(kept.view).toString(), command);
    assert.equal(kept.view.at(-1), POISON);
  });

  serverCase(
    suite,
    'a lease written to several connections reaches all of them whole',
    async () => {
      await using started = await start(suite);
      const [full, other, sender] = (await started.connectMany(suite, 3)) as Client[];
      full?.socket.pause();
      // One has a queue already, so that the lease's bytes have to wait there.
      full?.command({ do: 'blast', bytes: MUCH, piece: MUCH });
      await stuck(started);
      const command = JSON.stringify({ do: 'broadcast', text: 'to all'.repeat(1_000) });
      for (let i = 0; i < 3; i++) {
        sender?.write(command);
        assert.equal((await sender?.read(command.length))?.toString(), command);
        assert.equal((await other?.read(command.length))?.toString(), command);
      }
      full?.resume();
      const got = await full?.read(MUCH + 3 * command.length);
      assertPattern(got?.subarray(0, MUCH) ?? new Uint8Array(0), MUCH);
      assert.equal(got?.subarray(MUCH).toString(), command.repeat(3));
    },
    { skip: alone(suite) },
  );
}

export function writingCases(suite: ServerSuite): void {
  queueCases(suite);
  closedCases(suite);
  leaseCases(suite);
}
