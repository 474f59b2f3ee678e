import assert from 'node:assert/strict';
import { CARDS, GUESSES } from '../../lab-page/src/app/cards.ts';
import { findingsOf } from '../../lab-page/src/app/findings.ts';
import { MODELS } from '../../lab-page/src/app/models.ts';
import { noteOf } from '../../lab-page/src/app/notes.ts';
import { niceSpeed, sentenceOf } from '../../lab-page/src/app/sentence.ts';
import { LANGUAGES, textOf } from '../../lab-page/src/text/text.ts';
import type { LabRecord } from '../../src/lab.ts';
import type { Trace } from '../../src/trace.ts';
import { test } from '../harness/test.ts';
import { SAMPLE } from '../trace/sample.ts';

function traceOf(model: string): Trace {
  return { ...SAMPLE, run: { ...SAMPLE.run, model } };
}

test('findings: every model says how it waited, in both languages, with every place filled', () => {
  for (const { name } of MODELS) {
    const found = findingsOf(traceOf(name), 'kernel');
    assert.ok(found.length > 0, name);
    for (const language of LANGUAGES) {
      for (const { key, values } of found) {
        assert.doesNotMatch(
          textOf(language).t(key, values),
          /[{}|]|NaN|undefined/,
          `${name} ${key}`,
        );
      }
    }
  }
});

test('findings: of a double no time is told', () => {
  const keys = findingsOf(traceOf('kqueue'), 'double').map(({ key }) => key);
  assert.ok(keys.includes('finding.noTimes'));
  assert.ok(!keys.some((key) => /wait|copy|ready|slept/i.test(key)), keys.join());
});

function watched(models: readonly string[], more: Partial<LabRecord> = {}, slower = 200) {
  const runs = models.map((label) => ({ label, trace: traceOf(label) }));
  const record: LabRecord = {
    ...{ request: { scene: 'free', models }, source: 'kernel', recordedAt: '', runs },
    ...{ machine: SAMPLE.machine, charts: [], facts: [] },
    ...more,
  };
  const list = (items: readonly string[]) => items.join('+');
  return { record, isLive: true, slower, question: 'Why?', list };
}

function said(models: readonly string[], more: Partial<LabRecord> = {}, slower = 200): string {
  const { key, values } = sentenceOf(watched(models, more, slower));
  return textOf('en').t(key, values);
}

test('sentence: it says how real it is and how slow', () => {
  assert.match(
    said(['epoll']),
    /^You are watching a real epoll server, pid \d+, slowed 200 times\.$/,
  );
  assert.match(said(['epoll'], {}, 1), /at its own speed\.$/);
  assert.match(said(['epoll', 'poll']), /2 real servers with the same clients: epoll\+poll\.$/);
  assert.match(said(['kqueue'], { source: 'double' }), /recorded against a double/);
  assert.match(said(['iocp'], { source: 'wine' }), /recorded under Wine/);
  assert.match(said([], { request: { scene: 'full-pipe' } }), /Why\?$/);
  const { key } = sentenceOf({ ...watched(['epoll']), isLive: false });
  assert.match(
    textOf('en').t(key, { model: 'epoll' }),
    /^You are watching a recording of a real epoll/,
  );
});

test('sentence: a run is watched for some twenty seconds', () => {
  assert.deepEqual(
    [500e6, 20e9, 90e9, 1e6, 1, 0].map(niceSpeed),
    [50, 1, 1, 10_000, 10_000, 10_000],
  );
});

test('tour: every card has an answer for its runs, and one right guess', () => {
  assert.equal(CARDS.length, 6);
  for (const card of CARDS) {
    assert.equal(card.answer([]), null);
    const runs = card.models.map((label) => ({ label, trace: traceOf(label) }));
    const values = card.answer(runs);
    assert.ok(values !== null && GUESSES.includes(card.right(values)));
    for (const language of LANGUAGES) {
      const text = textOf(language).t(`story.${card.number}.answer`, values);
      assert.doesNotMatch(text, /[{}|]|NaN/, text);
    }
  }
});

test('findings: the notes of the recorder are in the words of the page', () => {
  const said = (note: string) => {
    const { key, values } = noteOf(note);
    return `${key}: ${textOf('en').t(key, values)}`;
  };
  const folded = said('11030 would-blocks were folded into the one before, for room');
  assert.match(folded, /^note\.folded: .*: 11,030 would-blocks were folded/);
  assert.match(
    said('client 2: ECONNRESET in recv'),
    /^note\.client: Client 2: ECONNRESET in recv$/,
  );
  assert.match(said('something new'), /^finding\.note: .*something new$/);
});
