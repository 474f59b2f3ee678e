/** The timeline: a run, or several, on one time axis. */
export { type LayoutOptions, layoutTimeline, RUNS_MAX, type TimelineLayout } from './layout.ts';
export { type SvgOptions, toSvg } from './svg.ts';
