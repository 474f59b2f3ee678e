/** Who is measured: a model of ours, or a server of somebody else's. All are commands. */
import { MODELS, type ModelInfo } from '../servers.ts';
import type { Cell } from './workload.ts';

/** A server that can be started by a command. */
export interface Contender {
  readonly name: string;
  /** A peer listens on the port that it is given, ours says where it listens. */
  readonly isPeer: boolean;
  /** What it is, in one clause. */
  readonly about: string;
  /** How many clients it serves at once; all others wait until one of them has gone. */
  readonly servesAtOnce: number;
  /** It can watch descriptors numbered below this only. */
  readonly descriptorsBelow: number;
  /** The command and its arguments, given the port. */
  command(port: number): readonly string[];
}

/** What a contender can do of a cell. */
export interface Share {
  readonly connections: number;
  readonly idle: number;
  /** Messages a second over all connections, or null. */
  readonly rate: number | null;
  /** How it differs from what was asked for, or null. */
  readonly note: string | null;
}

/** Descriptors that a process needs for itself: Node's own, its workers', the listener. */
const DESCRIPTORS_OF_PROCESS = 64;
/** The part of its descriptors that a server gives to connections. */
const CONNECTIONS_PART = 0.8;

/** A model of this package, served by `serveCommand` (`node cli.js serve`). */
export function modelContender(model: ModelInfo, serveCommand: readonly string[]): Contender {
  const { name, waits, isBlocking, defaultWorkers, descriptorsBelow } = model;
  const fixed = [...serveCommand, '--model', name, '--json', '--port'];
  return {
    name,
    isPeer: false,
    about: waits,
    servesAtOnce: isBlocking ? defaultWorkers : Number.POSITIVE_INFINITY,
    descriptorsBelow,
    command: (port) => [...fixed, String(port)],
  };
}

/** A server that listens on the port in place of `{port}`. */
export function peerContender(
  name: string,
  argv: readonly string[],
  about = argv.join(' '),
): Contender {
  return {
    name,
    isPeer: true,
    about,
    servesAtOnce: Number.POSITIVE_INFINITY,
    descriptorsBelow: Number.POSITIVE_INFINITY,
    command: (port) => argv.map((word) => word.replaceAll('{port}', String(port))),
  };
}

/** The models that this machine has; `onRefused` hears of the others. */
export function availableModels(
  onRefused: (name: string, reason: string) => void = () => {},
): ModelInfo[] {
  return MODELS.filter((model) => {
    const refused = model.unavailable();
    if (refused !== null) onRefused(model.name, `${refused.reason}; ${refused.remedy}`);
    return refused === null;
  });
}

function whole(value: number): string {
  return value.toLocaleString('en');
}

/**
 * The part of a cell that a contender can do, or the sentence why it can do nothing of it. A model
 * whose workers each sleep in one client is measured with as many clients as it has workers: the
 * others would wait and measure nothing.
 */
export function shareOf(
  { servesAtOnce, descriptorsBelow }: Contender,
  { workload, idle }: Cell,
): Share | string {
  const { connections, rate } = workload;
  if (servesAtOnce !== Number.POSITIVE_INFINITY) {
    const serves = `serves ${whole(servesAtOnce)} at once`;
    if (idle > 0) return `${serves}: silent connections would hold all its workers`;
    const most = Math.min(connections, servesAtOnce);
    if (most === connections) return { connections, idle, rate, note: serves };
    const scaled = rate === null ? null : Math.max(1, Math.round((rate * most) / connections));
    return {
      connections: most,
      idle,
      rate: scaled,
      note: `${serves}, measured with ${whole(most)}`,
    };
  }
  const room = descriptorsBelow - DESCRIPTORS_OF_PROCESS - connections;
  if (idle <= room) return { connections, idle, rate, note: null };
  const limit = `watches descriptors below ${whole(descriptorsBelow)} only`;
  // One row at the limit, and none beyond it that would say the same.
  if (idle >= room * BEYOND) return `${limit}: it stops at ${whole(room)} silent connections`;
  return {
    connections,
    idle: room,
    rate,
    note: `${limit}: ${whole(room)} silent, not ${whole(idle)}`,
  };
}

/** A level so many times above the limit is left out. */
const BEYOND = 2;

/** How many descriptors a server process needs to take part in all of these cells. */
export function descriptorsNeeded(cells: readonly Cell[]): number {
  const most = Math.max(0, ...cells.map(({ workload, idle }) => workload.connections + idle));
  return Math.ceil((most + DESCRIPTORS_OF_PROCESS) / CONNECTIONS_PART);
}
