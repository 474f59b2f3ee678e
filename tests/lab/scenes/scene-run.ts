/** One real run of a scene, and what holds for every one. */
import assert from 'node:assert/strict';
import { en } from '../../../lab-page/src/text/en.ts';
import {
  type LabRecord,
  readRecord,
  runScene,
  type SceneRequest,
  writeRecord,
} from '../../../src/lab.ts';
import { MODELS } from '../../../src/servers.ts';

type Values = Readonly<Record<string, number | string>>;

/** A run of a scene that has been looked through. */
export interface SceneRun {
  readonly record: LabRecord;
  /** The values of a fact; fails when there is none. */
  fact(key: string): Values;
  has(key: string): boolean;
  number(key: string, place: string): number;
}

function assertWords(key: string): void {
  assert.ok(Object.hasOwn(en, key), `the page has no words for '${key}'`);
}

/** That every word it takes is in the page's dictionary, with the places that the fact fills. */
export function assertTold({ runs, charts, facts }: LabRecord): void {
  const models: readonly string[] = MODELS.map(({ name }) => name);
  for (const { label } of runs) if (!models.includes(label)) assertWords(`run.${label}`);
  for (const { key, series, ticks = [] } of charts) {
    for (const tick of ticks) if (!models.includes(tick)) assertWords(`series.${tick}`);
    for (const part of ['title', 'x', 'y']) assertWords(`chart.${key}.${part}`);
    assert.ok(
      series.every(({ points }) => points.length > 0),
      key,
    );
  }
  for (const { key, values } of facts) {
    assertWords(`fact.${key}`);
    const text: string = en[`fact.${key}` as keyof typeof en];
    for (const [, place = ''] of text.matchAll(/\{(\w+)/g)) {
      assert.ok(Object.hasOwn(values, place), `fact.${key} has no value for {${place}}`);
    }
  }
}

/** Runs a scene and reads what it leaves as anybody would: from its file. */
export async function sceneRun(request: SceneRequest, signal?: AbortSignal): Promise<SceneRun> {
  const labels: string[] = [];
  const left = await runScene(request, { signal, progress: ({ label }) => labels.push(label) });
  const record = readRecord(writeRecord(left));
  assert.deepEqual(record.request, left.request);
  assert.equal(record.source, 'kernel');
  assert.ok(labels.length > 0, 'it tells how far it is');
  for (const { trace } of record.runs) {
    assert.equal(trace.dropped, 0);
    assert.ok(trace.events.length > 0);
  }
  assertTold(record);
  const has = (key: string): boolean => record.facts.some((fact) => fact.key === key);
  const fact = (key: string): Values => {
    assert.ok(has(key), `${key} is among ${record.facts.map((each) => each.key).join(', ')}`);
    return record.facts.find((each) => each.key === key)?.values as Values;
  };
  return { record, has, fact, number: (key, place) => Number(fact(key)[place]) };
}
