/** What a scene with a program of its own is told, and what it leaves. */
import type { LabRecord, SceneRequest } from '../document.ts';

/** A run of a scene. */
export interface SceneContext {
  readonly request: SceneRequest;
  /** Ends it, whatever it is doing; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How many events of a server there is room for; left out, what the recorder takes. */
  readonly capacity?: number | undefined;
  /** Step `step` of `of` begins, `label` being a model or a key of the page's dictionary below `run.`. */
  progress(step: number, of: number, label: string): void;
}

/** What a scene has found. */
export type Findings = Pick<LabRecord, 'runs' | 'charts' | 'facts'>;

export type SceneProgram = (context: SceneContext) => Promise<Findings>;
