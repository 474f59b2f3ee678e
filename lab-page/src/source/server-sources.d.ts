/** What the build puts in place of this module: the program of every model, by its name. */
declare module 'virtual:server-sources' {
  import type { ServerProgram } from './read-program.ts';

  export const PROGRAMS: Readonly<Record<string, ServerProgram>>;
}
