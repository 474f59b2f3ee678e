/** Programs without the rights of root, to see what a user is refused. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Ended, runSource } from './child.ts';
import { emulatorLacks } from './emulator.ts';

const INDEX = new URL('../../src/index.js', import.meta.url);
/** The user and group that own nothing. */
export const NOBODY = 65_534;

/** Why no program is run as somebody else, or false. */
export const notRoot: string | false =
  process.getuid?.() === 0
    ? emulatorLacks('takes seconds to start one, and the rights of a user depend on no processor')
    : 'only root can become another user';

/** Why nobody cannot load polyio from here, or false. */
export function unreadable(): string | false {
  if (notRoot) return notRoot;
  const options = { uid: NOBODY, gid: NOBODY, stdio: 'ignore' } as const;
  if (spawnSync('cat', [fileURLToPath(INDEX)], options).status === 0) return false;
  return 'the folder of this checkout is closed to other users';
}

/**
 * Runs source text as user nobody, or as the user who is not root already; the named exports of
 * polyio are in scope.
 */
export function asNobody(names: string, source: string): Promise<Ended> {
  // The foreign library is loaded before: its files need not be readable to everybody.
  return runSource(`
    import { Pipe, ${names} } from ${JSON.stringify(INDEX.href)};
    Pipe.open().close();
    if (process.getuid() === 0) {
      process.setgroups([]);
      process.setgid(${NOBODY});
      process.setuid(${NOBODY});
    }
    ${source}
  `);
}
