/** The recordings that come with the page: each can be read, is small, and says what it is. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { type LabRecord, readRecord, SCENES } from '../../src/lab.ts';
import { MODELS, type ModelName, modelInfo } from '../../src/servers.ts';
import { test } from '../harness/test.ts';
import { assertTold } from './scenes/scene-run.ts';

const FOLDER = new URL('../../../lab-page/recorded/', import.meta.url);
const INDEX = 'index.json';
const BYTES_MAX = 153_600;

const files = readdirSync(FOLDER).filter((file) => file !== INDEX);

function textOf(file: string): string {
  return readFileSync(new URL(file, FOLDER), 'utf8');
}

function recordOf(file: string): LabRecord {
  return readRecord(textOf(file));
}

for (const file of files) {
  test(`recorded ${file}: it is read, it is small, and every word it takes is there`, () => {
    const text = textOf(file);
    assert.ok(text.length < BYTES_MAX, `${text.length} bytes`);
    assert.doesNotMatch(
      text,
      /"[^"]*[/\\\\](home|root|tmp|Users|work)[/\\\\]/,
      'no path of a machine',
    );
    const record = readRecord(text);
    const [scene, model] = file.split('.');
    assert.equal(record.request.scene, scene);
    if (model !== 'json') assert.deepEqual(record.request.models, [model]);
    assertTold(record);
    for (const { trace } of record.runs) {
      assert.ok(trace.events.length > 0);
      assert.equal(trace.dropped, 0);
    }
    if (record.request.scene !== 'free' && record.source === 'kernel') {
      assert.equal(record.facts[0]?.key, `${scene}.answer`, 'the answer is the first that it says');
    }
  });
}

test('recorded: every scene, and every model', () => {
  const names = [
    ...MODELS.map(({ name }) => `free.${name}.json`),
    ...Object.keys(SCENES).flatMap((scene) => (scene === 'free' ? [] : [`${scene}.json`])),
  ];
  assert.deepEqual([...files].sort(), names.sort());
});

test('recorded: what another system did has calls only, and says where they were made', () => {
  for (const [model, source] of [
    ['kqueue', 'double'],
    ['iocp', 'wine'],
  ]) {
    const record = recordOf(`free.${model}.json`);
    assert.equal(record.source, source);
    for (const { trace } of record.runs) {
      assert.deepEqual(trace.phases, []);
      assert.ok(
        trace.events.every(({ measured, arrival }) => measured === 'none' && arrival === null),
      );
      assert.equal(trace.summary.copy.count, 0);
      assert.match(trace.notes.join(), /double of kqueue|under Wine/);
      assert.equal(trace.connections.length, trace.run.clients);
    }
  }
});

test('recorded: models of this kernel were recorded on it, under one script', () => {
  const scripts = new Set<string>();
  for (const file of files.filter((name) => name.startsWith('free.'))) {
    const { request, source, runs } = recordOf(file);
    const { clients, messages, bytes, delayMs, seed, scenario } = request;
    scripts.add([clients, messages, bytes, delayMs, seed, scenario].join());
    const [{ label, trace } = assert.fail()] = runs;
    const onLinux = modelInfo(label as ModelName).platforms.linux === 'kernel';
    assert.equal(source === 'kernel', onLinux, file);
    assert.equal(trace.summary.messages, (clients ?? 0) * (messages ?? 0), file);
  }
  assert.equal(scripts.size, 1, [...scripts].join(' '));
});

test('recorded: the index lists each file as it is', () => {
  const { recordings } = JSON.parse(textOf(INDEX)) as { recordings: Record<string, unknown>[] };
  const expected = [...files].sort().map((file) => {
    const { request, source, recordedAt, runs } = recordOf(file);
    const models = runs.map(({ label }) => label);
    return { file, scene: request.scene, models, source, recordedAt };
  });
  assert.deepEqual(recordings, expected);
});
