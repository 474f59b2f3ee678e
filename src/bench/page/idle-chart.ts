/**
 * The classic chart: what a message costs beside ever more connections that say nothing. Models that
 * ask about all of them climb, models that are told stay flat.
 */
import { scaleLog, scalePoint } from 'd3-scale';
import { line } from 'd3-shape';
import { chart, element, short, text, title } from './svg.ts';

export interface Point {
  /** How many silent connections there were to be: its place. */
  readonly level: number;
  /** How many there were. */
  readonly silent: number;
  readonly value: number;
}

export interface Curve {
  readonly name: string;
  /** The place of its colour and dashes. */
  readonly index: number;
  readonly points: readonly Point[];
}

const WIDTH = 520;
const HEIGHT = 360;
const LEFT = 48;
const RIGHT = 112;
const TOP = 14;
const BOTTOM = 46;
const LABEL_STEP = 15;
/** So far to the right a label begins. */
const LABEL_GAP = 10;

interface Labelled {
  readonly curve: Curve;
  readonly x: number;
  readonly y: number;
  at: number;
}

/** Moves labels of curves that end at the same height apart, from the top down and back up. */
function spreadOut(labels: Labelled[]): void {
  labels.sort((a, b) => a.y - b.y);
  let least = TOP;
  for (const label of labels) {
    label.at = Math.max(label.y, least);
    least = label.at + LABEL_STEP;
  }
  let most = HEIGHT - BOTTOM;
  for (const label of labels.toReversed()) {
    label.at = Math.min(label.at, most);
    most = label.at - LABEL_STEP;
  }
}

function drawLabel({ curve, x, y, at }: Labelled): string {
  const from = x + 5;
  const to = WIDTH - RIGHT + LABEL_GAP;
  return (
    element('path', { d: `M${from} ${y}L${to} ${at}`, class: 'leader' }) +
    text(curve.name, { x: to + 3, y: at, class: `curve-name c${curve.index}` })
  );
}

/** @param levels the numbers of silent connections, in order */
export function drawIdle(
  curves: readonly Curve[],
  levels: readonly number[],
  { label, unit }: { readonly label: string; readonly unit: string },
): string {
  const values = curves.flatMap(({ points }) => points.map(({ value }) => value));
  const x = scalePoint(levels, [LEFT, WIDTH - RIGHT]).padding(0.15);
  const y = scaleLog(
    [Math.min(...values) * 0.8, Math.max(...values) * 1.2],
    [HEIGHT - BOTTOM, TOP],
  );
  const decades = y.ticks(4).filter((tick) => /^[125]/.test(tick.toPrecision(1)));
  const grid = decades.map((tick) => {
    const path = element('path', { d: `M${LEFT} ${y(tick)}H${WIDTH - RIGHT}`, class: 'grid' });
    return (
      path + text(short(tick), { x: LEFT - 6, y: y(tick), class: 'tick', 'text-anchor': 'end' })
    );
  });
  const axis = levels.map((level) => {
    const at = { x: x(level) ?? 0, y: HEIGHT - 26, class: 'tick', 'text-anchor': 'middle' };
    return text(level.toLocaleString('en'), at);
  });
  const middle = (LEFT + WIDTH - RIGHT) / 2;
  const below = { x: middle, y: HEIGHT - 8, class: 'tick', 'text-anchor': 'middle' };
  const path = line<Point>()
    .x(({ level }) => x(level) ?? 0)
    .y(({ value }) => y(value));
  const drawn = curves.map(({ name, index, points }) => {
    const stroke = element('path', { d: path([...points]) ?? '', class: `curve c${index}` });
    const dots = points.map(({ level, silent, value }) => {
      const said = title(`${name}, ${silent.toLocaleString('en')} silent: ${short(value)} ${unit}`);
      const at = { cx: x(level) ?? 0, cy: y(value), r: 3.5, class: `point c${index}` };
      return element('circle', at, said);
    });
    return stroke + dots.join('');
  });
  const labels = curves.flatMap((curve) => {
    const last = curve.points.at(-1);
    if (last === undefined) return [];
    return [{ curve, x: x(last.level) ?? 0, y: y(last.value), at: 0 }];
  });
  spreadOut(labels);
  return chart(label, { width: WIDTH, height: HEIGHT }, [
    ...grid,
    ...axis,
    text('silent connections', below),
    ...drawn,
    ...labels.map(drawLabel),
  ]);
}
