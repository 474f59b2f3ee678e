import assert from 'node:assert/strict';
import { request as send } from 'node:http';
import { until } from '../cli/polyio-process.ts';
import { test } from '../harness/test.ts';
import { noBrowser, sharedLab, Visit, visitTest, withBrowser } from './browser.ts';
import { LabProcess } from './lab-process.ts';

withBrowser();

const QUICK = 'clients=1&messages=2&delay=5';
const LONG = 'clients=1&messages=20&delay=2000';
const LIMIT = { skip: noBrowser, limitMs: 120_000 };

const BROKEN: readonly [what: string, content: string][] = [
  ['nothing', ''],
  ['no JSON', '{"format":"polyio-trace"'],
  ['another JSON', '[1, 2, 3]'],
  ['a record without runs', '{"format":"polyio-lab","version":1}'],
  ['markup', '<script>document.title = "taken over"</script>'],
];

visitTest(
  'a broken file is told in one sentence, and the page goes on',
  { query: QUICK },
  async (visit) => {
    const { page } = visit;
    await visit.shows();
    const before = await page.locator('lab-views').innerText();
    for (const [what, content] of BROKEN) {
      await visit.ask(`document.querySelector('lab-app').session.say('status.copied')`);
      const buffer = Buffer.from(content);
      await page
        .locator('#import-file')
        .setInputFiles({ name: 'x.json', mimeType: 'text/plain', buffer });
      await visit.says(/^The file could not be read: ./);
      const text = await visit.status.innerText();
      assert.ok(!text.includes('\n') && text.length < 400, `${what}: ${text}`);
    }
    assert.equal(await page.title(), 'polyio lab');
    assert.equal(await page.locator('lab-views').innerText(), before);
    await visit.button('run').click();
    await visit.comesTrue(`document.querySelector('lab-app').session.kept.length === 2`);
    await visit.shows();
  },
);

visitTest(
  'a link that asks for the impossible is named, and the usual values stand in',
  {
    query:
      'models=%3Cimg%20src=x%20onerror=alert(1)%3E&clients=99999&lang=xx&at=-1&delay=5&messages=2',
  },
  async (visit) => {
    await visit.shows();
    await visit.says(/\(models, clients, lang, at\)/);
    const state = `document.querySelector('lab-app').session.state`;
    assert.deepEqual(await visit.ask(`[${state}.clients, ${state}.lang]`), [3, null]);
    assert.equal(await visit.page.locator('img[src="x"]').count(), 0);
  },
);

test(
  'lab page: a lab that dies is told, and what is shown stays',
  async () => {
    await using lab = await LabProcess.start();
    await using visit = await Visit.open({
      lab,
      query: LONG.replace('20', '2').replace('2000', '5'),
    });
    await visit.shows();
    const before = await visit.page.locator('lab-views').innerText();
    await visit.page.locator('#control-delay').fill('2000');
    await visit.page.locator('#control-messages').fill('20');
    await visit.page.keyboard.press('Enter');
    await until('the run to begin', () => lab.helpers.length > 0);
    const helpers = lab.helpers;
    await lab.kill();
    await visit.isIn('lost');
    await visit.says(/^The lab does not answer any more/);
    assert.equal(await visit.page.locator('lab-views').innerText(), before);
    assert.equal(await visit.button('run').isDisabled(), true);
    // What it had started dies with it.
    await until('its helpers to be gone', () => helpers.every((pid) => !isRunning(pid)));
    await visit.assertClean();
  },
  LIMIT,
);

test(
  'lab page: closed in the middle of a run: nothing runs on, and the lab lives',
  async () => {
    const lab = sharedLab();
    {
      await using visit = await Visit.open({ query: LONG });
      await visit.button('stop').waitFor();
      await until('the run to begin', () => lab.helpers.length > 0);
    }
    await until('the run to be gone', () => lab.helpers.length === 0, 20_000);
    assert.ok(lab.isAlive, lab.stderr);
    assert.equal(await statusOf({ headers: ownHeaders() }), 200);
  },
  LIMIT,
);

test(
  'lab page: two pages at once: the second one is told that the lab is busy',
  async () => {
    await using first = await Visit.open({ query: LONG });
    await first.button('stop').waitFor();
    await until('the run to begin', () => sharedLab().helpers.length > 0);
    await using second = await Visit.open({ query: QUICK });
    await second.says(/^The lab is busy: ./);
    assert.equal(await first.app.getAttribute('data-running'), 'true');
    await first.button('stop').click();
    await first.says(/Stopped/);
    await until('the run to be gone', () => sharedLab().helpers.length === 0);
    await second.button('run').click();
    await second.shows();
    await first.assertClean();
    await second.assertClean();
  },
  LIMIT,
);

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** What the page itself sends. */
function ownHeaders(): Readonly<Record<'host' | 'x-polyio-token', string>> {
  const { port, token } = sharedLab();
  return { host: `127.0.0.1:${port}`, 'x-polyio-token': token };
}

interface Hostile {
  readonly path?: string;
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
}

function statusOf({ path = '/api/info', method = 'GET', headers }: Hostile): Promise<number> {
  const { port } = sharedLab();
  return new Promise((resolve, reject) => {
    const request = send({ host: '127.0.0.1', port, path, method, headers, agent: false });
    request.on('response', (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    request.on('error', reject);
    request.end(method === 'POST' ? '{"scene":"free"}' : undefined);
  });
}

test(
  'lab page: what another site, another name or a stranger asks is refused',
  async () => {
    const { port, token, origin } = sharedLab();
    const good = ownHeaders();
    const post = { ...good, 'content-type': 'application/json', origin };
    assert.equal(await statusOf({ headers: good }), 200);
    const hostile: Hostile[] = [
      { headers: { ...good, host: `attacker.example:${port}` } },
      { headers: { ...good, host: `localhost.attacker.example:${port}` } },
      { headers: { ...good, host: '127.0.0.1:1' } },
      { headers: { ...good, origin: 'http://attacker.example' } },
      { headers: { ...good, origin: 'null' } },
      { headers: { ...good, 'x-polyio-token': '' } },
      { headers: { ...good, 'x-polyio-token': `${token.slice(0, -1)}!` } },
      { path: `/api/info?token=${token}`, headers: { host: good.host } },
      { path: '/', headers: { host: 'attacker.example' } },
      { path: '/api/run', method: 'POST', headers: { ...post, origin: 'https://127.0.0.1' } },
      {
        path: '/api/run',
        method: 'POST',
        headers: { ...good, 'content-type': 'application/json' },
      },
      { path: '/api/run', method: 'POST', headers: { ...post, 'x-polyio-token': 'x' } },
    ];
    for (const one of hostile) {
      assert.equal(await statusOf(one), 403, JSON.stringify(one).replaceAll(token, 'TOKEN'));
    }
  },
  LIMIT,
);

test(
  'lab page: a page of another origin neither reads the lab nor shows it in a frame',
  async () => {
    const { origin } = sharedLab();
    await using visit = await Visit.open({ query: QUICK });
    await visit.shows();
    await visit.assertClean();
    const elsewhere = origin.replace('127.0.0.1', 'localhost');
    const read = await visit.ask<string>(
      `fetch('${elsewhere}/api/info').then(({ type }) => type, ({ name }) => name)`,
    );
    // The policy of the page stops it already; nothing is to be had either way.
    assert.equal(read, 'TypeError');
    const response = await fetch(`${origin}/`);
    const policy = response.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'self'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.equal(response.headers.get('access-control-allow-origin'), null);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(response.headers.get('referrer-policy'), 'no-referrer');
    await response.body?.cancel();
  },
  LIMIT,
);
