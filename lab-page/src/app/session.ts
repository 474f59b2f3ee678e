/**
 * What the page knows and does: its state, the lab behind it, the record that it shows. Elements
 * read it, call it, and are told by two events: `change` for everything but the position of the
 * timeline, which has `position` of its own, because it changes with every frame.
 */
import type { LabRecord, LabRun } from '../../../src/lab/document.ts';
import type { Info, ModelChoice } from '../../../src/lab/web/api.ts';
import {
  isTextKey,
  type Language,
  preferredLanguage,
  type Text,
  type TextKey,
  textOf,
  type Values,
} from '../text/text.ts';
import { nowLine } from '../timeline/index.ts';
import { type Answer, LabClient, type Progress } from './lab-client.ts';
import { findRecording, isRecorded, loadRecordings, type Recording } from './recordings.ts';
import { hasModels, type PageState, readState, requestOf, writeState } from './state.ts';

export type Mode = 'connecting' | 'live' | 'static' | 'lost';
export type Origin = 'none' | 'live' | 'recorded' | 'imported';

/** A sentence about what happened last. */
export interface Notice {
  readonly key: TextKey;
  readonly values: Values;
  readonly isBad: boolean;
}

/** Live records are kept for the spread of their figures. */
const KEPT_MAX = 50;
const WATCH_MS = 10_000;
const ADDRESS_DELAY_MS = 400;

export class Session extends EventTarget {
  state: PageState;
  text: Text;
  mode: Mode = 'connecting';
  info: Info | null = null;
  record: LabRecord | null = null;
  origin: Origin = 'none';
  /** Nanoseconds since the start of the window. */
  position = 0;
  isRunning = false;
  progress: Progress | null = null;
  notice: Notice | null = null;
  recordings: readonly Recording[] = [];
  /** What ran live since the page was opened, oldest first. */
  readonly kept: LabRecord[] = [];

  readonly #token: string;
  readonly #client: LabClient;
  /** What the address asks for and cannot have. */
  readonly #refused: readonly string[];
  /** The instant and the zoom of the address hold until what it asks for is shown, however often that is. */
  #isOpening = true;
  #isAfterRun = false;
  #stop: AbortController | null = null;
  #addressTimer: ReturnType<typeof setTimeout> | null = null;
  /** Counts what was asked for, so that an answer that comes late is dropped. */
  #asked = 0;

  constructor() {
    super();
    const { state, refused } = readState(location.search);
    this.state = state;
    this.text = textOf(state.lang ?? preferredLanguage(navigator.languages));
    this.#token = new URLSearchParams(location.search).get('token') ?? '';
    this.#client = new LabClient(this.#token);
    if (state.at !== null) this.position = state.at;
    this.#refused = refused;
    this.#sayRefused();
  }

  /** The runs on the page. */
  get runs(): readonly LabRun[] {
    return this.record?.runs ?? [];
  }

  /** Whether the runs are those of servers under scripted clients, not of a scene's own program. */
  get hasServers(): boolean {
    return this.record !== null && hasModels(this.record.request.scene);
  }

  /** Whether the page is dark: as the visitor or the system wants it. */
  get isDark(): boolean {
    const isSystemDark = matchMedia('(prefers-color-scheme: dark)').matches;
    return this.state.theme === null ? isSystemDark : this.state.theme === 'dark';
  }

  /** Whether the controls ask for something else than what is shown. */
  get isStale(): boolean {
    const { record, origin } = this;
    if (record === null || origin !== 'live' || this.isRunning) return false;
    const wanted = Object.entries(requestOf(this.state));
    const shown = record.request as unknown as Record<string, unknown>;
    return wanted.some(([name, value]) => String(shown[name] ?? value) !== String(value));
  }

  /** The name of a run or of a curve: a model, a call, or words of the dictionary. */
  labelOf(label: string, area: 'run' | 'series' = 'run'): string {
    const key = `${area}.${label}`;
    return isTextKey(key) ? this.text.t(key) : label;
  }

  /** A fact of a scene as a sentence; null when this page has no words for it. */
  fact(key: string, values: Values): string | null {
    const name = `fact.${key}`;
    return isTextKey(name) ? this.text.t(name, values) : null;
  }

  /** What to look for or to try in a scene; null when there is nothing more to say. */
  tryIt(scene: string): string | null {
    const name = `scene.${scene}.try`;
    return isTextKey(name) ? this.text.t(name) : null;
  }

  /** The title or an axis of a chart; its key when this page has no words for it. */
  chartText(key: string, part: 'title' | 'x' | 'y'): string {
    const name = `chart.${key}.${part}`;
    return isTextKey(name) ? this.text.t(name) : key;
  }

  /** What happens in a run at a position. */
  nowLine(run: LabRun, position: number): string {
    const sentence = this.text.say(nowLine(run, position));
    if (this.runs.length === 1) return sentence;
    return this.text.t('timeline.now.of', { run: this.labelOf(run.label), sentence });
  }

  choice(model: string): ModelChoice | undefined {
    return this.info?.models.find(({ name }) => name === model);
  }

  /** Why a model cannot run here: in the page's words where it has some, else in the lab's. */
  reasonOf(model: string): string {
    const key = `unavailable.${model}`;
    return isTextKey(key) ? this.text.t(key) : (this.choice(model)?.reason ?? '');
  }

  /** Whether the lab behind this page can run it. */
  canRun(model: string): boolean {
    return this.mode === 'live' && this.choice(model)?.isAvailable === true;
  }

  hasRecording(model: string): boolean {
    return isRecorded(this.recordings, model);
  }

  changed(): void {
    this.dispatchEvent(new Event('change'));
  }

  say(key: TextKey, values: Values = {}, isBad = false): void {
    this.notice = { key, values, isBad };
    this.changed();
  }

  /** Changes the state, and the address with it. */
  update(change: Partial<PageState>): void {
    this.state = { ...this.state, ...change };
    this.#writeAddress();
    this.changed();
  }

  speak(lang: Language): void {
    this.text = textOf(lang);
    this.update({ lang });
  }

  moveTo(position: number): void {
    this.position = position;
    this.state = { ...this.state, at: Math.round(position) };
    this.#writeAddressSoon();
    this.dispatchEvent(new Event('position'));
  }

  /** What is in sight follows a replay, so nothing else is drawn anew for it. */
  zoomTo(range: PageState['range']): void {
    const whole = range === null ? null : ([Math.floor(range[0]), Math.ceil(range[1])] as const);
    this.state = { ...this.state, range: whole };
    this.#writeAddressSoon();
  }

  #writeAddressSoon(): void {
    this.#addressTimer ??= setTimeout(() => this.#writeAddress(), ADDRESS_DELAY_MS);
  }

  /** The address that shows the same to somebody else: without the token. */
  get link(): string {
    const query = writeState(this.state);
    return `${location.origin}${location.pathname}${query === '' ? '' : `?${query}`}`;
  }

  #writeAddress(): void {
    if (this.#addressTimer !== null) clearTimeout(this.#addressTimer);
    this.#addressTimer = null;
    const token = this.#token === '' ? '' : `token=${encodeURIComponent(this.#token)}`;
    const query = [token, writeState(this.state)].filter((part) => part !== '').join('&');
    history.replaceState(null, '', `${location.pathname}${query === '' ? '' : `?${query}`}`);
  }

  /** Shows a recording at once, and runs what can be run live. */
  async start(): Promise<void> {
    const listed = loadRecordings().then((recordings) => {
      this.recordings = recordings;
      this.changed();
    });
    // Without a token there is nobody to ask.
    const isAlone = this.#token === '';
    const answer = isAlone ? ({ kind: 'lost' } as const) : await this.#client.info();
    const info = this.#learn(answer);
    await listed;
    void this.#watch();
    if (info) await this.open();
    else await this.replay();
    this.#isOpening = false;
    if (this.notice?.isBad !== true) this.#sayRefused();
  }

  #sayRefused(): void {
    if (this.#refused.length === 0) return;
    this.say('status.link', { names: this.#refused.join(', ') }, true);
  }

  #learn(answer: Answer<Info>): boolean {
    if (answer.kind === 'good') {
      this.info = answer.value;
      this.mode = 'live';
      this.changed();
      return true;
    }
    const wasLive = this.mode === 'live' || this.mode === 'lost';
    if (answer.kind === 'refused' && this.#token !== '') {
      this.mode = 'lost';
      this.say('status.refused', {}, true);
    } else if (wasLive) {
      this.mode = 'lost';
      this.say('status.lost', {}, true);
    } else {
      this.mode = 'static';
      this.say('status.static');
    }
    return false;
  }

  /** Looks now and then whether the lab is still there. */
  async #watch(): Promise<void> {
    while (this.mode !== 'static') {
      await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
      if (document.hidden || this.isRunning) continue;
      const before = this.mode;
      const answer = await this.#client.info();
      if (this.isRunning || (before === 'lost' && answer.kind !== 'good')) continue;
      this.#learn(answer);
      if (before === 'lost') this.say('status.back');
    }
  }

  /** Shows what the state asks for: live where that is a matter of a moment, else its recording. */
  async open(): Promise<void> {
    const { scene, models } = this.state;
    const isLive = hasModels(scene) && models.every((name) => this.canRun(name));
    this.notice = this.notice?.key === 'status.link' ? this.notice : null;
    await this.replay(isLive);
    if (isLive) await this.run();
  }

  /** Shows the recording of what the state asks for; without one, says so unless a run follows. */
  async replay(isPreview = false): Promise<void> {
    const { scene, models } = this.state;
    const mine = ++this.#asked;
    try {
      const record = await findRecording(this.recordings, scene, models);
      if (mine !== this.#asked) return;
      if (record !== null) this.show(record, 'recorded', !isPreview);
      else if (!isPreview) this.#missing();
    } catch (error) {
      if (mine !== this.#asked) return;
      this.say('status.badFile', { reason: (error as Error).message }, true);
    }
  }

  #missing(): void {
    const { scene, models } = this.state;
    const what = models.length > 0 ? models.join(', ') : this.text.t(`scene.${scene}.title`);
    this.record = null;
    this.origin = 'none';
    // Why a run came to nothing is worth more than that there is no recording either.
    if (this.notice !== null && this.#isAfterRun) this.changed();
    else if (this.mode !== 'live' || models.length > 0)
      this.say('status.noRecording', { what }, true);
    else this.changed();
  }

  /**
   * Shows a record from the first instant on, unless the address asks for another; what a run is
   * about to take the place of does not begin to play.
   */
  show(record: LabRecord, origin: Origin, isPlayed = true): void {
    const { at, range } = this.state;
    const isFirst = this.#isOpening && (at !== null || range !== null);
    this.record = record;
    this.origin = origin;
    if (!isFirst) {
      this.state = { ...this.state, at: null, range: null };
      this.position = 0;
    }
    this.#writeAddress();
    this.changed();
    this.dispatchEvent(new Event('position'));
    if (!isFirst && isPlayed) this.dispatchEvent(new Event('shown'));
  }

  /** Shows a record that came as a file, with its controls. */
  take(record: LabRecord): void {
    const { scene, models, scenario, clients, messages, bytes, delayMs, seed } = record.request;
    const asked = new URLSearchParams({ scene, models: (models ?? []).join(',') });
    const numbers = { scenario, clients, messages, bytes, delay: delayMs, seed };
    for (const [name, value] of Object.entries(numbers)) {
      if (value !== undefined) asked.set(name, String(value));
    }
    const { lang, theme, view } = this.state;
    this.#asked++;
    this.state = { ...readState(asked.toString()).state, lang, theme, view };
    this.notice = null;
    this.show(record, 'imported');
  }

  /** Runs what the state asks for, and shows it; several times when that is wanted. */
  async run(times = 1): Promise<void> {
    if (this.isRunning) return;
    const mine = ++this.#asked;
    this.isRunning = true;
    this.#stop = new AbortController();
    this.say('status.started');
    for (let turn = 0; turn < times; turn++) {
      const answer = await this.#client.run(requestOf(this.state), {
        signal: this.#stop.signal,
        progress: (now) => {
          this.progress = now;
          this.changed();
        },
      });
      this.progress = null;
      const isLast = turn === times - 1 || answer.kind !== 'good';
      if (isLast) this.isRunning = false;
      if (mine === this.#asked) this.#settle(answer);
      if (isLast) break;
    }
    this.#stop = null;
    this.#isAfterRun = true;
    if (this.record === null && mine === this.#asked) await this.replay();
    this.#isAfterRun = false;
  }

  #settle(answer: Answer<LabRecord>): void {
    if (answer.kind === 'good') {
      this.kept.push(answer.value);
      if (this.kept.length > KEPT_MAX) this.kept.shift();
      this.show(answer.value, 'live');
      this.notice = null;
      this.changed();
    } else if (answer.kind === 'lost') {
      this.mode = 'lost';
      this.say('status.lost', {}, true);
    } else if ('reason' in answer) {
      const key = answer.kind === 'misunderstood' ? 'badAnswer' : answer.kind;
      this.say(`status.${key}`, { reason: answer.reason }, true);
    } else {
      this.say(`status.${answer.kind}`, {}, answer.kind !== 'stopped');
    }
  }

  /** Puts text where the visitor can paste it from. */
  async copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.say('status.copied');
    } catch {
      this.say('status.notCopied', { text });
    }
  }

  /** Ends the run; the lab ends it when the request is gone. */
  stop(): void {
    this.#stop?.abort();
  }
}
