/** What lies under the pointer. */
import { formatTime } from '../text/text.ts';
import { visibleBars } from './bars.ts';
import type { Group, Lane, TimelineLayout } from './layout.ts';
import { timeAt, type View } from './paint.ts';
import { type BarStyle, PAINT_ORDER } from './style.ts';

/** A bar may be missed by so many pixels. */
const NEAR = 3;

/** Words for what is not named by its call. */
const KEYS = {
  wait: 'timeline.legend.wait',
  'wait-free': 'timeline.legend.wait-free',
  'wait-other': 'timeline.legend.wait-other',
  ready: 'timeline.legend.ready',
  copy: 'timeline.legend.copy',
  code: 'timeline.legend.code',
  'would-block': 'timeline.legend.would-block',
  sleep: 'timeline.legend.sleep',
  receipt: 'timeline.legend.receipt',
  probe: 'timeline.legend.probe',
  buffer: 'timeline.legend.buffer',
} as const satisfies Partial<Record<BarStyle, string>>;

function describe(names: readonly string[], view: View, lane: Lane, x: number): string | null {
  const { text } = view;
  const range = [timeAt(view, x - NEAR), timeAt(view, x + NEAR)] as const;
  for (const style of PAINT_ORDER.toReversed()) {
    for (const { style: found, bars } of lane.tracks) {
      if (found !== style || style === 'awake') continue;
      const [first, end] = visibleBars(bars, range);
      if (first >= end) continue;
      // Of several the last one that reaches here: it is drawn upon the others.
      let bar = end - 1;
      while (bar > first && (bars.ends[bar] as number) < range[0]) bar--;
      const key = KEYS[style as keyof typeof KEYS];
      const name = names[bars.names[bar] as number] ?? '';
      const took = (bars.ends[bar] as number) - (bars.starts[bar] as number);
      const words = key === undefined ? '' : text.t(key);
      const time = took > 0 ? formatTime(text.language, took) : '';
      return [name, time, words].filter((part) => part !== '').join(' · ');
    }
  }
  return null;
}

/** The group whose lanes, or whose label, are at a height; null where there is none. */
export function groupAt({ bands }: TimelineLayout, y: number): Group | null {
  const groups = bands.flatMap(({ groups }) => groups);
  return groups.find((group) => y >= group.y - 1 && y <= group.y + group.height + 1) ?? null;
}

/** A line about the bar at a place of the picture; null where there is none. */
export function hitAt(
  layout: TimelineLayout,
  view: View,
  { x, y }: { readonly x: number; readonly y: number },
): string | null {
  if (x < view.gutter) return null;
  for (const { groups, names } of layout.bands) {
    for (const { lanes } of groups) {
      const lane = lanes.find((lane) => y >= lane.y - 1 && y <= lane.y + lane.height + 1);
      if (lane !== undefined) return describe(names, view, lane, x);
    }
  }
  return null;
}
