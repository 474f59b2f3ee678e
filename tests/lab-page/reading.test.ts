import assert from 'node:assert/strict';
import axe from 'axe-core';
import { isFull, type Visit, visitTest, withBrowser } from './browser.ts';
import { CARDS, takeTour } from './tour.ts';

withBrowser();

const QUICK = 'clients=3&messages=3&delay=5';
const SIZES = `[document.documentElement.scrollWidth, innerWidth, document.documentElement.scrollHeight, innerHeight]`;

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly target: unknown; readonly failureSummary?: string }[];
}

/** What axe-core holds against the page as it stands, serious or worse. */
async function assertAccessible(visit: Visit, where: string, part = 'html'): Promise<void> {
  if (!(await visit.ask<boolean>(`'axe' in globalThis`))) await visit.page.evaluate(axe.source);
  const found = await visit.ask<Violation[]>(
    `axe.run('${part}', { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } }).then(({ violations }) => violations)`,
  );
  const serious = found.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const told = serious.map(({ id, nodes }) => {
    return `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join('\n')}`;
  });
  assert.deepEqual(told, [], where);
}

/** In a hurry two of them have both languages and both themes. */
const LOOKS = isFull
  ? ['en light', 'en dark', 'zh-CN light', 'zh-CN dark']
  : ['en light', 'zh-CN dark'];

visitTest(
  'axe-core has nothing serious to say, in both languages and themes',
  { query: `${QUICK}&models=epoll,blocking` },
  async (visit) => {
    const { page } = visit;
    await visit.shows();
    await page.locator('polyio-timeline [data-action="table"]').click();
    for (const look of LOOKS) {
      const [lang, theme = ''] = look.split(' ');
      await page.locator(`[data-language="${lang}"]`).click();
      await page.locator('#control-theme').selectOption(theme);
      await assertAccessible(visit, look);
      // What opens is the same in every look but for its words and colours: once is enough in a hurry.
      if (!isFull && look !== LOOKS.at(-1)) continue;
      for (const tab of await page.locator('lab-views [role="tab"]').all()) {
        await tab.click();
        await assertAccessible(visit, `${look}: ${await tab.innerText()}`, 'lab-views');
      }
      await visit.button('export').click();
      await assertAccessible(visit, `${look}: the menu`, 'lab-export');
      await page.keyboard.press('Escape');
      await visit.button('help').click();
      await assertAccessible(visit, `${look}: the help`, 'lab-help');
      await page.keyboard.press('Escape');
      await visit.button('story').click();
      await assertAccessible(visit, `${look}: the tour`, 'lab-story');
      await page.locator('lab-story [data-action="close"]').click();
    }
  },
);

visitTest(
  'language and theme are switched, and the address keeps them',
  { query: QUICK },
  async (visit) => {
    const { page } = visit;
    await visit.shows();
    const root = page.locator('html');
    assert.equal(await root.getAttribute('lang'), 'en');
    assert.equal(await root.getAttribute('data-theme'), 'light');
    const english = await page.locator('lab-app').innerText();
    await page.locator('[data-language="zh-CN"]').click();
    assert.equal(await root.getAttribute('lang'), 'zh-CN');
    assert.match(await page.locator('h1').innerText(), /[一-龥]/);
    await page.locator('#control-theme').selectOption('dark');
    assert.equal(await root.getAttribute('data-theme'), 'dark');
    assert.deepEqual([visit.state.get('lang'), visit.state.get('theme')], ['zh-CN', 'dark']);
    await page.reload();
    await visit.shows();
    assert.equal(await root.getAttribute('lang'), 'zh-CN');
    assert.equal(await root.getAttribute('data-theme'), 'dark');
    // Nothing is left in the other language but names of calls and models, and lines of a program.
    const chinese = await page.locator('lab-app').innerText();
    const lines = new Set(
      english.split('\n').filter((line) => /[a-z]{3,} [a-z]{2,} [a-z]{2,}/.test(line)),
    );
    const source = (await page.locator('lab-source').innerText()).split('\n');
    const left = chinese.split('\n').filter((line) => lines.has(line) && !source.includes(line));
    assert.deepEqual(left, []);
    await page.locator('[data-language="en"]').click();
    assert.equal(await root.getAttribute('lang'), 'en');
  },
);

visitTest(
  'a visitor who speaks Chinese and likes the dark gets both unasked',
  { query: QUICK, locale: 'zh-CN', colorScheme: 'dark' },
  async (visit) => {
    await visit.shows();
    assert.equal(await visit.page.locator('html').getAttribute('lang'), 'zh-CN');
    assert.equal(await visit.page.locator('html').getAttribute('data-theme'), 'dark');
  },
  { isLong: true },
);

visitTest(
  '1280 x 800 show all of it without scrolling, and 360 px are wide enough',
  { query: QUICK },
  async (visit) => {
    const { page } = visit;
    await visit.shows();
    const parts = [
      'h1',
      '[data-action="run"]',
      '#control-seed',
      'polyio-timeline',
      'lab-now',
      'lab-source',
      'lab-views',
    ];
    for (const lang of ['zh-CN', 'en']) {
      await page.locator(`[data-language="${lang}"]`).click();
      const [width = 0, innerWidth, height = 0, innerHeight] = await visit.ask<number[]>(SIZES);
      assert.deepEqual([width, height], [innerWidth, innerHeight], lang);
      for (const part of parts) {
        const box = await page.locator(part).first().boundingBox();
        assert.ok(
          box !== null && box.y >= 0 && box.y + box.height <= 800,
          `${part}: ${JSON.stringify(box)}`,
        );
        assert.ok(box.x >= 0 && box.x + box.width <= 1280, `${part}: ${JSON.stringify(box)}`);
      }
    }
    await page.setViewportSize({ width: 360, height: 740 });
    for (const lang of ['zh-CN', 'en']) {
      await page.locator(`[data-language="${lang}"]`).click();
      await page.locator('lab-views [role="tab"]').nth(1).click();
      const [width, innerWidth] = await visit.ask<number[]>(SIZES);
      assert.equal(width, innerWidth, `${lang}: the page scrolls sideways`);
    }
    await visit.button('story').click();
    const [width, innerWidth] = await visit.ask<number[]>(SIZES);
    assert.equal(width, innerWidth, 'the tour scrolls sideways');
  },
);

const POSITION = `document.querySelector('lab-app').session.position`;

visitTest(
  'who wants little motion gets a picture that stands still',
  { query: QUICK },
  async (visit) => {
    const { page } = visit;
    await visit.shows();
    assert.equal(await visit.ask(POSITION), 0);
    assert.equal(await visit.ask(`document.querySelector('polyio-timeline').isPlaying`), false);
    await page.keyboard.press('Space');
    assert.equal(await visit.ask(`document.querySelector('polyio-timeline').isPlaying`), true);
    await visit.comesTrue(`${POSITION} > 0`);
  },
);

visitTest(
  'everybody else sees it move by itself',
  { query: QUICK, reducedMotion: 'no-preference' },
  async (visit) => {
    await visit.shows();
    await visit.comesTrue(`${POSITION} > 0`);
    await visit.comesTrue(`document.querySelector('lab-now').textContent.includes('t = ')`);
  },
);

const LIVE_CARDS = isFull ? CARDS : 1;

visitTest(
  `the tour, live: ${LIVE_CARDS} of ${CARDS} cards predicted, run and measured`,
  { isFirst: true },
  async (visit) => {
    await takeTour(visit, LIVE_CARDS);
    await visit.shows();
  },
);
