/** What the clients do while a server is measured: a table, and its cells. */

export type WorkloadName =
  | 'ping-pong'
  | 'small'
  | 'many'
  | 'bulk'
  | 'idle'
  | 'churn'
  | 'slow-clients'
  | 'pipelined';

/** One way of using a server. Every message comes back whole before it counts. */
export interface Workload {
  readonly name: WorkloadName;
  /** What happens, in one clause. */
  readonly summary: string;
  readonly connections: number;
  /** The size of a message. */
  readonly bytes: number;
  /** How many messages a connection has under way at once. */
  readonly pipeline: number;
  /** Messages a second over all connections, or null: as fast as they come back. */
  readonly rate: number | null;
  /** Whether each message takes a connection of its own. */
  readonly isChurn: boolean;
  /** Whether it is repeated with ever more connections that stay silent. */
  readonly hasIdle: boolean;
}

function define(
  name: WorkloadName,
  summary: string,
  rest: Partial<Omit<Workload, 'name' | 'summary'>>,
): Workload {
  return {
    name,
    summary,
    connections: 50,
    bytes: 64,
    pipeline: 1,
    rate: null,
    isChurn: false,
    hasIdle: false,
    ...rest,
  };
}

/** Every workload, in the order in which they are shown. */
export const WORKLOADS: readonly Workload[] = [
  define('ping-pong', '1 connection, 64 B there and back', { connections: 1 }),
  define('small', '50 connections, 64 B each', {}),
  define('many', '500 connections, 64 B each', { connections: 500 }),
  define('bulk', '50 connections, 64 KiB each', { bytes: 65_536 }),
  define('idle', '10 active connections, 64 B each, beside silent ones', {
    connections: 10,
    hasIdle: true,
  }),
  define('churn', '50 at once, each connects, sends 64 B and closes', { isChurn: true }),
  define('slow-clients', '200 connections, each sends 64 B every 200 ms', {
    connections: 200,
    rate: 1_000,
  }),
  define('pipelined', '50 connections, 16 messages of 64 B under way on each', { pipeline: 16 }),
];

/** What is measured when nothing else is asked for. */
export const DEFAULT_WORKLOADS: readonly WorkloadName[] = ['small', 'idle'];

/** How many silent connections `idle` has, one after the other. */
export const IDLE_LEVELS: readonly number[] = [0, 100, 1_000, 10_000];

/** One workload with one number of silent connections: what a row of the report is about. */
export interface Cell {
  readonly workload: Workload;
  readonly idle: number;
}

/** The workload of a name, or undefined. */
export function findWorkload(name: string): Workload | undefined {
  return WORKLOADS.find((workload) => workload.name === name);
}

/** The cells of these workloads. */
export function cellsOf(
  workloads: readonly Workload[],
  idleLevels: readonly number[] = IDLE_LEVELS,
): Cell[] {
  return workloads.flatMap((workload) =>
    (workload.hasIdle ? idleLevels : [0]).map((idle) => ({ workload, idle })),
  );
}

/** `small`, or `idle 1,000`. */
export function titleOf({ workload, idle }: Cell): string {
  return workload.hasIdle ? `${workload.name} ${idle.toLocaleString('en')}` : workload.name;
}
