/**
 * `<polyio-timeline>`: runs on a canvas, with transport, legend and a table that says the same.
 *
 * The picture lies on two canvases: what happened, painted when the range or the runs change, and
 * above it the line of the replay, painted for every frame.
 */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { LabRun, Source } from '../../../src/lab/document.ts';
import { type Text, textOf } from '../text/text.ts';
import { CanvasSurface } from './canvas.ts';
import { type Act, type Controls, controlsView } from './controls-view.ts';
import { FOLD_WIDTH, foldButtons, legendView } from './frame-view.ts';
import { Gestures } from './gestures.ts';
import { groupAt, hitAt } from './hit.ts';
import { actOfKey } from './keys.ts';
import { runName } from './labels.ts';
import { type Band, layoutTimeline, type TimelineLayout } from './layout.ts';
import { stepFrom } from './moments.ts';
import { gutterOf, paintNow, paintTimeline, timeAt, type View } from './paint.ts';
import { PALETTES, type Theme } from './style.ts';
import { styles } from './styles.ts';
import { type TableOrder, tableOrder, tablePageOf } from './table-order.ts';
import { tableView } from './table-view.ts';
import {
  advance,
  clampRange,
  followRange,
  nextSpeed,
  panRange,
  type Range,
  SPEEDS,
  zoomRange,
} from './transport.ts';

/** Who must not see things move sees the next event so often. */
const STILL_STEP_MS = 1_000;
/** The table follows a replay so often. */
const TABLE_MS = 1_000;
/** A tab that slept does not make up for it. */
const FRAME_MAX_MS = 100;

export class PolyioTimeline extends LitElement {
  static override styles = styles;
  static override properties = {
    runs: { attribute: false },
    source: { attribute: false },
    position: { attribute: false },
    range: { attribute: false },
    speed: { attribute: false },
    text: { attribute: false },
    theme: { attribute: false },
    reducedMotion: { attribute: false },
    isPlaying: { state: true },
    isTableShown: { state: true },
    width: { state: true },
    isCompact: { state: true },
    folded: { state: true },
    tableFirst: { state: true },
    tip: { state: true },
  };

  /** 1 to 4 runs on one time axis. */
  declare runs: readonly LabRun[];
  declare source: Source;
  /** Nanoseconds since the start of the window. */
  declare position: number;
  /** What is in sight; null shows all. */
  declare range: Range | null | undefined;
  /** How many times slower than it was, 1 to 10,000. */
  declare speed: number;
  declare text: Text;
  declare theme: Theme;
  /** A replay goes from event to event instead of moving. */
  declare reducedMotion: boolean;
  declare private isPlaying: boolean;
  declare private isTableShown: boolean;
  declare private width: number;
  /** There is less room than the picture would like. */
  declare private isCompact: boolean;
  declare private folded: ReadonlyMap<string, boolean>;
  declare private tableFirst: number;
  declare private tip: { readonly x: number; readonly y: number; readonly words: string } | null;

  #layout: TimelineLayout = layoutTimeline([]);
  #order: TableOrder = tableOrder([]);
  #frame = 0;
  #lastFrame = 0;
  #lastTable = 0;
  #isStale = true;
  readonly #gestures: Gestures;
  #room = 0;
  #shownRow: HTMLElement | null = null;
  readonly #resized = new ResizeObserver(([entry]) => {
    if (entry === undefined) return;
    const { width, height } = entry.contentRect;
    this.width = Math.floor(width);
    this.#room = height;
    this.isCompact = this.#isTight;
  });

  constructor() {
    super();
    this.runs = [];
    this.source = 'kernel';
    this.position = 0;
    this.range = null;
    this.speed = 100;
    this.text = textOf('en');
    this.theme = 'light';
    this.reducedMotion = false;
    this.isPlaying = false;
    this.isTableShown = false;
    this.width = 0;
    this.isCompact = false;
    this.folded = new Map();
    this.tableFirst = 0;
    this.tip = null;
    this.#gestures = new Gestures({
      timeAt: (x) => timeAt(this.#view, x),
      left: () => this.#view.gutter,
      scrub: (at) => this.#go(at),
      zoom: (around, steps) => this.#zoom(steps, around),
      pan: (share) => this.#see(panRange(this.#range, this.#layout.duration, share)),
      hover: (place) => this.#hover(place),
      press: (y) => this.#pressLabel(y),
    });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('keydown', this.#key);
  }

  override disconnectedCallback(): void {
    document.removeEventListener('keydown', this.#key);
    this.#resized.disconnect();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.isPlaying = false;
    super.disconnectedCallback();
  }

  /** Plays from where it stands; from the start when it is over. */
  play(): void {
    if (this.position >= this.#layout.duration) this.#go(0);
    this.isPlaying = true;
    this.#lastFrame = performance.now();
    this.#schedule();
  }

  pause(): void {
    this.isPlaying = false;
  }

  #layoutOf(isCompact: boolean): TimelineLayout {
    const { isNarrow } = gutterOf(this.width);
    const { runs, folded, source } = this;
    return layoutTimeline(runs, { folded, source, isNarrow, isCompact });
  }

  /** Whether the picture has a height that it would have to be scrolled in. */
  get #isTight(): boolean {
    return this.#room > 0 && this.#layoutOf(false).height > this.#room + 1;
  }

  get #range(): Range {
    const { duration } = this.#layout;
    return this.range == null ? [0, duration] : clampRange(this.range, duration);
  }

  get #view(): View {
    const { gutter } = gutterOf(this.width);
    const { width, text, position } = this;
    const palette = PALETTES[this.theme];
    return { width, gutter, range: this.#range, position, palette, text, headRoom: FOLD_WIDTH };
  }

  protected override willUpdate(changed: PropertyValues): void {
    const isOther = changed.has('runs');
    if (isOther) {
      this.folded = new Map();
      this.isPlaying = false;
      this.#order = tableOrder(this.runs);
    }
    if (isOther) this.isCompact = this.#isTight;
    if (['runs', 'folded', 'width', 'source', 'isCompact'].some((name) => changed.has(name))) {
      this.#layout = this.#layoutOf(this.isCompact);
    }
    if (changed.has('theme') || !this.hasUpdated) this.#setColors();
    if ([...changed.keys()].some((name) => name !== 'position' && name !== 'tip')) {
      this.#isStale = true;
    }
    this.#turnTable(isOther);
  }

  /** The table shows where the replay stands; while it plays, a second late at most. */
  #turnTable(isOther: boolean): void {
    const now = performance.now();
    if (this.isPlaying && !isOther && now - this.#lastTable < TABLE_MS) return;
    this.#lastTable = now;
    this.tableFirst = tablePageOf(this.#order, this.position);
  }

  #setColors(): void {
    const palette = PALETTES[this.theme];
    const colors = {
      text: palette.text,
      quiet: palette.quiet,
      grid: palette.grid,
      lane: palette.lane,
      background: palette.background,
      now: palette.now,
      focus: palette.copy,
      hover: `${palette.sleep}33`,
    };
    for (const [name, color] of Object.entries(colors)) {
      this.style.setProperty(`--timeline-${name}`, color);
    }
  }

  protected override firstUpdated(): void {
    const stage = this.renderRoot.querySelector('.stage');
    if (stage !== null) this.#resized.observe(stage);
  }

  protected override updated(): void {
    if (this.isTableShown) this.#showRow();
    this.#schedule();
  }

  /** Brings the row of the position into sight, without moving anything but the table. */
  #showRow(): void {
    const row = this.renderRoot.querySelector<HTMLElement>('tr[aria-current]');
    const table = this.renderRoot.querySelector<HTMLElement>('.table');
    if (row === null || table === null || row === this.#shownRow) return;
    this.#shownRow = row;
    const [box, around] = [row.getBoundingClientRect(), table.getBoundingClientRect()];
    if (box.top < around.top || box.bottom > around.bottom) {
      table.scrollTop += box.top - around.top - around.height / 3;
    }
  }

  #schedule(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame((now) => {
      this.#frame = 0;
      if (this.isPlaying) this.#advance(now);
      this.#paint();
      if (this.isPlaying) this.#schedule();
    });
  }

  #advance(now: number): void {
    const elapsed = now - this.#lastFrame;
    if (this.reducedMotion) {
      if (elapsed < STILL_STEP_MS) return;
      this.#lastFrame = now;
      this.#go(stepFrom(this.runs, this.position, 1));
    } else {
      this.#lastFrame = now;
      // The first frame may carry a time from before the button was pressed.
      const passed = Math.min(Math.max(0, elapsed), FRAME_MAX_MS);
      this.#go(advance(this.position, passed, this.speed));
    }
    if (this.position >= this.#layout.duration) this.isPlaying = false;
  }

  #contextOf(canvas: HTMLCanvasElement, height: number): CanvasSurface {
    const scale = window.devicePixelRatio;
    const [w, h] = [Math.round(this.width * scale), Math.round(height * scale)];
    const context = canvas.getContext('2d') as CanvasRenderingContext2D;
    if (canvas.width !== w || canvas.height !== h) {
      canvas.width = w;
      canvas.height = h;
      canvas.style.setProperty('width', `${this.width}px`);
      canvas.style.setProperty('height', `${height}px`);
    } else {
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, w, h);
    }
    return new CanvasSurface(context, scale);
  }

  #paint(): void {
    const [picture, now] = this.renderRoot.querySelectorAll<HTMLCanvasElement>('.inner canvas');
    if (picture === undefined || now === undefined || this.width === 0) return;
    const view = this.#view;
    const layout = this.#layout;
    if (this.#isStale) {
      this.#isStale = false;
      const surface = this.#contextOf(picture, layout.height);
      paintTimeline(layout, { ...view, position: null }, surface);
      surface.flush();
    }
    // Nothing is to come when nothing has begun: then the picture is whole.
    const isBefore = this.position <= 0 && !this.isPlaying;
    paintNow(
      layout,
      { ...view, position: isBefore ? null : this.position },
      this.#contextOf(now, layout.height),
    );
  }

  #go(position: number): void {
    const { duration } = this.#layout;
    const at = Math.min(Math.max(0, position), duration);
    if (at === this.position) return;
    this.position = at;
    if (this.range != null) {
      const followed = followRange(this.#range, duration, at);
      if (followed[0] !== this.#range[0]) this.#see(followed);
    }
    this.#tell('position-change', at);
  }

  #see(range: Range): void {
    const { duration } = this.#layout;
    const isAll = range[0] <= 0 && range[1] >= duration;
    this.range = isAll ? null : range;
    this.#tell('range-change', this.range);
  }

  #zoom(steps: number, around?: number): void {
    const range = this.#range;
    const [from, to] = range;
    const isInSight = this.position > from && this.position < to;
    const center = around ?? (isInSight ? this.position : (from + to) / 2);
    this.#see(zoomRange(range, this.#layout.duration, center, steps));
  }

  readonly #setSpeed = (speed: number): void => {
    this.speed = Math.min(Math.max(speed, 1), SPEEDS.at(-1) ?? 1);
    this.#tell('speed-change', this.speed);
  };

  #tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  readonly #act = (what: Act | 'slower' | 'faster'): void => {
    if (what === 'toggle') {
      if (this.isPlaying) this.pause();
      else this.play();
    } else if (what === 'table') this.isTableShown = !this.isTableShown;
    else if (what === 'zoom-in') this.#zoom(1);
    else if (what === 'zoom-out') this.#zoom(-1);
    else if (what === 'zoom-all') this.#see([0, this.#layout.duration]);
    else if (what === 'slower') this.#setSpeed(nextSpeed(this.speed, 1));
    else if (what === 'faster') this.#setSpeed(nextSpeed(this.speed, -1));
    else this.#move(what);
  };

  #move(what: 'step' | 'step-back' | 'start' | 'end'): void {
    this.pause();
    if (what === 'start') this.#go(0);
    else if (what === 'end') this.#go(this.#layout.duration);
    else this.#go(stepFrom(this.runs, this.position, what === 'step' ? 1 : -1));
  }

  readonly #key = (event: KeyboardEvent): void => {
    const act = actOfKey(event, this);
    if (act === null) return;
    event.preventDefault();
    this.#act(act);
  };

  #hover(place: { readonly x: number; readonly y: number } | null): void {
    const hit = place === null ? null : hitAt(this.#layout, this.#view, place);
    if (place === null || hit === null) {
      if (this.tip !== null) this.tip = null;
      return;
    }
    this.tip = { x: Math.min(place.x + 12, this.width - 180), y: place.y + 16, words: hit };
  }

  readonly #labelOf = ({ label }: LabRun | Band): string => runName(this.text, label);

  get #controls(): Controls {
    const { text, isPlaying, position, speed, isTableShown } = this;
    const { duration } = this.#layout;
    return {
      text,
      isPlaying,
      position,
      duration,
      speed,
      isTableShown,
      act: this.#act,
      setSpeed: this.#setSpeed,
      setPosition: (at) => {
        this.pause();
        this.#go(at);
      },
    };
  }

  /** All lanes of a run's groups, or one for each connection. */
  readonly #fold = ({ groups }: Band, isFolded: boolean): void => {
    const folded = new Map(this.folded);
    for (const { id, kind } of groups) folded.set(id, isFolded && kind === 'connection');
    this.folded = folded;
  };

  /** A pointer on a label folds its group alone. */
  #pressLabel(y: number): void {
    const group = groupAt(this.#layout, y);
    if (group === null) return;
    this.folded = new Map(this.folded).set(group.id, !group.isFolded);
  }

  /** The picture: two canvases, and the buttons upon its labels. */
  #stage(): TemplateResult {
    const { text, tip } = this;
    const layout = this.#layout;
    const folding = { text, labelOf: this.#labelOf, fold: this.#fold };
    return html`<div
      class="inner"
      .style=${`height:${layout.height}px`}
      @pointerdown=${this.#gestures.down}
      @pointermove=${this.#gestures.move}
      @pointerup=${this.#gestures.up}
      @pointercancel=${this.#gestures.up}
      @pointerleave=${this.#gestures.leave}
      @wheel=${this.#gestures.wheel}
    >
      <canvas aria-hidden="true"></canvas>
      <canvas class="now" aria-hidden="true"></canvas>
      ${guard([layout, text], () => foldButtons(layout, folding))}
      ${
        tip === null
          ? nothing
          : html`<div class="tip" aria-hidden="true" .style=${`left:${tip.x}px;top:${tip.y}px`}>
              ${tip.words}
            </div>`
      }
    </div>`;
  }

  #table(): TemplateResult {
    const { runs, text, position, isTableShown } = this;
    return tableView({
      runs,
      order: this.#order,
      text,
      first: this.tableFirst,
      position,
      isShown: isTableShown,
      labelOf: this.#labelOf,
      turn: (first) => this.#go(this.#order.times[Math.max(0, first)] ?? 0),
      go: (at) => {
        this.pause();
        this.#go(at);
      },
    });
  }

  protected override render(): TemplateResult {
    const { text, theme } = this;
    const runs = this.runs.map(this.#labelOf).join(', ');
    const layout = this.#layout;
    // What does not change with every frame is not made anew with every frame.
    const tableAt = this.isPlaying ? this.#lastTable : this.position;
    const table = [this.#order, this.tableFirst, text, this.isTableShown, tableAt];
    return html`<div class=${this.isTableShown ? 'root with-table' : 'root'}>
      ${controlsView(this.#controls)}
      <div class="body">
      <div
        class="stage"
        tabindex="0"
        role="group"
        aria-label=${text.t('timeline.canvas', { runs })}
        aria-description=${text.t('timeline.keys')}
      >
        ${this.#stage()}
      </div>
      ${guard(table, () => this.#table())}
      </div>
      ${guard([layout, text, theme], () => legendView(layout, { text, palette: PALETTES[theme] }))}
    </div>`;
  }
}

customElements.define('polyio-timeline', PolyioTimeline);
