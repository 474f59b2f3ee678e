/** What every completion queue must do, whichever kernel interface it rests on. */
import assert from 'node:assert/strict';
import type { CompletionQueue, CompletionQueueOptions, Operation } from '../../src/completion.ts';
import { SystemError } from '../../src/errors.ts';
import { test } from '../harness/test.ts';
import { cancelling } from './completion-cancelling.ts';
import { closing } from './completion-closing.ts';
import { files } from './completion-files.ts';
import { multishot } from './completion-multishot.ts';
import { order } from './completion-order.ts';
import { schedules } from './completion-schedules.ts';
import { sockets } from './completion-sockets.ts';
import { waiting } from './completion-waiting.ts';
import { Descriptors } from './selector-descriptors.ts';

export interface CompletionSuite {
  /** What the titles begin with: the model, and what is forced on it. */
  readonly name: string;
  readonly open: (options?: CompletionQueueOptions) => CompletionQueue;
  /** Each accept of a multishot operation is one of its own. */
  readonly acceptsOneByOne?: boolean;
  /** Cases that cannot hold for this back end: title and reason. */
  readonly skip?: Readonly<Record<string, string>>;
}

/** One case: it gets an open queue and whatever descriptors it asks for. */
export type Case = (queue: CompletionQueue, fds: Descriptors, suite: CompletionSuite) => unknown;

/** Sizes: what the name promises when everything is tried, less in between. */
export function full(size: number, otherwise: number): number {
  return process.env['POLYIO_TEST_FULL'] === '1' ? size : otherwise;
}

/** Waits until one operation is done; its result. */
export function finish<Result>(queue: CompletionQueue, operation: Operation<Result>): Result {
  while (!operation.done) assert.notEqual(queue.wait().length, 0, 'nothing is left to wait for');
  return operation.result();
}

/** The code of the error with which an operation that is done failed. */
export function codeOf(operation: Operation<unknown>): string {
  assert.ok(operation.done, 'the operation is not done');
  try {
    operation.result();
  } catch (error) {
    assert.ok(error instanceof SystemError, String(error));
    return error.code;
  }
  return 'success';
}

/** Runs the cases over one back end. */
export function completionCases(suite: CompletionSuite): void {
  const cases = {
    ...sockets,
    ...files,
    ...waiting,
    ...order,
    ...cancelling,
    ...closing,
    ...multishot,
    ...schedules,
  };
  for (const title of Object.keys(suite.skip ?? {})) assert.ok(title in cases, `no case: ${title}`);
  for (const [title, body] of Object.entries(cases)) {
    const run = async () => {
      using fds = new Descriptors();
      using queue = suite.open();
      await body(queue, fds, suite);
    };
    test(`${suite.name}: ${title}`, run, { skip: suite.skip?.[title] ?? false, limitMs: 60_000 });
  }
}
