/** What every model must do, whichever calls it rests on: one suite, run over all of them. */
import { acceptingCases } from './server-accepting.ts';
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
  accepting: acceptingCases,
  stopping: stoppingCases,
  process: processCases,
};

/**
 * Where a server takes seconds to start, not every model runs every group: `echo epoll:echo,stopping`
 * is the first for all and the second for one.
 */
function wantedGroups({ model }: ServerSuite): readonly string[] {
  const choices = (process.env['POLYIO_TEST_SERVER_GROUPS'] ?? '').split(' ');
  const own = choices.find((choice) => choice.startsWith(`${model}:`));
  const groups = own?.slice(model.length + 1) ?? choices[0] ?? '';
  return groups === '' ? Object.keys(GROUPS) : groups.split(',');
}

export function serverCases(suite: ServerSuite): void {
  const wanted = wantedGroups(suite);
  const leftOut = Object.keys(GROUPS).filter((name) => !wanted.includes(name));
  for (const name of wanted) GROUPS[name]?.(suite);
  if (leftOut.length === 0) return;
  const skip = 'servers start slowly here, so POLYIO_TEST_SERVER_GROUPS leaves them out';
  serverCase(suite, `the cases of ${leftOut.join(', ')}`, async () => {}, { skip });
}
