import assert from 'node:assert/strict';
import { en } from '../../lab-page/src/text/en.ts';
import {
  formatFigure,
  LANGUAGES,
  preferredLanguage,
  type TextKey,
  textOf,
} from '../../lab-page/src/text/text.ts';
import { zhCN } from '../../lab-page/src/text/zh-CN.ts';
import { readTree, sourcesIn } from '../../tools/tree.ts';
import { test } from '../harness/test.ts';

const KEYS = Object.keys(en) as TextKey[];

/** Place and kind; which word follows a number is each language's own affair. */
function placesOf(text: string): string[] {
  return [...text.matchAll(/\{(\w+(?::\w+)?)(?:\|[^}]*)?\}/g)]
    .map(([, place = '']) => place)
    .sort();
}

test('page text: both languages have the same keys, in the same order', () => {
  assert.deepEqual(Object.keys(zhCN), KEYS);
});

test('page text: both languages fill the same places', () => {
  const differing = KEYS.filter((key) => {
    return placesOf(en[key]).join() !== placesOf(zhCN[key]).join();
  });
  assert.deepEqual(differing, []);
});

test('page text: no text is empty, and none keeps a brace when its places are filled', () => {
  for (const language of LANGUAGES) {
    const text = textOf(language);
    for (const key of KEYS) {
      const places = placesOf(en[key]).map((place) => [place.split(':')[0], 1_234]);
      const filled = text.t(key, Object.fromEntries(places));
      assert.ok(filled.trim() !== '' && !/[{}|]/.test(filled), `${language} ${key}: ${filled}`);
    }
  }
});

test('page text: Chinese is written with Chinese punctuation', () => {
  const half = KEYS.filter((key) =>
    /[\u4e00-\u9fff][,:;?!]|[,:;?!][\u4e00-\u9fff]/.test(zhCN[key]),
  );
  assert.deepEqual(half, []);
});

test('page text: a number chooses the word behind it', () => {
  const english = textOf('en');
  assert.match(english.t('counter.overhead', { tap: 146, probes: 1 }), / 1 probe was made /);
  assert.match(english.t('counter.overhead', { tap: 146, probes: 4 }), / 4 probes were made /);
  assert.match(english.t('counter.overhead', { tap: 146, probes: 4 }), / took 146 ns; /);
  assert.match(
    textOf('zh-CN').t('counter.overhead', { tap: 2_500, probes: 4 }),
    /耗时 2.5 µs；另有 4 次/,
  );
});

test('page text: what stands in a place is told apart from the words', () => {
  assert.deepEqual(
    textOf('en').pieces('control.model.hint', { model: 'epoll', waits: 'It sleeps.' }),
    [
      { text: 'epoll', place: 'model' },
      { text: ': ', place: null },
      { text: 'It sleeps.', place: 'waits' },
    ],
  );
});

test('page text: the browser says which language', () => {
  assert.equal(preferredLanguage(['de-DE', 'zh-TW', 'en']), 'zh-CN');
  assert.equal(preferredLanguage(['en-GB', 'zh']), 'en');
  assert.equal(preferredLanguage(['fr', 'zhx']), 'en');
});

test('page text: figures have three digits that say something', () => {
  const figures = [0, 0.012_345, 4.75, 12.34, 1_814.4, 20_753];
  const written = figures.map((value) => formatFigure('en', value));
  assert.deepEqual(written, ['0', '0.0123', '4.75', '12.3', '1,814', '20,753']);
});

/** Everything in which a key of the page may be written. */
function sourcesOfPage(): string {
  const tree = readTree();
  return ['lab-page/src', 'src/lab']
    .flatMap((folder) => sourcesIn(tree, folder))
    .filter(([path]) => !path.startsWith('lab-page/src/text/'))
    .map(([, text]) => text)
    .join('\n');
}

test('page text: every key is used', () => {
  const sources = sourcesOfPage();
  const strings = new Set([...sources.matchAll(/'([\w.-]+)'/g)].map(([, text]) => text));
  const prefixes = [...sources.matchAll(/`([a-z][\w.-]*\.)\$\{/g)].map(([, prefix = '']) => prefix);
  const stems = [...sources.matchAll(/`([a-z][\w-]*[.-])\$\{/g)].map(([, stem = '']) => stem);
  // What a scene measures is named there without its area: `fact.`, `chart.`, `run.`, `series.`.
  const isMeasured = (key: string): boolean => {
    const [area = '', ...name] = key.split('.');
    const isOne = ['fact', 'chart', 'run', 'series'].includes(area);
    const whole = name.join('.');
    const isSaid = strings.has(whole) || strings.has(whole.replace(/\.(title|x|y)$/, ''));
    return isOne && (isSaid || stems.some((stem) => whole.startsWith(stem)));
  };
  const isComposed = (key: string): boolean => {
    return prefixes.some(
      (prefix) => key.startsWith(prefix) && !/^(fact|chart|run|series)\./.test(key),
    );
  };
  const unused = KEYS.filter((key) => {
    return !strings.has(key) && !isMeasured(key) && !isComposed(key);
  });
  assert.deepEqual(unused, []);
});
