/**
 * What the clients of a run do, and when: a list made of a seed before anything starts, so that two
 * models get the same one to the millisecond.
 */
import { asInteger } from '../../platform/integers.ts';
import { SCENARIOS, type Scenario } from '../../trace.ts';

/** One thing that a client does, `at` so many milliseconds after the run began. */
export interface Step {
  readonly at: number;
  readonly act: 'connect' | 'send' | 'pause' | 'resume' | 'half-close' | 'reset';
  /** For `send`: how many bytes. */
  readonly bytes: number;
  /** For `send`: whether a message ends with them. */
  readonly isMessage: boolean;
}

/** What is scripted, and how large it is. */
export interface ScriptOptions {
  /** @default 'steady' */
  readonly scenario?: Scenario;
  /** How many clients there are, 1 to 64. @default 3 */
  readonly clients?: number;
  /** How many messages each of them sends, 1 to 10,000. @default 10 */
  readonly messages?: number;
  /** The size of a message, 1 byte to 1 MiB. @default 64 */
  readonly bytes?: number;
  /** Milliseconds between the messages of a client, 0 to 2,000; a fifth of it is left to chance. @default 50 */
  readonly delayMs?: number;
  /** What decides everything that is left to chance, 0 to 2^32-1. @default 1 */
  readonly seed?: number;
  /** Milliseconds by which each client comes later than the one before, 0 to 2,000. @default 0 */
  readonly apartMs?: number;
}

/** What the clients do; `steps[client]` in the order of time. */
export interface Script extends Required<ScriptOptions> {
  readonly steps: readonly (readonly Step[])[];
  /** When the last step is due, in milliseconds. */
  readonly lengthMs: number;
}

/** How large a script may be. Times are milliseconds: a run has to end while somebody watches. */
export const SCRIPT_LIMITS = {
  clients: 64,
  messages: 10_000,
  bytes: 1_048_576,
  delayMs: 2_000,
  seed: 2 ** 32 - 1,
  lengthMs: 60_000,
} as const;

/** All messages of a run together. */
const TOTAL_BYTES_MAX = 268_435_456;

const JITTER = 0.2;
const PIECES = 3;
const BURST = 4;
/** A reader is slow compared with this much data. */
const SLOW_READER_BYTES = 1_048_576;

/** Numbers from 0 to 1 that a seed decides. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}

function isScenario(name: string): name is Scenario {
  return Object.hasOwn(SCENARIOS, name);
}

function check(options: ScriptOptions): Required<ScriptOptions> {
  const { scenario = 'steady', clients = 3, messages = 10 } = options;
  const { bytes = 64, delayMs = 50, seed = 1, apartMs = 0 } = options;
  if (!isScenario(scenario)) {
    const names = Object.keys(SCENARIOS).join(', ');
    throw new TypeError(`unknown scenario '${scenario}'; the scenarios are ${names}`);
  }
  asInteger(clients, 'clients', 1, SCRIPT_LIMITS.clients);
  asInteger(messages, 'messages', 1, SCRIPT_LIMITS.messages);
  asInteger(bytes, 'bytes', 1, SCRIPT_LIMITS.bytes);
  asInteger(delayMs, 'delayMs', 0, SCRIPT_LIMITS.delayMs);
  asInteger(apartMs, 'apartMs', 0, SCRIPT_LIMITS.delayMs);
  asInteger(seed, 'seed', 0, SCRIPT_LIMITS.seed);
  return { scenario, clients, messages, bytes, delayMs, seed, apartMs };
}

function step(at: number, act: Step['act'], bytes = 0, isMessage = false): Step {
  return { at: Math.round(at * 1_000) / 1_000, act, bytes, isMessage };
}

/** The times at which a client sends its messages. */
function sendTimes({ messages, delayMs, scenario }: Required<ScriptOptions>, random: () => number) {
  const times: number[] = [];
  // Of a burst the instant is the same for all, so that chance has no say in it.
  const isBurst = scenario === 'burst';
  let at = isBurst ? delayMs : delayMs * random();
  for (let message = 0; message < messages; message++) {
    times.push(at);
    if (isBurst && (message + 1) % BURST !== 0) continue;
    at += delayMs * (isBurst ? 1 : 1 + JITTER * (2 * random() - 1));
  }
  return times;
}

/** A message in pieces, the pause before the last one taking most of the time. */
function pieces(at: number, { bytes, delayMs }: Required<ScriptOptions>): Step[] {
  const count = Math.min(PIECES, bytes);
  const size = Math.floor(bytes / count);
  return Array.from({ length: count }, (_, piece) => {
    const isLast = piece === count - 1;
    const length = isLast ? bytes - size * (count - 1) : size;
    const after = isLast ? delayMs * 0.6 : delayMs * 0.05 * piece;
    return step(at + after, 'send', length, isLast);
  });
}

function stepsOf(client: number, options: Required<ScriptOptions>, random: () => number): Step[] {
  const { scenario, delayMs, bytes } = options;
  const isFirst = client === 0;
  const isSlowReader = scenario === 'slow-reader' && isFirst;
  const size = isSlowReader ? Math.max(bytes, SLOW_READER_BYTES) : bytes;
  const times = sendTimes(options, random);
  const steps = [step(0, 'connect')];
  if (isSlowReader) steps.push(step(0, 'pause'));
  for (const at of times) {
    if (scenario === 'slow-sender') steps.push(...pieces(at, options));
    else steps.push(step(at, 'send', size, true));
  }
  const last = (steps.at(-1) as Step).at;
  if (isSlowReader) steps.push(step(last + delayMs, 'resume'));
  if (scenario === 'half-close') steps.push(step(last, 'half-close'));
  if (scenario !== 'reset' || !isFirst) return steps;
  const kept = Math.max(1, Math.ceil(times.length / 2));
  const broken = steps.slice(0, 1 + kept);
  return [...broken, step((broken.at(-1) as Step).at + delayMs / 2, 'reset')];
}

/**
 * Makes a script. The same options give the same one, whatever runs it.
 *
 * Throws TypeError for a scenario that there is not, RangeError for a number outside its range or
 * for a script that would take longer
 * than a minute or move more than 256 MiB.
 */
export function createScript(options: ScriptOptions = {}): Script {
  const checked = check(options);
  const random = createRandom(checked.seed);
  const steps = Array.from({ length: checked.clients }, (_, client) => {
    const after = client * checked.apartMs;
    return stepsOf(client, checked, random).map((each) => ({ ...each, at: each.at + after }));
  });
  const total = steps.flat().reduce((sum, { bytes }) => sum + bytes, 0);
  if (total > TOTAL_BYTES_MAX) {
    throw new RangeError(
      `clients, messages and bytes make ${total} bytes, ${TOTAL_BYTES_MAX} are the limit`,
    );
  }
  const lengthMs = Math.max(...steps.map((list) => (list.at(-1) as Step).at));
  if (lengthMs > SCRIPT_LIMITS.lengthMs) {
    throw new RangeError(
      `messages and delayMs make a run of ${Math.ceil(lengthMs / 1_000)} s, ${SCRIPT_LIMITS.lengthMs / 1_000} s are the limit`,
    );
  }
  return { ...checked, steps, lengthMs };
}
