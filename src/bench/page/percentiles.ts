/** How long messages took: a line from the median to the slowest in a thousand, for each model. */
import { scaleBand, scaleLog } from 'd3-scale';
import { chart, element, short, text, title } from './svg.ts';

export interface Percentiles {
  readonly name: string;
  readonly kind: string;
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

const WIDTH = 1080;
const NAMES = 140;
const RIGHT = 70;
const ROW = 25;
const AXIS = 40;
const RADIUS = 4.5;

/** `250 µs`, `1.5 ms`, `2 s`. */
export function time(us: number): string {
  if (us >= 1e6) return `${short(us / 1e6)} s`;
  return us >= 1_000 ? `${short(us / 1_000)} ms` : `${short(us)} µs`;
}

function ticksOf(least: number, most: number): number[] {
  const ticks: number[] = [];
  for (let tick = 1; tick <= most; tick *= 10) if (tick >= least) ticks.push(tick);
  return ticks;
}

export function drawPercentiles(rows: readonly Percentiles[], label: string): string {
  const bottom = rows.length * ROW;
  const least = Math.max(1, Math.min(...rows.map(({ p50 }) => p50)));
  const most = Math.max(...rows.map(({ p999 }) => p999));
  const domain = [10 ** Math.floor(Math.log10(least)), 10 ** Math.ceil(Math.log10(most + 1))];
  const x = scaleLog(domain, [NAMES, WIDTH - RIGHT]).clamp(true);
  const y = scaleBand(
    rows.map(({ name }) => name),
    [0, bottom],
  );
  const ticks = ticksOf(domain[0] as number, domain[1] as number).map((tick) => {
    const line = element('path', { d: `M${x(tick)} 0V${bottom}`, class: 'grid' });
    const at = { x: x(tick), y: bottom + 14, class: 'tick', 'text-anchor': 'middle' };
    return line + text(time(tick), at);
  });
  const drawn = rows.map(({ name, kind, p50, p99, p999 }) => {
    const middle = (y(name) ?? 0) + ROW / 2;
    const marks = [
      element('path', { d: `M${x(p50)} ${middle}H${x(p999)}`, class: `span ${kind}` }),
      element('circle', { cx: x(p50), cy: middle, r: RADIUS, class: `dot ${kind}` }),
      element('circle', { cx: x(p99), cy: middle, r: RADIUS - 1, class: `dot hollow ${kind}` }),
      element('path', { d: `M${x(p999)} ${middle - 5}v10`, class: `span ${kind}` }),
    ];
    const said = title(
      `${name}: half in ${time(p50)}, 99 % in ${time(p99)}, 99.9 % in ${time(p999)}`,
    );
    const value = text(time(p999), { x: x(p999) + 8, y: middle, class: 'value' });
    const at = { x: NAMES - 8, y: middle, class: 'name', 'text-anchor': 'end' };
    return text(name, at) + element('g', {}, said, ...marks, value);
  });
  const legend = text('● half of the messages   ○ 99 %   | 99.9 %   (logarithmic)', {
    x: NAMES,
    y: bottom + 32,
    class: 'tick',
  });
  return chart(label, { width: WIDTH, height: bottom + AXIS }, [...ticks, ...drawn, legend]);
}
