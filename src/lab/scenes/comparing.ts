/** What the runs of compared models say: sentences and charts, made of their figures alone. */
import type { LabRun } from '../document.ts';
import type { SceneName } from '../scene.ts';
import type { Findings } from './scene-program.ts';

/** Charts and facts of a scene whose models were recorded one after another. */
export function findingsOf(_scene: SceneName, runs: readonly LabRun[]): Findings {
  return { runs, charts: [], facts: [] };
}
