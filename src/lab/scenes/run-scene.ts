/** Running a scene: from what a visitor asks for to what it leaves behind. */
import { UnsupportedError } from '../../errors.ts';
import { type ModelName, modelInfo } from '../../servers.ts';
import { requireLinux } from '../../sys/linux/presence.ts';
import type { LabRecord, LabRun, SceneRequest } from '../document.ts';
import { thisMachine } from '../record/machine.ts';
import { record } from '../record/recorder.ts';
import { findingsOf } from './comparing.ts';
import { PROGRAMS } from './programs.ts';
import type { Findings, SceneContext } from './scene-program.ts';
import { type CheckedRequest, checkRequest } from './scene-request.ts';

/** How far a scene is. */
export interface Progress {
  /** What it does now, from 1. */
  readonly step: number;
  readonly of: number;
  /** A model, or a key of the page's dictionary below `run.`. */
  readonly label: string;
}

/** What a run of a scene is told beside the request. */
export interface SceneOptions {
  /** Ends the run at once; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How many events of a server there is room for; left out, what the recorder takes. */
  readonly capacity?: number | undefined;
  /** Called at the start of each step. */
  readonly progress?: ((progress: Progress) => void) | undefined;
}

function requireModel(name: ModelName): void {
  const refused = modelInfo(name).unavailable();
  if (refused !== null) throw new UnsupportedError(refused);
}

/** The models that a visitor names, one after the other, under the same script. */
async function compareModels(request: CheckedRequest, context: SceneContext): Promise<Findings> {
  const { scene, models, scenario, clients, messages, bytes, delayMs, seed } = request;
  const { signal, capacity } = context;
  const room = capacity === undefined ? {} : { capacity };
  const runs: LabRun[] = [];
  for (const [index, model] of models.entries()) {
    context.progress(index + 1, models.length, model);
    const script = { scenario, clients, messages, bytes, delayMs, seed };
    const abort = signal === undefined ? {} : { signal };
    const trace = await record({ model, ...script, ...room, ...abort });
    runs.push({ label: model, trace });
  }
  return await findingsOf(scene, runs, context);
}

async function find(request: CheckedRequest, context: SceneContext): Promise<Findings> {
  const { scene, models } = request;
  const program = PROGRAMS[scene];
  if (program !== undefined) return program(context);
  if (models.length > 0) return compareModels(request, context);
  throw new TypeError(`the scene ${scene} cannot be run, only shown as it was recorded`);
}

/**
 * Runs a scene. Nothing of it is left when the promise settles, however it does.
 *
 * Rejects with TypeError and RangeError for a request, with UnsupportedError when a model cannot run
 * here or this is not Linux, with the signal's reason.
 */
export async function runScene(
  request: SceneRequest,
  { signal, capacity, progress }: SceneOptions = {},
): Promise<LabRecord> {
  const checked = checkRequest(request);
  requireLinux('a scene of the lab', 'run it on Linux; recorded scenes can be shown anywhere');
  for (const model of checked.models) requireModel(model);
  signal?.throwIfAborted();
  const recordedAt = new Date().toISOString();
  const findings = await find(checked, {
    request: checked,
    signal,
    capacity,
    progress: (step, of, label) => progress?.({ step, of, label }),
  });
  const machine = thisMachine();
  return { request: checked, source: 'kernel', recordedAt, machine, ...findings };
}
