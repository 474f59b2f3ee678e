/** Scenes that compare models, as real runs: what their sentences are made of. */
import assert from 'node:assert/strict';
import { MODELS } from '../../../src/servers.ts';
import { test } from '../../harness/test.ts';
import { sceneRun } from './scene-run.ts';

const LIMIT_MS = 60_000;
const SMALL = { clients: 2, messages: 4, delayMs: 5 };
const noRing = MODELS.find(({ name }) => name === 'io-uring')?.unavailable()?.reason ?? false;

test(
  'scene asynchronous-or-non-blocking: one asks for nothing and copies, the other holds receipts',
  async () => {
    const { number } = await sceneRun({ scene: 'asynchronous-or-non-blocking', ...SMALL });
    const answer = (place: string) => number('asynchronous-or-non-blocking.answer', place);
    const receipts = (place: string) => number('asynchronous-or-non-blocking.receipts', place);
    assert.ok(answer('blocked') > 0 && answer('blocked') < answer('calls'));
    assert.ok(answer('copies') > 0, 'what came was copied by its own recv');
    assert.equal(receipts('copies'), 0);
    assert.ok(receipts('operations') > 0);
  },
  { limitMs: LIMIT_MS, skip: noRing },
);

test(
  'scene epoll-sleeps: the thread is asleep for most of it, and copies itself',
  async () => {
    const { fact, number } = await sceneRun({ scene: 'epoll-sleeps', ...SMALL, delayMs: 40 });
    assert.equal(fact('epoll-sleeps.answer')['call'], 'epoll_wait');
    assert.ok(number('epoll-sleeps.answer', 'slept') > 0);
    assert.ok(number('epoll-sleeps.copies', 'copies') > 0);
    assert.equal(fact('epoll-sleeps.spun')['model'], 'non-blocking');
  },
  { limitMs: LIMIT_MS },
);

test(
  'scene would-block: attempts are counted',
  async () => {
    const { number } = await sceneRun({ scene: 'would-block', ...SMALL });
    const answer = (place: string) => number('would-block.answer', place);
    assert.equal(answer('messages'), 8);
    assert.ok(answer('blocked') > answer('messages'));
  },
  { limitMs: LIMIT_MS },
);

test(
  'scene io-uring-or-epoll: calls for each message, and the memory of receives that wait',
  async () => {
    const { record, number } = await sceneRun({ scene: 'io-uring-or-epoll', ...SMALL });
    const memory = (place: string) => number('io-uring-or-epoll.memory', place);
    assert.equal(memory('epoll'), 4_096);
    assert.ok(memory('own') >= memory('connections') * 4_096);
    assert.ok(memory('shared') >= memory('buffers') * 4_096 && memory('shared') < memory('own'));
    assert.deepEqual(record.charts[0]?.ticks, ['epoll', 'io-uring']);
  },
  { limitMs: LIMIT_MS, skip: noRing },
);

test(
  'scene epoll-sleeps: without the models that a sentence is about, there is none',
  async () => {
    const { record } = await sceneRun({ scene: 'epoll-sleeps', models: ['blocking'], ...SMALL });
    assert.deepEqual(record.facts, []);
  },
  { limitMs: LIMIT_MS },
);
