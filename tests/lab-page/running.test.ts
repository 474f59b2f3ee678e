import assert from 'node:assert/strict';
import { MODELS } from '../../src/servers.ts';
import { until } from '../cli/polyio-process.ts';
import { isFull, sharedLab, type Visit, visitTest, withBrowser } from './browser.ts';

withBrowser();

const HERE = MODELS.filter((model) => model.unavailable() === null).map(({ name }) => name);
const ELSEWHERE = MODELS.filter((model) => model.unavailable() !== null).map(({ name }) => name);
/** Each run costs a second or so: in a hurry one of each way to wait stands for all. */
const RUN = isFull ? HERE : HERE.filter((name) => ['blocking', 'epoll', 'io-uring'].includes(name));
const QUICK = 'clients=2&messages=3&delay=5';
const LONG = 'clients=1&messages=20&delay=2000';
const TIMELINE = `document.querySelector('polyio-timeline')`;

/** Where the replay stands, and what is in sight. */
function position(visit: Visit): Promise<number> {
  return visit.ask(`document.querySelector('lab-app').session.position`);
}

/** How many different colours the picture has; a canvas on which nothing was painted has one. */
function coloursOf(visit: Visit): Promise<number> {
  return visit.ask(`(() => {
    const canvas = ${TIMELINE}.shadowRoot.querySelector('canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
  })()`);
}

/** Waits for what is painted with the next frame. */
function painted(visit: Visit): Promise<unknown> {
  return visit.ask(
    `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`,
  );
}

visitTest(
  `${isFull ? 'every model that runs here' : RUN.join(', ')}: run live, by keyboard alone`,
  { query: QUICK },
  async (visit) => {
    const { page } = visit;
    await visit.shows();
    for (const name of RUN) {
      await visit.model(name).focus();
      await page.keyboard.press('Enter');
      await page.locator('h1', { hasText: `real ${name} server` }).waitFor();
      await visit.shows();
      const shown = await visit.ask<string[]>(
        `document.querySelector('lab-app').session.runs.map(({ trace }) => trace.run.model)`,
      );
      assert.deepEqual(shown, [name]);
      await painted(visit);
      assert.ok((await coloursOf(visit)) > 4, `${name}: the picture is empty`);
      await page.keyboard.press('Escape');
      await visit.ask('document.activeElement.blur()');
      await page.keyboard.press('End');
      assert.ok((await position(visit)) > 0);
      assert.match(await page.locator('lab-now p').first().innerText(), /^t = .*: .+\.$/);
    }
  },
);

visitTest(
  'step, play, scrub, speed, zoom and the table, by keyboard alone',
  { query: QUICK },
  async (visit) => {
    const { page } = visit;
    const { keyboard } = page;
    await visit.shows();
    await visit.ask('document.activeElement.blur()');
    const now = page.locator('lab-now p').first();
    const sentences = new Set<string>();
    let before = await position(visit);
    for (let step = 0; step < 8; step++) {
      await keyboard.press('ArrowRight');
      const at = await position(visit);
      assert.ok(at > before, `step ${step}: ${at} is not after ${before}`);
      before = at;
      sentences.add(await now.innerText());
    }
    assert.ok(sentences.size > 4, [...sentences].join('\n'));
    await keyboard.press('ArrowLeft');
    assert.ok((await position(visit)) < before);

    await keyboard.press('Home');
    assert.equal(await position(visit), 0);
    await keyboard.press('Space');
    await visit.comesTrue(`document.querySelector('lab-app').session.position > 0`);
    await keyboard.press('Space');
    const stopped = await position(visit);
    await painted(visit);
    assert.equal(await position(visit), stopped, 'it plays on after the pause');

    const speeds = [await visit.ask<number>(`${TIMELINE}.speed`)];
    await keyboard.press('[');
    speeds.push(await visit.ask<number>(`${TIMELINE}.speed`));
    await keyboard.press(']');
    speeds.push(await visit.ask<number>(`${TIMELINE}.speed`));
    assert.ok((speeds[1] as number) > (speeds[0] as number), `${speeds}`);
    assert.ok((speeds[2] as number) < (speeds[1] as number), `${speeds}`);

    await keyboard.press('+');
    await keyboard.press('+');
    const [from, to] = await visit.ask<[number, number]>(`${TIMELINE}.range`);
    assert.ok(to > from);
    await visit.comesTrue(`/from=\\d+&to=\\d+/.test(location.search)`);
    await keyboard.press('-');
    await keyboard.press('-');
    await keyboard.press('-');
    assert.equal(await visit.ask(`${TIMELINE}.range`), null);

    const scrub = page.locator('polyio-timeline [data-control="position"]');
    await scrub.focus();
    await keyboard.press('End');
    const end = await position(visit);
    await keyboard.press('ArrowLeft');
    assert.ok((await position(visit)) < end);

    await keyboard.press('Home');
    await page.locator('polyio-timeline [data-action="table"]').focus();
    await keyboard.press('Enter');
    const table = page.locator('polyio-timeline table');
    assert.match(await table.innerText(), /epoll_wait/);
    assert.match(await table.innerText(), /recv/);
    assert.ok((await table.locator('tr').count()) > 5);
  },
);

visitTest(
  `${isFull ? '2, 3 and 4' : '2 and 3'} models are compared on one script and one time axis`,
  { query: `${QUICK}&models=epoll,blocking-threads` },
  async (visit) => {
    const { page } = visit;
    await visit.shows();
    assert.equal(await page.locator('#control-compare').isChecked(), true);
    const models = ['epoll', 'blocking-threads', 'poll', 'select'].slice(0, isFull ? 4 : 3);
    for (let count = 2; count <= models.length; count++) {
      if (count > 2) {
        await visit.model(models[count - 1] as string).focus();
        await page.keyboard.press('Enter');
      }
      await visit.comesTrue(`document.querySelector('lab-app').session.runs.length === ${count}`);
      await visit.shows();
      const scripts = await visit.ask<unknown[]>(
        `document.querySelector('lab-app').session.runs.map(({ trace: { run } }) => [run.scenario, run.seed, run.clients, run.messages, run.bytes])`,
      );
      assert.equal(new Set(scripts.map((script) => JSON.stringify(script))).size, 1);
    }
    await visit.ask('document.activeElement.blur()');
    await page.keyboard.press('End');
    // Each run has a sentence of its own at one instant.
    assert.equal(await page.locator('lab-now p[aria-hidden]').count(), models.length);
    const link = new URLSearchParams(visit.state);
    assert.equal(link.get('models')?.split(',').length, models.length);
  },
);

visitTest(
  'Stop ends a long run, and nothing runs on',
  { query: LONG },
  async (visit) => {
    await visit.button('stop').click();
    await visit.says(/Stopped; nothing runs any more/);
    await visit.comesTrue(`document.querySelector('lab-app').dataset.running === 'false'`);
    await until('the run to be gone', () => sharedLab().helpers.length === 0);
  },
  { isLong: true },
);

for (const name of isFull ? ELSEWHERE : ELSEWHERE.slice(0, 1)) {
  visitTest(
    `${name} does not run here: greyed, with the reason, and its recording is offered`,
    { query: QUICK },
    async (visit) => {
      const { page } = visit;
      await visit.shows();
      const chip = visit.model(name);
      assert.equal(await chip.getAttribute('data-available'), 'false');
      const hint = (await chip.getAttribute('title')) ?? '';
      assert.match(hint, /cannot run here: \w.*Choose it to watch its recording/);
      assert.ok((await chip.innerText()).includes(name));
      await chip.focus();
      await page.keyboard.press('Enter');
      await visit.says(new RegExp(`${name} cannot run here`));
      await visit.shows('recorded');
      assert.match(await page.locator('.badge').innerText(), /double|Wine/);
      assert.match(await page.locator('h1').innerText(), /the times are not/);
      // Without phase times: nothing is said about how long anything waited.
      const hasPhases = await visit.ask<boolean>(
        `document.querySelector('lab-app').session.runs.some(({ trace }) => trace.phases.length > 0)`,
      );
      assert.equal(hasPhases, false);
    },
  );
}
