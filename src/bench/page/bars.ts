/** One bar for each model, with the interval where a repeat is to be expected. */
import { scaleBand, scaleLinear } from 'd3-scale';
import type { Range } from '../spread.ts';
import { chart, element, short, text, title } from './svg.ts';

export interface Bar {
  readonly name: string;
  /** Null: nothing was measured, `note` says why. */
  readonly value: number | null;
  readonly interval: Range | null;
  /** `baseline`, `peer` or `model`: how it is drawn. */
  readonly kind: string;
  readonly note: string | null;
}

const WIDTH = 520;
const NAMES = 140;
const VALUES = 62;
const ROW = 25;
const AXIS = 24;
/** An interval far beyond the bars would leave no room for them. */
const INTERVAL_MOST = 1.35;

function drawBar(bar: Bar, place: { y: number; height: number }, x: (value: number) => number) {
  const { name, value, interval, kind, note } = bar;
  const middle = place.y + place.height / 2;
  const label = text(name, { x: NAMES - 8, y: middle, class: 'name', 'text-anchor': 'end' });
  if (value === null) {
    const reason = title(note ?? 'not measured');
    return (
      label + element('g', {}, reason, text('not measured', { x: NAMES, y: middle, class: 'none' }))
    );
  }
  const [, last] = [x(0), x(value)];
  const rect = element('rect', {
    x: NAMES,
    y: place.y,
    width: Math.max(1, last - NAMES),
    height: place.height,
    rx: 2,
    class: kind,
  });
  const most = WIDTH - VALUES;
  const ends = (interval ?? []).map((end) => Math.min(most, x(end)));
  const whisker =
    ends.length === 0
      ? ''
      : element('path', {
          d: `M${ends[0]} ${middle}H${ends[1]}M${ends[0]} ${middle - 4}v8M${ends[1]} ${middle - 4}v8`,
          class: 'whisker',
        });
  const number = text(short(value), {
    x: Math.max(last, ends[1] ?? 0) + 6,
    y: middle,
    class: 'value',
  });
  const range = interval === null ? '' : `, ${short(interval[0])} to ${short(interval[1])}`;
  const said = title(`${name}: ${short(value)}${range}${note === null ? '' : `; ${note}`}`);
  return label + element('g', {}, said, rect, whisker, number);
}

/** @param label says what is drawn, for those who do not see it */
export function drawBars(bars: readonly Bar[], label: string, unit: string): string {
  const height = bars.length * ROW + AXIS;
  const most = Math.max(
    ...bars.map(({ value, interval }) =>
      Math.min(interval?.[1] ?? value ?? 0, (value ?? 0) * INTERVAL_MOST),
    ),
    1e-9,
  );
  const x = scaleLinear([0, most], [NAMES, WIDTH - VALUES]).nice(4);
  const y = scaleBand(
    bars.map(({ name }) => name),
    [0, bars.length * ROW],
  ).padding(0.28);
  const ticks = x.ticks(4).map((tick) => {
    const line = element('path', { d: `M${x(tick)} 0V${bars.length * ROW}`, class: 'grid' });
    const at = { x: x(tick), y: height - 10, class: 'tick', 'text-anchor': 'middle' };
    return line + text(tick === 0 ? `0 ${unit}` : short(tick), at);
  });
  const drawn = bars.map((bar) =>
    drawBar(bar, { y: y(bar.name) ?? 0, height: y.bandwidth() }, (value) => x(value)),
  );
  return chart(label, { width: WIDTH, height }, [...ticks, ...drawn]);
}
