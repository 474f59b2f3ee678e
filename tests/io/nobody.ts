/** Programs without the rights of root, to see what a user is refused. */
import { type Ended, runSource } from '../harness/child.ts';

const INDEX = new URL('../../src/index.js', import.meta.url).href;
/** The user and group that own nothing. */
const NOBODY = 65_534;

/** Why no program can be run as somebody else, or false. */
export const notRoot: string | false =
  process.getuid?.() === 0 ? false : 'only root can become another user';

/** Runs source text as user nobody; the named exports of polyio are in scope. */
export function asNobody(names: string, source: string): Promise<Ended> {
  // The foreign library is loaded before: its files need not be readable to everybody.
  return runSource(`
    import { Pipe, ${names} } from ${JSON.stringify(INDEX)};
    Pipe.open().close();
    process.setgroups([]);
    process.setgid(${NOBODY});
    process.setuid(${NOBODY});
    ${source}
  `);
}
