/** What the page and the server of the lab say to each other: types and names only, no code. */
import type { TraceMachine } from '../../trace.ts';

/** The header that carries the token of the address with every request below `/api/`. */
export const TOKEN_HEADER = 'x-polyio-token';

/** Where the page asks. */
export const PATH = { info: '/api/info', run: '/api/run' } as const;

/** One model on this machine. */
export interface ModelChoice {
  readonly name: string;
  readonly family: string;
  readonly isAvailable: boolean;
  /** Why it does not run here, and what to do; null when it does. */
  readonly reason: string | null;
  readonly remedy: string | null;
}

/** How much may be asked for. Times are milliseconds. */
export interface Limits {
  readonly models: number;
  readonly clients: number;
  /** Clients that do nothing but be there, in the scenes about them. */
  readonly idleClients: number;
  readonly messages: number;
  readonly bytes: number;
  readonly delayMs: number;
  readonly seed: number;
  readonly lengthMs: number;
}

/** The answer to `GET /api/info`. */
export interface Info {
  readonly version: string;
  readonly machine: TraceMachine;
  readonly models: readonly ModelChoice[];
  readonly limits: Limits;
  /** Whether a run is going on: another one would be refused. */
  readonly isBusy: boolean;
}

/** A line of the answer to `POST /api/run`, which takes a SceneRequest. */
export type RunEvent =
  | {
      readonly event: 'progress';
      /** What it does now, from 1. */
      readonly step: number;
      readonly of: number;
      /** A model, or a key of the page's dictionary below `run.`. */
      readonly label: string;
    }
  /** The last line. The record as `writeRecord` writes it, parsed. */
  | { readonly event: 'record'; readonly record: unknown }
  /** Or this: why there is none, in one sentence. */
  | { readonly event: 'failed'; readonly reason: string };

/** The body of every answer that is not 200. */
export interface Refusal {
  /** One sentence. */
  readonly reason: string;
}
