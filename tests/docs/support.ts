/** What this kernel lacks, as `polyio doctor` tells it: a block about such a model cannot run here. */
import { polyio } from '../cli/polyio-process.ts';

interface ModelState {
  readonly model: string;
  readonly works: boolean;
  readonly reason: string | null;
}

let asked: Promise<readonly ModelState[]> | undefined;

async function ask(): Promise<readonly ModelState[]> {
  const { stdout } = await polyio(['doctor', '--json']);
  // A build that cannot even say what works has no excuse.
  return stdout === '' ? [] : (JSON.parse(stdout) as { models: ModelState[] }).models;
}

/** Why a model does not work here, or null when it does. */
export async function whyNot(model: string): Promise<string | null> {
  asked ??= ask();
  const state = (await asked).find((candidate) => candidate.model === model);
  return state === undefined || state.works ? null : `${model} does not work here: ${state.reason}`;
}
