/**
 * A real browser for the page of the lab: the system's Chromium, one for each test file, a profile of
 * its own for each test. Whatever a test is about, its pages may ask nobody but their own origin, may
 * not break the content policy, and may not throw.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core';
import { test } from '../harness/test.ts';
import { LabProcess } from './lab-process.ts';

const CHROMIUM = '/usr/bin/chromium';

/** The reason to skip where there is no browser, else false. */
export const noBrowser: string | false = existsSync(CHROMIUM)
  ? false
  : `${CHROMIUM} is missing: install the Debian package chromium`;

/** Full sizes and all combinations: for .ci/run, which has the time. */
export const isFull = process.env['POLYIO_TEST_FULL'] === '1';

/** A machine with busy neighbours is slow; what takes longer than this does not come. */
const PATIENCE_MS = 25_000;
const LIMIT_MS = 120_000;
const LOOK_MS = 20;

const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const WATCH_POLICY = `
  globalThis.policyViolations = [];
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile, lineNumber }) => {
    policyViolations.push([violatedDirective, blockedURI, sourceFile, lineNumber].join(' '));
  });`;

/** The tour hides nothing, but it takes the focus: who is not here for it has seen it. */
const TOUR_SEEN = `localStorage.setItem('polyio-lab-tour-seen', '1');`;

let browser: Browser | undefined;
let lab: LabProcess | undefined;

/** Starts the browser and a lab for the tests of a file, and ends both after them. */
export function withBrowser(): void {
  if (noBrowser !== false) return;
  before(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: FLAGS,
      chromiumSandbox: false,
    });
    lab = await LabProcess.start();
  });
  after(async () => {
    await browser?.close();
    await lab?.[Symbol.asyncDispose]();
  });
}

/** The lab of this file's tests. */
export function sharedLab(): LabProcess {
  return lab as LabProcess;
}

export interface VisitOptions extends BrowserContextOptions {
  /** What the address asks for, beside the token. */
  readonly query?: string;
  /** Whose page it is. @default the lab of this file's tests */
  readonly lab?: LabProcess;
  /** An address of another server, instead of a lab's. */
  readonly url?: string;
  /** The tour is offered as on a first visit. */
  readonly isFirst?: boolean;
}

/** Somebody with a profile of his own in front of the page. */
export class Visit implements AsyncDisposable {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the pages asked for, in order. */
  readonly requests: string[] = [];
  readonly #faults: string[] = [];

  private constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    context.on('request', (request) => this.requests.push(request.url()));
    context.on('weberror', (error) => this.#faults.push(String(error.error().stack)));
    context.on('console', (message) => {
      const text = message.text();
      // The network's own words about what a test takes away from the page.
      const isExpected = text.startsWith('Failed to load resource');
      if (message.type() === 'error' && !isExpected) this.#faults.push(text);
    });
  }

  /** Opens the page. */
  static async open(options: VisitOptions = {}): Promise<Visit> {
    const { query = '', isFirst = false, lab: ofLab, url, ...rest } = options;
    const context = await (browser as Browser).newContext({
      viewport: { width: 1280, height: 800 },
      locale: 'en-US',
      colorScheme: 'light',
      // Otherwise every picture plays by itself.
      reducedMotion: 'reduce',
      ...rest,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    await context.addInitScript(WATCH_POLICY);
    if (!isFirst) await context.addInitScript(TOUR_SEEN);
    const visit = new Visit(context, await context.newPage());
    const base = url ?? (ofLab ?? sharedLab()).url;
    const joint = base.includes('?') ? '&' : '?';
    await visit.page.goto(query === '' ? base : `${base}${joint}${query}`);
    return visit;
  }

  get app(): Locator {
    return this.page.locator('lab-app');
  }

  /** The sentence about what happened last. */
  get status(): Locator {
    return this.page.locator('p.status');
  }

  button(action: string): Locator {
    return this.page.locator(`[data-action="${action}"]`).first();
  }

  model(name: string): Locator {
    return this.page.locator(`lab-controls [data-model="${name}"]`);
  }

  /** Waits until the page shows a record of this origin, and nothing runs. */
  async shows(origin: 'live' | 'recorded' | 'imported' = 'live'): Promise<void> {
    await this.page
      .locator(`lab-app[data-origin="${origin}"][data-running="false"]`)
      .waitFor({ timeout: PATIENCE_MS });
  }

  /** Waits until the page is in this mode. */
  async isIn(mode: 'live' | 'static' | 'lost'): Promise<void> {
    await this.page.locator(`lab-app[data-mode="${mode}"]`).waitFor({ timeout: PATIENCE_MS });
  }

  /** Waits until the last sentence says this. */
  async says(pattern: RegExp): Promise<void> {
    await this.page.locator('p.status', { hasText: pattern }).waitFor({ timeout: PATIENCE_MS });
  }

  /** The query that the address asks for now, without the token. */
  get state(): URLSearchParams {
    const state = new URL(this.page.url()).searchParams;
    state.delete('token');
    return state;
  }

  /** What a program in the page gives, as JSON. The text is an expression. */
  ask<Value>(expression: string): Promise<Value> {
    return this.page.evaluate(expression) as Promise<Value>;
  }

  /** Waits until an expression holds in the page, whose policy forbids to evaluate text by itself. */
  async comesTrue(expression: string): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!(await this.ask<boolean>(`Boolean(${expression})`))) {
      if (performance.now() > deadline) throw new Error(`it never came to this: ${expression}`);
      await sleep(LOOK_MS);
    }
  }

  /** Nobody else was asked, no policy was broken, nothing was thrown. */
  async assertClean(): Promise<void> {
    const own = new Set(this.context.pages().map((page) => new URL(page.url()).origin));
    const foreign = this.requests.filter(
      (url) => !/^(data|blob|about):/.test(url) && !own.has(new URL(url).origin),
    );
    assert.deepEqual(foreign, [], 'requests left their own origin');
    for (const page of this.context.pages()) {
      const violations = await page.evaluate('globalThis.policyViolations ?? []');
      assert.deepEqual(violations, [], 'the content policy was broken');
    }
    assert.deepEqual(this.#faults, [], 'the page complained');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
  }
}

/** A test with one visitor, who is checked at the end and leaves. */
export function visitTest(
  name: string,
  options: VisitOptions,
  body: (visit: Visit) => Promise<void>,
  { isLong = false } = {},
): void {
  const skip = noBrowser || (isLong && !isFull && 'POLYIO_TEST_FULL=1 runs it');
  test(
    `lab page: ${name}`,
    async () => {
      await using visit = await Visit.open(options);
      await body(visit);
      await visit.assertClean();
    },
    { skip, limitMs: LIMIT_MS },
  );
}
