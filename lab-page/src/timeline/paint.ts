/**
 * Paints a layout on a surface. What takes less room than a pixel is merged with its neighbours, so
 * that a picture costs what it is wide and not what happened.
 */
import type { Text } from '../text/text.ts';
import { tickLabel, ticksOf } from './axis.ts';
import { type Bars, visibleBars } from './bars.ts';
import { runName } from './labels.ts';
import type { Band, Group, Lane, TimelineLayout } from './layout.ts';
import { type BarStyle, PAINT_ORDER, type Palette } from './style.ts';
import { cutText, type Surface, textWidth } from './surface.ts';

export interface View {
  readonly width: number;
  /** Room for labels at the left; 0 when they stand above the lanes. */
  readonly gutter: number;
  /** What is in sight, in nanoseconds since the start. */
  readonly range: readonly [from: number, to: number];
  /** Where the replay stands; what comes later is paler. Null shows no such line. */
  readonly position: number | null;
  readonly palette: Palette;
  readonly text: Text;
  /** Room that is kept free at the right of each run's head. */
  readonly headRoom?: number;
}

const LABEL_SIZE = 11;
const HEAD_SIZE = 13;
const SMALL = 10;
/** Nothing is narrower than this. */
const MIN_WIDTH = 2;
const DOT_APART = 5;
const MARK_APART = 3;
const MARK_WIDTH = 7;
/** More than this and dots run into a band. */
const PAD_LEFT = 6;
const PAD_RIGHT = 8;

interface Pen {
  readonly surface: Surface;
  readonly view: View;
  readonly names: readonly string[];
  readonly left: number;
  readonly right: number;
  x(time: number): number;
}

/** A narrow picture has no room for labels at its side, but a margin. */
function leftOf({ gutter }: Pick<View, 'gutter'>): number {
  return Math.max(gutter, PAD_LEFT);
}

function penOf(surface: Surface, view: View, names: readonly string[] = []): Pen {
  const [from, to] = view.range;
  const left = leftOf(view);
  const right = view.width - PAD_RIGHT;
  const scale = (right - left) / Math.max(1, to - from);
  return { surface, view, names, left, right, x: (time) => left + (time - from) * scale };
}

/** A piece of picture: from one pixel to another, with its name when it is one bar, more or less. */
type Draw = (x: number, width: number, name: string) => void;

/** Bars narrower than this are merged with what they touch. */
const MERGED_WIDTH = 4;

/**
 * Visits the bars in sight, narrow ones merged where they touch or would lie on one another. `grow`
 * says on which side a bar that is too narrow to be seen is widened.
 */
function eachRun(pen: Pen, bars: Bars, grow: 'left' | 'right', draw: Draw): void {
  const [first, end] = visibleBars(bars, pen.view.range);
  let from = 0;
  let to = Number.NEGATIVE_INFINITY;
  /** The widest bar of the piece. */
  let main = -1;
  let mainWidth = 0;
  const flush = (): void => {
    if (main < 0) return;
    const isOne = to - from - mainWidth < MERGED_WIDTH;
    draw(from, to - from, isOne ? (pen.names[bars.names[main] as number] ?? '') : '');
  };
  for (let bar = first; bar < end; bar++) {
    let x = Math.max(pen.left, pen.x(bars.starts[bar] as number));
    let stop = Math.min(pen.right, pen.x(bars.ends[bar] as number));
    if (stop - x < MIN_WIDTH) {
      if (grow === 'left') x = stop - MIN_WIDTH;
      else stop = x + MIN_WIDTH;
    }
    const width = stop - x;
    const isNarrow = width < MERGED_WIDTH || to - from < MERGED_WIDTH;
    if (main >= 0 && x <= to + 0.5 && isNarrow) {
      to = Math.max(to, stop);
      if (width > mainWidth) [main, mainWidth] = [bar, width];
      continue;
    }
    flush();
    [from, to, main, mainWidth] = [x, stop, bar, width];
  }
  flush();
}

/** Visits bars as marks at their start, at most one for every few pixels. */
function eachMark(pen: Pen, bars: Bars, apart: number, draw: (x: number) => void): void {
  const [first, end] = visibleBars(bars, pen.view.range);
  let next = Number.NEGATIVE_INFINITY;
  for (let bar = first; bar < end; bar++) {
    const start = pen.x(bars.starts[bar] as number);
    // Would-blocks that were folded into one event lie between its start and its end.
    const stop = (bars.amounts[bar] as number) > 1 ? pen.x(bars.ends[bar] as number) : start;
    for (let x = Math.max(start, next, pen.left); x <= Math.min(stop, pen.right); x += apart) {
      draw(x);
      next = x + apart;
    }
  }
}

/** The first of several texts that fits into a bar, when any does. */
function label(
  pen: Pen,
  lane: Lane,
  words: readonly string[],
  [x, width]: readonly [number, number],
  color: string,
): void {
  if (lane.height < 12) return;
  const fitting = words.find((text) => text !== '' && textWidth(text, SMALL) <= width - 8);
  if (fitting === undefined) return;
  pen.surface.text(fitting, x + 4, lane.y + lane.height / 2 + 0.5, { color, size: SMALL });
}

/** That a thread sleeps in a call, in full and in short. */
function sleepWords({ view }: Pen, call: string): readonly string[] {
  return call === '' ? [] : [view.text.t('timeline.bar.asleep', { call }), call];
}

/** Paler, for what lies under text or behind other things. */
function tint(color: string, part: string): string {
  return `${color}${part}`;
}

type Painter = (pen: Pen, lane: Lane, bars: Bars) => void;

function paintWait(pen: Pen, lane: Lane, bars: Bars, color: string, isThin = false): void {
  const { surface } = pen;
  const height = isThin ? Math.max(3, Math.round(lane.height * 0.3)) : lane.height;
  const y = lane.y + (lane.height - height) / 2;
  eachRun(pen, bars, 'right', (x, width, name) => {
    surface.hatch(x, y, width, height, color);
    if (isThin) return;
    surface.frame(x, y, width, height, color);
    onPlate(pen, lane, sleepWords(pen, name), [x, width]);
  });
}

/** Text upon stripes needs a quiet ground. */
function onPlate(
  pen: Pen,
  lane: Lane,
  words: readonly string[],
  [x, width]: readonly [number, number],
): void {
  const { palette } = pen.view;
  const plate = (text: string) => textWidth(text, SMALL) + 6;
  const fitting = words.find((text) => plate(text) <= width - 8);
  if (fitting === undefined || lane.height < 12) return;
  const room = plate(fitting);
  pen.surface.fill(x + 4, lane.y + 3, room, lane.height - 6, palette.background);
  label(pen, lane, [fitting], [x + 3, room + 8], palette.text);
}

function solid(color: (palette: Palette) => string, grow: 'left' | 'right', ink?: keyof Palette) {
  return (pen: Pen, lane: Lane, bars: Bars): void => {
    const { palette } = pen.view;
    eachRun(pen, bars, grow, (x, width, name) => {
      pen.surface.fill(x, lane.y, width, lane.height, color(palette));
      if (ink !== undefined) label(pen, lane, [name], [x, width], palette[ink]);
    });
  };
}

/** A line through the middle of the lane. */
function middle(height: number, color: (palette: Palette) => string): Painter {
  return (pen, lane, bars) => {
    const y = lane.y + (lane.height - height) / 2;
    eachRun(pen, bars, 'right', (x, width) => {
      pen.surface.fill(x, y, width, height, color(pen.view.palette));
    });
  };
}

const paintSleep: Painter = (pen, lane, bars) => {
  const { palette } = pen.view;
  eachRun(pen, bars, 'right', (x, width, name) => {
    pen.surface.fill(x, lane.y, width, lane.height, palette.background);
    pen.surface.frame(x, lane.y, width, lane.height, palette.sleep);
    label(pen, lane, sleepWords(pen, name), [x, width], palette.quiet);
  });
};

const paintCallAsleep: Painter = (pen, lane, bars) => {
  const { palette } = pen.view;
  const y = lane.y + lane.height / 2;
  eachRun(pen, bars, 'right', (x, width, name) => {
    const room = textWidth(name, SMALL) + 8;
    const isNamed = name !== '' && lane.height >= 12 && width > room + 12;
    pen.surface.line(isNamed ? x + room : x, y, x + width, y, palette.sleep, 1);
    pen.surface.fill(x, lane.y + 2, 2, lane.height - 4, palette.call);
    pen.surface.fill(x + width - 2, lane.y + 2, 2, lane.height - 4, palette.call);
    if (isNamed) label(pen, lane, [name], [x, room + 8], palette.text);
  });
};

const paintCall: Painter = (pen, lane, bars) => {
  const { palette } = pen.view;
  eachRun(pen, bars, 'right', (x, width, name) => {
    pen.surface.fill(x, lane.y + 1, width, lane.height - 2, palette.call);
    label(pen, lane, [name], [x, width], palette.background);
  });
};

const paintWouldBlock: Painter = (pen, lane, bars) => {
  const { surface, view } = pen;
  const radius = lane.height < 12 ? 1.5 : 2.2;
  const isHollow = lane.kind === 'calls';
  // In a process they stand below what it does, or waits for.
  const isBelow = lane.kind === 'process';
  const y = lane.y + lane.height * (isBelow ? 0.85 : 0.5);
  eachMark(pen, bars, DOT_APART, (x) => {
    surface.dot(x, y, radius, view.palette.block, isHollow);
  });
};

const paintBuffer: Painter = (pen, lane, bars) => {
  const { surface, view } = pen;
  const [first, end] = visibleBars(bars, view.range);
  let drawn = Number.NEGATIVE_INFINITY;
  let highest = 0;
  for (let bar = first; bar < end; bar++) {
    const x = Math.max(pen.left, pen.x(bars.starts[bar] as number));
    const stop = Math.min(pen.right, Math.max(pen.x(bars.ends[bar] as number), x + MIN_WIDTH));
    const height = Math.max(3, (bars.amounts[bar] as number) * lane.height);
    // In one pixel only what is highest shows.
    if (stop <= drawn + 0.5 && height <= highest) continue;
    surface.fill(x, lane.y + lane.height - height, stop - x, height, view.palette.buffer);
    if (stop > drawn + 0.5) highest = 0;
    drawn = Math.max(drawn, stop);
    highest = Math.max(highest, height);
  }
};

const paintReceipt: Painter = (pen, lane, bars) => {
  const { palette } = pen.view;
  const notch = 3;
  let labelled = Number.NEGATIVE_INFINITY;
  eachRun(pen, bars, 'right', (x, width, name) => {
    const [y, height] = [lane.y + 1, lane.height - 2];
    pen.surface.fill(x, y, width, height, tint(palette.receipt, '2e'));
    pen.surface.line(x, y, x + width, y, palette.receipt, 1);
    pen.surface.line(x, y + height, x + width, y + height, palette.receipt, 1);
    if (width > 4 * notch) {
      // Torn off at the front, like a ticket.
      pen.surface.shape([x, y, x + notch, y + height / 2, x, y + height], palette.receipt);
    }
    // Receipts may lie on one another; their names must not.
    if (x < labelled) return;
    label(pen, lane, [name], [x + 2, width], palette.text);
    labelled = x + textWidth(name, SMALL) + 8;
  });
};

const paintCompletion: Painter = (pen, lane, bars) => {
  const { surface, view } = pen;
  eachMark(pen, bars, MARK_APART, (x) => {
    surface.fill(x - 1.5, lane.y, 3, lane.height, view.palette.receipt);
  });
};

const paintProbe: Painter = (pen, lane, bars) => {
  eachMark(pen, bars, MARK_APART, (x) => {
    pen.surface.fill(x, lane.y + lane.height - 3, 2, 3, pen.view.palette.sleep);
  });
};

const paintReceive: Painter = (pen, lane, bars) => {
  const { palette } = pen.view;
  eachRun(pen, bars, 'right', (x, width) => {
    const wide = Math.max(width, 3);
    pen.surface.fill(
      x,
      lane.y + lane.height / 2,
      wide,
      lane.height / 2,
      tint(palette.client, '80'),
    );
  });
};

const paintSend: Painter = (pen, lane, bars) => {
  const { palette } = pen.view;
  eachRun(pen, bars, 'right', (x, width) => {
    pen.surface.fill(x, lane.y, Math.max(width, 3), lane.height, palette.client);
  });
};

/** A triangle that points into the connection, or out of it. */
function arrow(points: 'in' | 'out'): Painter {
  return (pen, lane, bars) => {
    const { y, height } = lane;
    eachMark(pen, bars, MARK_APART, (x) => {
      const [base, tip] = points === 'in' ? [x, x + MARK_WIDTH] : [x + MARK_WIDTH, x];
      const shape = [base, y, tip, y + height / 2, base, y + height];
      pen.surface.shape(shape, pen.view.palette.quiet);
    });
  };
}

const paintReset: Painter = (pen, lane, bars) => {
  const { block } = pen.view.palette;
  const { y, height } = lane;
  eachMark(pen, bars, MARK_APART, (x) => {
    pen.surface.line(x - 4, y + 1, x + 4, y + height - 1, block, 2);
    pen.surface.line(x + 4, y + 1, x - 4, y + height - 1, block, 2);
  });
};

const paintPause: Painter = (pen, lane, bars) => {
  const { palette, text } = pen.view;
  eachRun(pen, bars, 'right', (x, width) => {
    pen.surface.frame(x, lane.y + 1, width, lane.height - 2, palette.sleep);
    label(pen, lane, [text.t('timeline.bar.pause')], [x, width], palette.quiet);
  });
};

const PAINTERS: Readonly<Record<BarStyle, Painter>> = {
  wait: (pen, lane, bars) => paintWait(pen, lane, bars, pen.view.palette.wait),
  'wait-other': (pen, lane, bars) => paintWait(pen, lane, bars, pen.view.palette.sleep),
  'wait-free': (pen, lane, bars) => paintWait(pen, lane, bars, pen.view.palette.wait, true),
  ready: middle(3, ({ copy }) => tint(copy, '80')),
  copy: solid(({ copy }) => copy, 'left', 'onCopy'),
  code: solid(({ code }) => code, 'right', 'onCode'),
  'would-block': paintWouldBlock,
  sleep: paintSleep,
  awake: middle(2, ({ sleep }) => tint(sleep, '99')),
  call: paintCall,
  'call-asleep': paintCallAsleep,
  probe: paintProbe,
  receipt: paintReceipt,
  completion: paintCompletion,
  buffer: paintBuffer,
  'client-send': paintSend,
  'client-receive': paintReceive,
  'client-connect': arrow('in'),
  'client-half-close': arrow('out'),
  'client-reset': paintReset,
  'client-pause': paintPause,
};

function paintLane(pen: Pen, lane: Lane, duration: number): void {
  const { surface, view } = pen;
  const end = Math.min(pen.right, pen.x(duration));
  if (end > pen.left)
    surface.fill(pen.left, lane.y, end - pen.left, lane.height, view.palette.lane);
  for (const style of PAINT_ORDER) {
    for (const track of lane.tracks) {
      if (track.style === style) PAINTERS[style](pen, lane, track.bars);
    }
  }
}

function paintGroupLabels(pen: Pen, group: Group): void {
  const { surface, view } = pen;
  const { palette, text, gutter } = view;
  const words = text.say(group.label);
  const first = group.lanes[0];
  if (first === undefined) return;
  if (gutter === 0) {
    if (group.isFolded) return;
    surface.text(words, PAD_LEFT, group.y + 7, { color: palette.text, size: SMALL, isBold: true });
    const kinds = group.lanes.map(({ kind }) => text.t(`timeline.lane.${kind}`)).join(' · ');
    const from = PAD_LEFT + textWidth(words, SMALL) * 1.1 + 10;
    const rest = cutText(kinds, SMALL - 1, view.width - from - PAD_RIGHT);
    surface.text(rest, from, group.y + 7, { color: palette.quiet, size: SMALL - 1 });
    return;
  }
  if (group.isFolded) {
    const size = first.height < 10 ? 8.5 : SMALL;
    const y = first.y + first.height / 2;
    surface.text(words, gutter - 8, y, { color: palette.quiet, size, align: 'end' });
    return;
  }
  const top = first.y + first.height / 2;
  surface.text(words, 8, top, { color: palette.text, size: LABEL_SIZE, isBold: true });
  for (const { kind, y, height } of group.lanes) {
    const style = { color: palette.quiet, size: SMALL, align: 'end' } as const;
    surface.text(text.t(`timeline.lane.${kind}`), gutter - 8, y + height / 2, style);
  }
}

function paintHead({ surface, view }: Pen, band: Band): void {
  const { palette, text, width, headRoom = 8 } = view;
  const y = band.y + band.headHeight / 2;
  surface.fill(0, band.y, width, band.headHeight, palette.background);
  surface.fill(0, band.y, width, 1, palette.grid);
  const label = runName(text, band.label);
  surface.text(label, 8, y + 2, { color: palette.text, size: HEAD_SIZE, isBold: true });
  const from = 8 + textWidth(label, HEAD_SIZE) * 1.1 + 12;
  const words = cutText(text.say(band.figures), LABEL_SIZE, width - from - headRoom);
  surface.text(words, from, y + 2, { color: palette.quiet, size: LABEL_SIZE });
}

function paintAxis(pen: Pen, layout: TimelineLayout): void {
  const { surface, view } = pen;
  const { palette, range } = view;
  // The times of calls that no kernel of theirs has answered say nothing.
  if (layout.bands.every(({ source }) => source !== 'kernel') && layout.bands.length > 0) return;
  for (const tick of ticksOf(range, pen.right - pen.left)) {
    const x = pen.x(tick);
    surface.line(x, layout.axisHeight - 5, x, layout.height, palette.grid, 1);
    const words = tickLabel(tick, range);
    const half = textWidth(words, SMALL) / 2;
    const at = Math.min(Math.max(x, half + 2), view.width - half - 2);
    const style = { color: palette.quiet, size: SMALL, align: 'middle' } as const;
    surface.text(words, at, 9, style);
  }
}

/** The line at which the replay stands, and a veil over what has yet to come. */
function drawNow(pen: Pen, layout: TimelineLayout, position: number): void {
  const { surface, view } = pen;
  const { palette } = view;
  const x = pen.x(position);
  const veil = Math.max(pen.left, x);
  if (veil < pen.right) {
    const color = tint(palette.background, 'a0');
    for (const { lanes } of layout.bands.flatMap(({ groups }) => groups)) {
      const [first, last] = [lanes[0], lanes.at(-1)];
      if (first === undefined || last === undefined) continue;
      // Marks at an instant may be a little higher than their lane.
      const height = last.y + last.height - first.y + 2;
      surface.fill(veil, first.y - 1, pen.right + MARK_WIDTH - veil, height, color);
    }
  }
  if (x < pen.left || x > pen.right + 1) return;
  surface.line(x, layout.axisHeight, x, layout.height, palette.now, 1.5);
  const top = layout.axisHeight - 6;
  surface.shape([x - 5, top, x + 5, top, x, top + 7], palette.now);
}

/** Where the replay stands, upon a picture that is painted already. */
export function paintNow(layout: TimelineLayout, view: View, surface: Surface): void {
  if (view.position !== null) drawNow(penOf(surface, view), layout, view.position);
}

/** Paints everything. The surface is as high as the layout. */
export function paintTimeline(layout: TimelineLayout, view: View, surface: Surface): void {
  surface.fill(0, 0, view.width, layout.height, view.palette.background);
  paintAxis(penOf(surface, view), layout);
  for (const band of layout.bands) {
    const pen = penOf(surface, view, band.names);
    paintHead(pen, band);
    for (const group of band.groups) {
      paintGroupLabels(pen, group);
      for (const lane of group.lanes) paintLane(pen, lane, band.duration);
    }
  }
  paintNow(layout, view, surface);
}

/** The instant at a pixel. */
export function timeAt(view: Pick<View, 'width' | 'gutter' | 'range'>, x: number): number {
  const [from, to] = view.range;
  const left = leftOf(view);
  return from + ((x - left) / Math.max(1, view.width - PAD_RIGHT - left)) * (to - from);
}

/** Narrower pictures have their labels above the lanes. */
const NARROW_WIDTH = 560;

/** Whether a picture of that width is a narrow one, and its room for labels. */
export function gutterOf(width: number): { readonly isNarrow: boolean; readonly gutter: number } {
  const isNarrow = width < NARROW_WIDTH;
  return { isNarrow, gutter: isNarrow ? 0 : 150 };
}
