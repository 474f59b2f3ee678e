/** The view of latencies: a heat map of the round trips of each run, on axes that they share. */
import { html, svg, type TemplateResult } from 'lit';
import type { LabRun } from '../../../src/lab/document.ts';
import { formatTime, type Text } from '../text/text.ts';
import {
  decadesOf,
  edgeOf,
  type HeatMap,
  heatMapOf,
  type RoundTrip,
  roundTripsOf,
} from './round-trips.ts';
import type { Session } from './session.ts';

const COLUMNS = 48;
const ROWS_A_DECADE = 6;
const CELL = { width: 8, height: 7 };
const LEFT = 58;
const BOTTOM = 36;
const TOP = 20;

const known = new WeakMap<LabRun, readonly RoundTrip[]>();

function tripsOf(run: LabRun): readonly RoundTrip[] {
  const found = known.get(run) ?? roundTripsOf(run.trace);
  known.set(run, found);
  return found;
}

function ticks(text: Text, map: HeatMap): TemplateResult[] {
  const { rows, columns, span } = map;
  const height = rows * CELL.height;
  const decades = Array.from({ length: rows / ROWS_A_DECADE + 1 }, (_, index) => {
    const row = index * ROWS_A_DECADE;
    const y = height - row * CELL.height;
    return svg`<line class="grid" x1=${LEFT} x2=${LEFT + columns * CELL.width} y1=${y} y2=${y} />
      <text x=${LEFT - 6} y=${y} class="tick end">${formatTime(text.language, edgeOf(map, row))}</text>`;
  });
  const times = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const x = LEFT + part * columns * CELL.width;
    const where = part === 0 ? 'start' : part === 1 ? 'end' : 'middle';
    return svg`<text x=${x} y=${height + 15} class=${`tick ${where}`}>${formatTime(text.language, part * span)}</text>`;
  });
  const titles = svg`<text x="0" y=${8 - TOP} class="tick">${text.t('latency.axis.y')}</text>
    <text x=${LEFT + columns * CELL.width} y=${height + 31} class="tick end">${text.t('latency.axis.x')}</text>`;
  return [...decades, ...times, titles];
}

function cells(text: Text, map: HeatMap): TemplateResult[] {
  const height = map.rows * CELL.height;
  return map.cells.map(({ column, row, count }) => {
    const words = text.t('latency.cell', {
      n: count,
      from: edgeOf(map, row),
      to: edgeOf(map, row + 1),
      start: (column / map.columns) * map.span,
      end: ((column + 1) / map.columns) * map.span,
    });
    const strength = 0.35 + 0.65 * Math.sqrt(count / map.most);
    return svg`<rect class="heat" x=${LEFT + column * CELL.width} y=${height - (row + 1) * CELL.height}
      width=${CELL.width - 1} height=${CELL.height - 1} rx="1.5" fill-opacity=${strength.toFixed(2)}><title>${words}</title></rect>`;
  });
}

function heatMap(session: Session, run: LabRun, map: HeatMap): TemplateResult {
  const { text } = session;
  const { roundTrip } = run.trace.summary;
  const trips = tripsOf(run);
  const words = text.t('latency.caption', {
    model: session.labelOf(run.label),
    n: trips.length,
    p50: roundTrip.median,
    p99: roundTrip.p99,
    max: trips.reduce((most, { length }) => Math.max(most, length), 0),
  });
  const width = LEFT + map.columns * CELL.width + 4;
  const height = map.rows * CELL.height + BOTTOM;
  return html`<figure>
    <svg viewBox=${`0 ${-TOP} ${width} ${height + TOP}`} role="img" aria-label=${words}>
      ${ticks(text, map)} ${cells(text, map)}
    </svg>
    <figcaption>${words}</figcaption>
  </figure>`;
}

export function latencyView(session: Session): TemplateResult {
  const { record, text } = session;
  const runs = (record?.runs ?? []).filter((run) => tripsOf(run).length > 0);
  if (runs.length === 0) return html`<p class="quiet">${text.t('latency.none')}</p>`;
  const { least, longest } = decadesOf(
    runs.flatMap((run) => tripsOf(run).map(({ length }) => length)),
  );
  const rows = Math.round(Math.log10(longest / least)) * ROWS_A_DECADE;
  const span = Math.max(...runs.map(({ trace }) => trace.window[1] - trace.window[0]));
  const axes = { columns: COLUMNS, rows, span, least, longest };
  return html`<h3>${text.t('latency.title')}</h3>
    <div class="heats">
      ${runs.map((run) => heatMap(session, run, heatMapOf(tripsOf(run), axes)))}
    </div>
    <p class="quiet">${text.t('latency.darker')}</p>`;
}
