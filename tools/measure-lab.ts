/**
 * Script and paint for each frame of the timeline, in a browser: zooming, scrubbing, playing.
 *
 *     node build/tools/measure-lab.js [--frames 120] [--json]
 *
 * Needs Chromium: /usr/bin/chromium, or CHROMIUM=PATH. The element of the page shows traces of 5,000
 * and 50,000 events that a seed makes, of a server that sleeps and of one that polls, as one run and
 * as four. What is measured is the script of a change and the frame that follows, from its start to
 * the end of its paint, in a browser that draws on the processor; and the processor time of the
 * page's main thread. The budget is 16 ms for 5,000
 * events and 33 ms for 50,000.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { syntheticTrace } from '../tests/lab-page/timeline/synthetic-trace.ts';
import { isMain, projectRoot } from './tree.ts';

const SIZES = [5_000, 50_000] as const;
const MOTIONS = ['zoom', 'scrub', 'play'] as const;
const BUDGET_MS: Readonly<Record<number, number>> = { 5000: 16, 50000: 33 };

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

type Motion = (typeof MOTIONS)[number];

/** One line of the result. */
interface Measured {
  readonly events: number;
  readonly runs: number;
  readonly model: string;
  readonly motion: Motion;
  readonly frames: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  /** Of the page's main thread, on average: what a busy neighbour does not add to. */
  readonly cpuMs: number;
  readonly budgetMs: number;
}

/** The element as the text of one script: a page that is a file loads no modules. */
async function readBundle(folder: string): Promise<string> {
  const entry = join(projectRoot, 'lab-page/src/timeline/element.ts');
  await build({
    configFile: false,
    logLevel: 'error',
    root: folder,
    build: {
      outDir: folder,
      emptyOutDir: false,
      lib: { entry, formats: ['es'], fileName: () => 'element.js' },
    },
  });
  return readFileSync(join(folder, 'element.js'), 'utf8').replaceAll('</script', '<\\/script');
}

/**
 * What runs in the page: changes something for each frame. What counts is the script of the change,
 * and the frame from its own start until nothing of it is left to do.
 */
const MEASURE = `async ([motion, frames]) => {
  const timeline = document.querySelector('polyio-timeline');
  const duration = timeline.runs[0].trace.window[1];
  const { port1, port2 } = new MessageChannel();
  const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  // A message that is sent within a frame is handled when the frame is painted.
  const painted = () => new Promise((resolve) => {
    port1.onmessage = () => resolve();
    port2.postMessage(null);
  });
  const change = (share) => {
    if (motion === 'scrub') timeline.position = duration * share;
    if (motion !== 'zoom') return;
    const length = duration * (1 - 0.98 * Math.abs(Math.sin(3 * share * Math.PI)));
    timeline.range = [(duration - length) / 2, (duration + length) / 2];
  };
  timeline.range = null;
  timeline.position = 0;
  timeline.speed = 20;
  if (motion === 'play') timeline.play();
  await nextFrame();
  await painted();
  const taken = [];
  for (let frame = 1; frame <= frames; frame++) {
    const before = performance.now();
    change(frame / frames);
    await timeline.updateComplete;
    const script = performance.now() - before;
    const start = await nextFrame();
    await painted();
    taken.push(script + performance.now() - start);
  }
  timeline.pause();
  return taken;
}`;

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function spread(values: readonly number[]): { medianMs: number; p99Ms: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  return { medianMs: round(at(0.5) ?? 0), p99Ms: round(at(0.99) ?? 0) };
}

/** The time of the page's main thread on a processor, in milliseconds. */
async function taskMs(cdp: CDPSession): Promise<number> {
  const { metrics } = await cdp.send('Performance.getMetrics');
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1_000;
}

interface Order {
  readonly events: number;
  readonly runs: number;
  readonly isPolling: boolean;
  readonly frames: number;
}

/** Opens a page with the element and its runs, and measures every motion. */
async function measure(
  page: Page,
  cdp: CDPSession,
  { events, runs, isPolling, frames }: Order,
): Promise<Measured[]> {
  const traces = Array.from({ length: runs }, (_, run) =>
    syntheticTrace({ events: Math.floor(events / runs), isPolling, seed: run + 1 }),
  );
  const model = isPolling ? 'non-blocking' : 'epoll';
  const text = JSON.stringify(traces.map((trace) => ({ label: model, trace })));
  await page.evaluate(`document.querySelector('polyio-timeline').runs = ${text}`);
  const found: Measured[] = [];
  for (const motion of MOTIONS) {
    const before = await taskMs(cdp);
    const values = await page.evaluate<number[]>(`(${MEASURE})(['${motion}', ${frames}])`);
    const cpuMs = round(((await taskMs(cdp)) - before) / frames);
    const budgetMs = BUDGET_MS[events] as number;
    found.push({ events, runs, model, motion, frames, ...spread(values), cpuMs, budgetMs });
  }
  return found;
}

async function measureAll(browser: Browser, frames: number, folder: string): Promise<Measured[]> {
  const page = await browser.newPage({ viewport: { width: 1_280, height: 800 } });
  await page.goto(pathToFileURL(join(folder, 'index.html')).href);
  await page.waitForFunction(`customElements.get('polyio-timeline') !== undefined`);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  const found: Measured[] = [];
  for (const events of SIZES) {
    for (const isPolling of [false, true]) {
      for (const runs of [1, 4]) {
        found.push(...(await measure(page, cdp, { events, runs, isPolling, frames })));
      }
    }
  }
  return found;
}

function print(found: readonly Measured[]): void {
  console.log('events  runs  model         motion  median ms  99 % ms  CPU ms  budget');
  for (const { events, runs, model, motion, medianMs, p99Ms, cpuMs, budgetMs } of found) {
    const cells = [
      String(events).padStart(6),
      String(runs).padStart(5),
      `  ${model.padEnd(13)}`,
      motion.padEnd(6),
      medianMs.toFixed(2).padStart(10),
      p99Ms.toFixed(2).padStart(8),
      cpuMs.toFixed(2).padStart(7),
      String(budgetMs).padStart(7),
    ];
    console.log(cells.join(' '));
  }
}

async function main(): Promise<void> {
  const options = {
    frames: { type: 'string', default: '120' },
    json: { type: 'boolean' },
  } as const;
  const { values } = parseArgs({ options });
  const folder = mkdtempSync(join(tmpdir(), 'polyio-measure-lab-'));
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  try {
    const script = await readBundle(folder);
    const page = `<!doctype html><meta charset="utf-8"><polyio-timeline></polyio-timeline>`;
    writeFileSync(join(folder, 'index.html'), `${page}<script type="module">${script}</script>`);
    const found = await measureAll(browser, Number(values.frames), folder);
    if (values.json === true) console.log(JSON.stringify(found, null, 2));
    else print(found);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (isMain(import.meta.url)) await main();
