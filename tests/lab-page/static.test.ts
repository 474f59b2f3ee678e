import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from '../harness/test.ts';
import { isFull, noBrowser, Visit, withBrowser } from './browser.ts';
import { LabProcess } from './lab-process.ts';
import { CARDS, takeTour } from './tour.ts';

withBrowser();

const PAGE = fileURLToPath(new URL('../../page/', import.meta.url));
const KINDS: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};
const LIMIT = { skip: noBrowser, limitMs: 120_000 };

/** A server of files and nothing else, below a folder, as a static site is. */
class FileServer implements AsyncDisposable {
  readonly #http: Server;

  private constructor() {
    this.#http = createServer({ keepAlive: false }, (request, response) => {
      const path = (request.url ?? '').split('?')[0]?.replace(/^\/site\//, '') ?? '';
      const file = join(PAGE, normalize(`/${path === '' ? 'index.html' : path}`));
      const isThere = (request.url ?? '').startsWith('/site/') && existsSync(file);
      const kind = KINDS[extname(file)] ?? 'application/octet-stream';
      response.writeHead(isThere ? 200 : 404, { 'Content-Type': kind, Connection: 'close' });
      response.end(isThere ? readFileSync(file) : 'not here');
    });
  }

  static async start(): Promise<FileServer> {
    const server = new FileServer();
    server.#http.listen(0, '127.0.0.1');
    await once(server.#http, 'listening');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}/site/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, 'close');
  }
}

test(
  'lab page: on a plain file server it shows recordings, says so, and runs nothing',
  async () => {
    await using files = await FileServer.start();
    await using visit = await Visit.open({ url: files.url, query: 'models=epoll' });
    await visit.isIn('static');
    await visit.shows('recorded');
    assert.match(await visit.page.locator('.badge').innerText(), /recorded/);
    assert.match(await visit.page.locator('h1').innerText(), /^You are watching a recording of a/);
    assert.equal(await visit.button('run').isDisabled(), true);
    assert.equal(await visit.page.locator('#control-clients').isDisabled(), true);
    assert.ok(visit.requests.every((url) => !url.includes('/api/run')));
    await visit.assertClean();
  },
  LIMIT,
);

interface Listed {
  readonly scene: string;
  readonly models: readonly string[];
  readonly source: string;
}

/** In a hurry one of each kind stands for all. */
function toShow(recordings: readonly Listed[]): readonly Listed[] {
  if (isFull) return recordings;
  const kinds = recordings.map(({ scene, source }) => `${source} ${scene === 'free'}`);
  return recordings.filter((_, index) => kinds.indexOf(kinds[index] as string) === index);
}

test(
  `lab page: ${isFull ? 'every recording' : 'recordings of each kind'} are shown, and marked as what they are`,
  async () => {
    await using files = await FileServer.start();
    const list = JSON.parse(readFileSync(join(PAGE, 'recorded/index.json'), 'utf8')) as {
      readonly recordings: readonly Listed[];
    };
    await using visit = await Visit.open({ url: files.url, query: 'models=epoll' });
    for (const { scene, models, source } of toShow(list.recordings)) {
      const query = new URLSearchParams({ scene });
      if (models.length > 0) query.set('models', models.slice(0, 4).join(','));
      await visit.page.goto(`${files.url}?${query}`);
      await visit.shows('recorded');
      const badge = await visit.page.locator('.badge').innerText();
      const wanted = source === 'double' ? /double/ : source === 'wine' ? /Wine/ : /^recorded$/;
      assert.match(badge, wanted, `${query}`);
    }
    await visit.assertClean();
  },
  LIMIT,
);

test(
  'lab page: the tour goes through its six cards on recordings, too',
  async () => {
    await using files = await FileServer.start();
    await using visit = await Visit.open({ url: files.url, isFirst: true });
    await takeTour(visit, CARDS);
    await visit.assertClean();
  },
  LIMIT,
);

test(
  'lab page: how soon after the command the first picture is there',
  async (context) => {
    const started = performance.now();
    await using lab = await LabProcess.start();
    const listening = performance.now();
    await using visit = await Visit.open({ lab });
    await visit.page.locator('polyio-timeline').waitFor();
    const shown = performance.now();
    await visit.shows();
    const live = performance.now();
    const [command, picture, run] = [listening, shown, live].map((at) => Math.round(at - started));
    context.diagnostic(
      `listening after ${command} ms, a picture after ${picture} ms, a live run after ${run} ms`,
    );
    await visit.assertClean();
  },
  { ...LIMIT, skip: noBrowser || (!isFull && 'POLYIO_TEST_FULL=1 runs it') },
);
