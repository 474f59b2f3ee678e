import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { toCsv } from '../../src/lab/export/csv.ts';
import { toPerfetto } from '../../src/lab/export/perfetto.ts';
import { readRecord } from '../../src/lab/record-file.ts';
import { readTrace } from '../../src/trace.ts';
import { Folder, polyio } from '../cli/polyio-process.ts';
import { sharedLab, type Visit, visitTest, withBrowser } from './browser.ts';

withBrowser();

const QUERY = 'models=poll,epoll&clients=2&messages=3&delay=5';
const CLIPBOARD = { query: QUERY, permissions: ['clipboard-read', 'clipboard-write'] };
const PNG_MAGIC = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Opens the menu and takes one format: the file that the browser saved. */
async function take(visit: Visit, format: string): Promise<{ name: string; bytes: Buffer }> {
  await visit.button('export').click();
  const [download] = await Promise.all([
    visit.page.waitForEvent('download'),
    visit.page.locator(`[data-export="${format}"]`).click(),
  ]);
  await visit.says(/^Saved as /);
  const bytes = readFileSync(await download.path());
  return { name: download.suggestedFilename(), bytes };
}

visitTest(
  'every export is a file that its readers read, and a saved run is opened again',
  { query: QUERY },
  async (visit) => {
    await visit.shows();
    const json = await take(visit, 'json');
    assert.equal(json.name, 'polyio.free.poll-epoll.json');
    const record = readRecord(json.bytes.toString());
    assert.deepEqual(
      record.runs.map(({ label }) => label),
      ['poll', 'epoll'],
    );

    const svg = await take(visit, 'svg');
    assert.equal(svg.name, 'polyio.free.poll-epoll.svg');
    const text = svg.bytes.toString();
    const [root, errors, words] = await visit.ask<[string, number, string]>(`(() => {
    const parsed = new DOMParser().parseFromString(${JSON.stringify(text)}, 'image/svg+xml');
    const errors = parsed.querySelectorAll('parsererror').length;
    return [parsed.documentElement.nodeName, errors, parsed.documentElement.textContent];
  })()`);
    assert.deepEqual([root, errors], ['svg', 0]);
    assert.match(words, /poll[\s\S]*epoll/);
    assert.doesNotMatch(text, /<script|href="http|\\son\\w+=/);

    const png = await take(visit, 'png');
    assert.deepEqual([...png.bytes.subarray(0, 8)], PNG_MAGIC);
    const [width, height] = [png.bytes.readUInt32BE(16), png.bytes.readUInt32BE(20)];
    assert.ok(width > 600 && height > 100, `${width} x ${height}`);

    const csv = await take(visit, 'csv');
    assert.equal(csv.bytes.toString(), toCsv(record.runs));

    const perfetto = await take(visit, 'perfetto');
    assert.equal(perfetto.name, 'polyio.free.poll.pftrace');
    const [first] = record.runs;
    assert.ok(first !== undefined);
    assert.ok(
      perfetto.bytes.equals(toPerfetto(first.trace)),
      'the bytes are not those of the record',
    );

    // And in again, also the trace of the command.
    const { page } = visit;
    const findings = await page.locator('lab-views').innerText();
    await visit.model('select').click();
    await visit.comesTrue(`document.querySelector('h1').textContent.includes('select')`);
    await visit.shows();
    const file = { name: json.name, mimeType: 'application/json', buffer: json.bytes };
    await page.locator('#import-file').setInputFiles(file);
    await visit.shows('imported');
    assert.equal(await page.locator('lab-views').innerText(), findings);

    using folder = new Folder();
    const path = folder.file('trace.json');
    const args = ['trace', '--model', 'poll', '--clients', '1', '--messages', '2', '--delay', '5'];
    assert.equal((await polyio([...args, '--out', path])).code, 0);
    await page.locator('#import-file').setInputFiles(path);
    await visit.comesTrue(
      `document.querySelector('lab-app').session.record.request.messages === 2`,
    );
    assert.match(await page.locator('h1').innerText(), /poll/);
    assert.match(await page.locator('.badge').innerText(), /from a file/);
  },
);

visitTest('the copied command makes the same run in a terminal', CLIPBOARD, async (visit) => {
  await visit.shows();
  await visit.button('export').click();
  await visit.page.locator('[data-export="command"]').click();
  await visit.says(/^Copied\.$/);
  const text = await visit.ask<string>('navigator.clipboard.readText()');
  const commands = text.split('\n');
  assert.equal(commands.length, 2);
  const [first = ''] = commands;
  assert.match(first, /^npx polyio trace --model poll /);
  using folder = new Folder();
  const path = folder.file('run.json');
  const ended = await polyio([...first.split(' ').slice(2), '--out', path]);
  assert.equal(ended.code, 0, ended.stderr);
  const { run } = readTrace(readFileSync(path, 'utf8'));
  const { model, clients, messages, bytes, delayMs, seed, scenario } = run;
  assert.deepEqual(
    [model, clients, messages, bytes, delayMs, seed, scenario],
    ['poll', 2, 3, 64, 5, 1, 'steady'],
  );
});

visitTest(
  'the link that is shared shows the same and has no token in it',
  CLIPBOARD,
  async (visit) => {
    const { page } = visit;
    await visit.shows();
    await page.locator('[data-language="zh-CN"]').click();
    await page.locator('#control-theme').selectOption('dark');
    await visit.ask('document.activeElement.blur()');
    await page.keyboard.press('ArrowRight');
    await visit.button('share').click();
    await visit.says(/已复制/);
    const link = await visit.ask<string>('navigator.clipboard.readText()');
    assert.ok(!link.includes(sharedLab().token) && !link.includes('token'), link);
    const at = await visit.ask<number>(`document.querySelector('lab-app').session.state.at`);
    await page.goto(`${link}&token=${sharedLab().token}`);
    await visit.shows();
    assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN');
    assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark');
    const session = `document.querySelector('lab-app').session`;
    assert.equal(await visit.ask(`${session}.position`), at);
    assert.deepEqual(await visit.ask(`${session}.state.models`), ['poll', 'epoll']);
    const numbers = `(({ clients, messages, delay }) => [clients, messages, delay])(${session}.state)`;
    assert.deepEqual(await visit.ask(numbers), [2, 3, 5]);
  },
);
