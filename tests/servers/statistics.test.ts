import assert from 'node:assert/strict';
import { COUNTER, ControlBlock, STATE, STOP } from '../../src/servers/statistics.ts';
import { test } from '../harness/test.ts';

const WORKERS = 3;

function block(): ControlBlock {
  return new ControlBlock(new SharedArrayBuffer(ControlBlock.size(WORKERS)), WORKERS);
}

test('ControlBlock: begins with zeros', () => {
  const control = block();
  assert.equal(control.stop, STOP.none);
  assert.equal(control.active, 0);
  const { dropped, byWorker, ...figures } = control.statistics();
  assert.deepEqual(
    byWorker,
    control.workers.map(() => ({ accepted: 0, acceptsInVain: 0 })),
  );
  assert.ok(Object.values(figures).every((figure) => figure === 0));
  assert.ok(Object.values(dropped).every((figure) => figure === 0));
  for (const { state, seen } of control.workers) {
    assert.deepEqual([state, seen], [STATE.starting, STOP.none]);
  }
});

test('ControlBlock: the figures are the sum over all workers', () => {
  const control = block();
  control.workers.forEach(({ counters }, worker) => {
    for (const index of Object.values(COUNTER)) counters[index] = (worker + 1) * (index + 1);
  });
  const { dropped, active, byWorker, ...figures } = control.statistics();
  assert.equal(active, 0);
  for (const [name, figure] of Object.entries(figures)) {
    assert.equal(figure, 6 * ((COUNTER[name as keyof typeof COUNTER] as number) + 1), name);
  }
  assert.deepEqual(
    byWorker.map(({ accepted }) => accepted),
    [1, 2, 3].map((times) => times * (COUNTER.accepted + 1)),
  );
  assert.deepEqual(
    byWorker.map(({ acceptsInVain }) => acceptsInVain),
    [1, 2, 3].map((times) => times * (COUNTER.acceptsInVain + 1)),
  );
  assert.equal(dropped['max-connections'], 6 * (COUNTER.droppedMaxConnections + 1));
  assert.equal(dropped['watch-refused'], 6 * (COUNTER.droppedWatchRefused + 1));
});

test('ControlBlock: the words of one worker are not those of another', () => {
  const control = block();
  control.workers.forEach((record, worker) => {
    record.state = STATE.serving;
    record.seen = worker;
    record.setThread(100 + worker, 200 + worker);
    for (let i = 0; i <= worker; i++) record.countDrop('select-limit');
  });
  control.workers.forEach((record, worker) => {
    assert.equal(record.state, STATE.serving);
    assert.equal(record.seen, worker);
    assert.deepEqual(record.thread, { pid: 100 + worker, tid: 200 + worker });
  });
  assert.equal(control.statistics().dropped['select-limit'], 6);
  assert.equal(control.stop, STOP.none);
});

test('ControlBlock: no more connections than the limit, over all workers', () => {
  const memory = new SharedArrayBuffer(ControlBlock.size(WORKERS));
  const [one, other] = [new ControlBlock(memory, WORKERS), new ControlBlock(memory, WORKERS)];
  assert.ok(one.tryOpen(2));
  assert.ok(other.tryOpen(2));
  assert.equal(one.tryOpen(2), false);
  assert.equal(one.active, 2);
  other.closeOne();
  assert.ok(one.tryOpen(2));
});
