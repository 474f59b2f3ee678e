/** A model's program and the loop that it runs on, prepared for one worker. */
import type { BaseConnection } from './base-connection.ts';
import { ServerConnection } from './connection.ts';
import { type Assignment, Loop } from './loop.ts';
import type { ModelName } from './models.ts';

/** The models that have a program; `node-net` lives in Node's own loop. */
export type ProgramName = Exclude<ModelName, 'node-net'>;

/** What a worker runs. */
export interface Program {
  readonly loop: Loop<BaseConnection>;
  /** Occupies the thread until the loop is to end. */
  run(): void;
}

export type Prepare = (assignment: Assignment) => Program;

/** Programs whose connections receive and send by calls of their own. */
export function withCalls(program: (loop: Loop) => void): Prepare {
  return (assignment) => {
    const loop: Loop = new Loop(
      assignment,
      (id, fd, address) => new ServerConnection(loop, id, fd, address),
    );
    return { loop, run: () => program(loop) };
  };
}
