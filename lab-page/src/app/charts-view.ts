/** The charts of a record: curves or bars, each with the table that says the same. */
import { html, nothing, svg, type TemplateResult } from 'lit';
import type { Chart, ChartSeries } from '../../../src/lab/document.ts';
import { formatBytes, formatFigure, formatTime } from '../text/text.ts';
import { type Scale, scaleOf } from './scale.ts';
import type { Session } from './session.ts';

/** How large a chart is drawn: writing keeps its size, so less room means fewer units. */
const SIZES = {
  whole: { width: 560, height: 250 },
  beside: { width: 560, height: 168 },
  small: { width: 350, height: 128 },
} as const;

export type ChartSize = keyof typeof SIZES;

const EDGE = { left: 66, right: 30, top: 12, bottom: 42 };
const SHAPES = ['circle', 'square', 'diamond', 'triangle'] as const;
const STYLES = 6;
/** A curve of more points is told by its line alone. */
const MARKS_MAX = 24;

interface Plot {
  readonly session: Session;
  readonly chart: Chart;
  readonly width: number;
  readonly height: number;
  readonly x: Scale;
  readonly y: Scale;
}

function across({ x, width }: Plot, value: number): number {
  return EDGE.left + x.place(value) * (width - EDGE.left - EDGE.right);
}

function up({ y, height }: Plot, value: number): number {
  return height - EDGE.bottom - y.place(value) * (height - EDGE.top - EDGE.bottom);
}

function isBytes(unit: string): boolean {
  return unit === 'bytes' || unit === 'B';
}

/** A figure in the unit of its axis. */
function inUnit(session: Session, unit: string, value: number): string {
  const { language } = session.text;
  if (unit === 'ns') return formatTime(language, value);
  if (isBytes(unit)) return formatBytes(language, value);
  return formatFigure(language, value);
}

function mark(shape: (typeof SHAPES)[number], x: number, y: number): TemplateResult {
  if (shape === 'circle') return svg`<circle cx=${x} cy=${y} r="3.4" />`;
  if (shape === 'square') return svg`<rect x=${x - 3} y=${y - 3} width="6" height="6" />`;
  if (shape === 'diamond') return svg`<path d=${`M${x} ${y - 4.5}l4.5 4.5-4.5 4.5-4.5-4.5z`} />`;
  return svg`<path d=${`M${x} ${y - 4}l4 7h-8z`} />`;
}

function curve(plot: Plot, { points }: ChartSeries, index: number): TemplateResult {
  const places = points.map(([x, y]) => [across(plot, x), up(plot, y)] as const);
  const path = places.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`);
  const shape = SHAPES[index % SHAPES.length] ?? 'circle';
  return svg`<g class=${`series s${index % STYLES}`}>
    <path class="curve" d=${path.join('')} />
    ${places.length > MARKS_MAX ? nothing : places.map(([x, y]) => mark(shape, x, y))}
  </g>`;
}

function bars(plot: Plot): TemplateResult[] {
  const { series, ticks } = plot.chart;
  const count = Math.max(1, ticks?.length ?? 0, ...series.map(({ points }) => points.length));
  const slot = (plot.width - EDGE.left - EDGE.right) / count;
  const thick = Math.min(42, (slot * 0.7) / Math.max(1, series.length));
  const floor = plot.height - EDGE.bottom;
  return series.map(({ points }, index) => {
    const boxes = points.map(([, y], at) => {
      const middle = EDGE.left + (at + 0.5) * slot;
      const left = middle + (index - series.length / 2) * thick;
      const top = Math.min(floor - 1, up(plot, y));
      const label = inUnit(plot.session, plot.chart.unit.y, y);
      return svg`<rect x=${left} y=${top} width=${thick - 2} height=${Math.max(1, floor - top)} rx="2" />
        <text class="tick middle" x=${left + thick / 2 - 1} y=${top - 4}>${label}</text>`;
    });
    return svg`<g class=${`series s${index % STYLES}`}>${boxes}</g>`;
  });
}

function axes(plot: Plot): TemplateResult {
  const { session, chart, x, y } = plot;
  const floor = plot.height - EDGE.bottom;
  const right = plot.width - EDGE.right;
  const sides = y.ticks.map((tick) => {
    const at = up(plot, tick);
    return svg`<line class="grid" x1=${EDGE.left} x2=${right} y1=${at} y2=${at} />
      <text class="tick end" x=${EDGE.left - 6} y=${at + 3.5}>${inUnit(session, chart.unit.y, tick)}</text>`;
  });
  const slot = (right - EDGE.left) / Math.max(1, chart.ticks?.length ?? 1);
  const below =
    chart.kind === 'bars'
      ? (chart.ticks ?? []).map((tick, at) => {
          return svg`<text class="tick middle" x=${EDGE.left + (at + 0.5) * slot} y=${floor + 15}>${session.labelOf(tick, 'series')}</text>`;
        })
      : x.ticks.map((tick) => {
          return svg`<text class="tick middle" x=${across(plot, tick)} y=${floor + 15}>${inUnit(session, chart.unit.x, tick)}</text>`;
        });
  const title = session.chartText(chart.key, 'x');
  return svg`${sides}${below}
    <text class="axis middle" x=${(EDGE.left + right) / 2} y=${plot.height - 6}>${title}</text>`;
}

function plotOf(session: Session, chart: Chart, size: ChartSize): Plot {
  const points = chart.series.flatMap((one) => one.points);
  const scale = (axis: 'x' | 'y') => {
    const values = points.map(([x, y]) => (axis === 'x' ? x : y));
    return scaleOf(chart.scale[axis], values, isBytes(chart.unit[axis]));
  };
  return { session, chart, ...SIZES[size], x: scale('x'), y: scale('y') };
}

function legend(session: Session, { series }: Chart): TemplateResult | typeof nothing {
  if (series.length < 2) return nothing;
  return html`<ul class="legend">
    ${series.map(({ label }, index) => {
      const shape = SHAPES[index % SHAPES.length] ?? 'circle';
      return html`<li>
        <svg viewBox="0 0 12 12" aria-hidden="true">
          <g class=${`series s${index % STYLES}`}>${mark(shape, 6, 6)}</g>
        </svg>
        ${session.labelOf(label, 'series')}
      </li>`;
    })}
  </ul>`;
}

function table(session: Session, chart: Chart): TemplateResult {
  const { text } = session;
  const rows = chart.series.flatMap(({ label, points }) =>
    points.map(([x, y], at) => {
      const place = chart.kind === 'bars' ? chart.ticks?.[at] : undefined;
      const first =
        place === undefined ? inUnit(session, chart.unit.x, x) : session.labelOf(place, 'series');
      return html`<tr>
        <th scope="row">${session.labelOf(label, 'series')}</th>
        <td>${first}</td>
        <td>${inUnit(session, chart.unit.y, y)}</td>
      </tr>`;
    }),
  );
  return html`<details>
    <summary>${text.t('chart.table')}</summary>
    <table class="figures">
      <thead>
        <tr>
          <th scope="col">${text.t('chart.series')}</th>
          <th scope="col">${session.chartText(chart.key, 'x')}</th>
          <th scope="col">${session.chartText(chart.key, 'y')}</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </details>`;
}

function chartFigure(session: Session, chart: Chart, size: ChartSize): TemplateResult {
  const plot = plotOf(session, chart, size);
  const title = session.chartText(chart.key, 'title');
  const words = session.text.t('chart.described', {
    title,
    n: chart.series.length,
    x: session.chartText(chart.key, 'x'),
    y: session.chartText(chart.key, 'y'),
  });
  const drawn =
    chart.kind === 'bars' ? bars(plot) : chart.series.map((one, at) => curve(plot, one, at));
  return html`<figure class="chart" data-chart=${chart.key}>
    <figcaption><b>${title}</b><span class="quiet">${session.chartText(chart.key, 'y')}</span></figcaption>
    ${legend(session, chart)}
    <svg viewBox=${`0 0 ${plot.width} ${plot.height}`} role="img" aria-label=${words}>${axes(plot)}${drawn}</svg>
    ${table(session, chart)}
  </figure>`;
}

/** All charts of the record. */
export function chartsView(session: Session, size: ChartSize = 'whole'): TemplateResult {
  const charts = session.record?.charts ?? [];
  return html`<div class="charts">${charts.map((chart) => chartFigure(session, chart, size))}</div>`;
}
