/** What every model must do, whichever calls it rests on: one suite, run over all of them. */
import { callbackCases } from './server-callbacks.ts';
import { echoCases } from './server-echo.ts';
import { endingCases } from './server-endings.ts';
import { limitCases } from './server-limits.ts';
import { processCases } from './server-process.ts';
import { startingCases } from './server-starting.ts';
import { stoppingCases } from './server-stopping.ts';
import { type ServerSuite, serverCase } from './server-suite.ts';
import { writingCases } from './server-writing.ts';

export type { ServerSuite } from './server-suite.ts';

const GROUPS: Readonly<Record<string, (suite: ServerSuite) => void>> = {
  echo: echoCases,
  endings: endingCases,
  writing: writingCases,
  callbacks: callbackCases,
  limits: limitCases,
  starting: startingCases,
  stopping: stoppingCases,
  process: processCases,
};

/** Where a server takes seconds to start, these models run every group and the others those. */
const WANTED = process.env['POLYIO_TEST_SERVER_GROUPS']?.split(',') ?? [];
const COMPLETE: readonly string[] = ['epoll', 'iocp'];

export function serverCases(suite: ServerSuite): void {
  const isWanted = (name: string) =>
    WANTED.length === 0 || COMPLETE.includes(suite.model) || WANTED.includes(name);
  const leftOut = Object.keys(GROUPS).filter((name) => !isWanted(name));
  for (const [name, cases] of Object.entries(GROUPS)) if (isWanted(name)) cases(suite);
  if (leftOut.length === 0) return;
  const skip = `POLYIO_TEST_SERVER_GROUPS leaves them to ${COMPLETE.join(', ')}`;
  serverCase(suite, `the cases of ${leftOut.join(', ')}`, async () => {}, { skip });
}
