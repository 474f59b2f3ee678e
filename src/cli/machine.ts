/** What `doctor` looks at: the machine, every model on it, and what is worth knowing about both. */
import { UnsupportedError } from '../errors.ts';
import { describeHost } from '../platform/host.ts';
import { polyioVersion } from '../platform/version.ts';
import { chooseModel, MODELS, type ModelInfo } from '../servers.ts';
import { foreignVersion } from '../sys/ffi.ts';
import { descriptorLimit } from '../sys/limits.ts';

/** One model on this machine. */
export interface ModelState {
  readonly model: string;
  readonly works: boolean;
  /** How it waits; null for a model that this version does not have. */
  readonly waits: string | null;
  /** How it was verified, where that was not on the kernel itself; else null. */
  readonly verified: string | null;
  /** Why it does not work, and what to do; null when it works. */
  readonly reason: string | null;
  readonly remedy: string | null;
}

/** All that `doctor` knows; its JSON form has these keys. */
export interface Examination {
  readonly polyio: string;
  readonly os: string;
  readonly kernel: string;
  readonly architecture: string;
  readonly cpus: number;
  readonly node: string;
  readonly koffi: string | null;
  readonly descriptorLimit: number | null;
  readonly defaultModel: string | null;
  readonly models: readonly ModelState[];
  readonly hints: readonly string[];
}

/** The day after which a release line of Node gets no more fixes (the calendar of nodejs/Release). */
const END_OF_LIFE: Readonly<Record<number, string>> = {
  20: '2026-04-30',
  21: '2024-06-01',
  22: '2027-04-30',
  23: '2025-06-01',
  24: '2028-04-30',
  25: '2026-06-01',
  26: '2029-04-30',
};

const MANY_DESCRIPTORS = 4_096;
const FRACTION_OF_DESCRIPTORS = 0.8;

/** Null where the kernel boundary cannot be had: the models then say why. */
function unlessUnsupported<T>(ask: () => T): T | null {
  try {
    return ask();
  } catch (error) {
    if (error instanceof UnsupportedError) return null;
    throw error;
  }
}

function stateOf({ name, waits, verified, unavailable }: ModelInfo): ModelState {
  const refused = unavailable();
  const { reason = null, remedy = null } = refused ?? {};
  return { model: name, works: refused === null, waits, verified, reason, remedy };
}

function hintsAbout(node: string, descriptors: number | null): string[] {
  const hints: string[] = [];
  const lastDay = END_OF_LIFE[Number.parseInt(node.slice(1), 10)];
  if (lastDay !== undefined && Date.now() > Date.parse(`${lastDay}T23:59:59Z`)) {
    hints.push(`Node ${node} gets no more fixes since ${lastDay}; Node 24 or later is recommended`);
  }
  if (descriptors !== null && descriptors < MANY_DESCRIPTORS) {
    const room = Math.max(1, Math.floor(descriptors * FRACTION_OF_DESCRIPTORS));
    hints.push(
      `${descriptors} descriptors allow ${room} connections at once (80 %); raise the hard limit (ulimit -Hn) for more`,
    );
  }
  return hints;
}

/** Asks the kernel about everything. */
export function examine(): Examination {
  const { platform, kernel, arch, cpus, node } = describeHost();
  const limit = unlessUnsupported(descriptorLimit);
  const descriptors = limit === null || limit < 0 ? null : limit;
  return {
    polyio: polyioVersion(),
    os: platform,
    kernel,
    architecture: arch,
    cpus,
    node,
    koffi: unlessUnsupported(foreignVersion)?.replace(/^koffi /, '') ?? null,
    descriptorLimit: descriptors,
    defaultModel: unlessUnsupported(() => chooseModel('default').model.name),
    models: MODELS.map(stateOf),
    hints: hintsAbout(node, descriptors),
  };
}
