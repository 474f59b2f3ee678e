/**
 * What a visitor asks for, checked field by field before anything starts. It may come over the
 * network, so nothing of it is believed.
 */
import { asInteger } from '../../platform/integers.ts';
import { MODELS, type ModelName } from '../../servers.ts';
import { SCENARIOS, type Scenario } from '../../trace.ts';
import type { SceneRequest } from '../document.ts';
import { createScript, SCRIPT_LIMITS } from '../record/script.ts';
import { SCENES, type SceneName } from '../scene.ts';

/** How much may be asked for. Times are milliseconds. */
export const LAB_LIMITS = {
  models: 4,
  ...SCRIPT_LIMITS,
  /** Clients that do nothing but be there, in the scenes about them. */
  idleClients: 10_000,
} as const;

/** A request in which every field is there and within its limits. */
export interface CheckedRequest extends Required<SceneRequest> {
  /** Empty for a scene whose program is its own. */
  readonly models: readonly ModelName[];
  readonly scenario: Scenario;
}

const FIELDS: readonly string[] = [
  'scene',
  'models',
  'scenario',
  'clients',
  'messages',
  'bytes',
  'delayMs',
  'seed',
];

const SHOWN_MAX = 40;

/** A value of unknown origin as it may stand in a sentence. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : String(JSON.stringify(value));
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
  return `'${clean.length > SHOWN_MAX ? `${clean.slice(0, SHOWN_MAX)}…` : clean}'`;
}

function isNameIn<Names extends object>(name: unknown, names: Names): name is keyof Names {
  return typeof name === 'string' && Object.hasOwn(names, name);
}

function checkScene(scene: unknown): SceneName {
  if (isNameIn(scene, SCENES)) return scene;
  throw new TypeError(
    `there is no scene ${shown(scene)}; the scenes are ${Object.keys(SCENES).join(', ')}`,
  );
}

function checkModel(name: unknown): ModelName {
  const model = MODELS.find((known) => known.name === name);
  if (model !== undefined) return model.name;
  const names = MODELS.map((known) => known.name).join(', ');
  throw new TypeError(`there is no model ${shown(name)}; the models are ${names}`);
}

function checkModels(given: unknown, scene: SceneName): readonly ModelName[] {
  const usual: readonly string[] = SCENES[scene].models;
  if (given === undefined) return usual.map(checkModel);
  if (!Array.isArray(given)) throw new TypeError(`models must be a list, got ${shown(given)}`);
  if (usual.length === 0 && given.length > 0) {
    throw new TypeError(`the scene ${scene} has a program of its own and compares no models`);
  }
  if (usual.length > 0 && (given.length < 1 || given.length > LAB_LIMITS.models)) {
    throw new RangeError(`models must be 1 to ${LAB_LIMITS.models}, got ${given.length}`);
  }
  const models = given.map(checkModel);
  const twice = models.find((name, index) => models.indexOf(name) !== index);
  if (twice !== undefined) throw new TypeError(`models has ${twice} twice`);
  return models;
}

function checkScenario(name: unknown = 'steady'): Scenario {
  if (isNameIn(name, SCENARIOS)) return name;
  const names = Object.keys(SCENARIOS).join(', ');
  throw new TypeError(`there is no scenario ${shown(name)}; the scenarios are ${names}`);
}

/**
 * Checks a request, and fills in what it leaves out. Throws TypeError for what it cannot mean,
 * RangeError for what is more than the lab does.
 */
export function checkRequest(value: unknown): CheckedRequest {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`a request is an object with a scene, got ${shown(value)}`);
  }
  const strange = Object.keys(value).find((field) => !FIELDS.includes(field));
  if (strange !== undefined) {
    throw new TypeError(`a request has no ${shown(strange)}; it has ${FIELDS.join(', ')}`);
  }
  const given = value as Readonly<Record<string, unknown>>;
  const scene = checkScene(given['scene']);
  const models = checkModels(given['models'], scene);
  const scenario = checkScenario(given['scenario']);
  const most = models.length > 0 ? LAB_LIMITS.clients : LAB_LIMITS.idleClients;
  const integer = (name: string, usual: number, least: number, limit: number): number => {
    const { [name]: number = usual } = given;
    if (typeof number === 'number') return asInteger(number, name, least, limit);
    throw new TypeError(`${name} must be a number, got ${shown(number)}`);
  };
  const script = {
    scenario,
    clients: integer('clients', 3, 1, most),
    messages: integer('messages', 10, 1, LAB_LIMITS.messages),
    bytes: integer('bytes', 64, 1, LAB_LIMITS.bytes),
    delayMs: integer('delayMs', 50, 0, LAB_LIMITS.delayMs),
    seed: integer('seed', 1, 0, LAB_LIMITS.seed),
  };
  if (models.length > 0) checkLength(script, models.length);
  return { scene, models, ...script };
}

function checkLength(script: Parameters<typeof createScript>[0], models: number): void {
  const { lengthMs } = createScript(script);
  const together = lengthMs * models;
  if (together <= LAB_LIMITS.lengthMs) return;
  throw new RangeError(
    `${models} models, ${Math.ceil(lengthMs / 1_000)} s each, make a run of ` +
      `${Math.ceil(together / 1_000)} s, ${LAB_LIMITS.lengthMs / 1_000} s are the limit`,
  );
}
