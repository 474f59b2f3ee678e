/** Stands where the timeline will be. */
import type { LabRun } from '../../../src/lab/document.ts';

export function layoutTimeline(runs: readonly LabRun[], _: object): readonly LabRun[] {
  return runs;
}

export function toSvg(_: readonly LabRun[], __: object): string {
  return '<svg xmlns="http://www.w3.org/2000/svg"></svg>';
}
