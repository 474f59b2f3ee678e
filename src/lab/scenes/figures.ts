/** What scenes make figures of: calls by name, medians, charts and facts. */
import type { Trace, TraceEvent } from '../../trace.ts';
import type { Chart, ChartSeries, Fact } from '../document.ts';

/** The calls of a name, by start; of one thread where `writer` names it. */
export function callsOf({ events, writers }: Trace, name: string, writer?: string): TraceEvent[] {
  return events.filter((event) => {
    if (event.kind !== 'call' || event.name !== name) return false;
    return writer === undefined || writers[event.writer]?.name === writer;
  });
}

/** How long an event took, in nanoseconds. */
export function lengthOf({ start, end }: TraceEvent): number {
  return end - start;
}

/** The middle one; of none, 0. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

export function fact(key: string, values: Fact['values'] = {}): Fact {
  return { key, values };
}

/** Curves; on logarithmic axes where `scale` says so. */
export function lines(
  key: string,
  unit: Chart['unit'],
  series: readonly ChartSeries[],
  scale: Chart['scale'] = { x: 'linear', y: 'linear' },
): Chart {
  return { key, kind: 'lines', scale, unit, series };
}

/** One bar for each value. */
export function bars(
  key: string,
  unit: string,
  values: readonly (readonly [tick: string, value: number])[],
  scale: 'linear' | 'log' = 'linear',
): Chart {
  return {
    key,
    kind: 'bars',
    scale: { x: 'linear', y: scale },
    unit: { x: '', y: unit },
    ticks: values.map(([tick]) => tick),
    series: [{ label: key, points: values.map(([, value], index) => [index, value]) }],
  };
}
