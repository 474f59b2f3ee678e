/** The timeline: runs on one time axis. All that is here is pure; element.ts is what is not. */
export {
  type Band,
  type Group,
  type Lane,
  type LayoutOptions,
  layoutTimeline,
  RUNS_MAX,
  type TimelineLayout,
} from './layout.ts';
export { nowLine, stepFrom, type TableRow, tableRows } from './moments.ts';
export type { Theme } from './style.ts';
export { type SvgOptions, toSvg } from './svg.ts';
export { pleasantSpeed, SPEEDS } from './transport.ts';
