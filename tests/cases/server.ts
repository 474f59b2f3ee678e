/** What every model must do, whichever calls it rests on: one suite, run over all of them. */
import { callbackCases } from './server-callbacks.ts';
import { echoCases } from './server-echo.ts';
import { endingCases } from './server-endings.ts';
import { limitCases } from './server-limits.ts';
import { processCases } from './server-process.ts';
import { startingCases } from './server-starting.ts';
import { stoppingCases } from './server-stopping.ts';
import type { ServerSuite } from './server-suite.ts';
import { writingCases } from './server-writing.ts';

export type { ServerSuite } from './server-suite.ts';

export function serverCases(suite: ServerSuite): void {
  echoCases(suite);
  endingCases(suite);
  writingCases(suite);
  callbackCases(suite);
  limitCases(suite);
  startingCases(suite);
  stoppingCases(suite);
  processCases(suite);
}
