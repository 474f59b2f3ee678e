/**
 * What a scene of the lab leaves behind: traces, charts and single figures, as plain data. Words are
 * keys of the page's dictionaries, so that one recording can be read in every language.
 */
import type { Trace, TraceMachine } from '../trace.ts';
import type { SceneName } from './scene.ts';

/** What the calls were made to: this kernel, a double of another system's calls, or Wine. */
export type Source = 'kernel' | 'double' | 'wine';

/** What a visitor asks for. */
export interface SceneRequest {
  readonly scene: SceneName;
  /** For scenes that compare models: 1 to 4 of them. */
  readonly models?: readonly string[];
  readonly scenario?: string;
  readonly clients?: number;
  readonly messages?: number;
  readonly bytes?: number;
  readonly delayMs?: number;
  readonly seed?: number;
}

/** One run within a scene. */
export interface LabRun {
  /** The model, or a key of the page's dictionary below `run.`. */
  readonly label: string;
  readonly trace: Trace;
}

/** A curve, or one bar for each point. */
export interface ChartSeries {
  /** A model, a call, or a key of the page's dictionary below `series.`. */
  readonly label: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Chart {
  /** Its title and its axes are `chart.KEY.title`, `.x` and `.y` in the page's dictionary. */
  readonly key: string;
  readonly kind: 'lines' | 'bars';
  readonly scale: { readonly x: 'linear' | 'log'; readonly y: 'linear' | 'log' };
  readonly unit: { readonly x: string; readonly y: string };
  /** For bars: what stands below each, by its x. */
  readonly ticks?: readonly string[];
  readonly series: readonly ChartSeries[];
}

/** A sentence with measured figures: `fact.KEY` in the page's dictionary, with its `{places}` filled. */
export interface Fact {
  readonly key: string;
  readonly values: Readonly<Record<string, number | string>>;
}

/** A recorded scene: what a file holds and what the page shows. */
export interface LabRecord {
  readonly request: SceneRequest;
  readonly source: Source;
  /** ISO 8601. */
  readonly recordedAt: string;
  readonly machine: TraceMachine;
  readonly runs: readonly LabRun[];
  readonly charts: readonly Chart[];
  readonly facts: readonly Fact[];
}
