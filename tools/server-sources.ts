/**
 * The programs of the models as a module of the lab's page: `virtual:server-sources`. They are read
 * when the page is built, so that it shows the lines that run, and no copy that has aged.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { readProgram, type ServerProgram } from '../lab-page/src/source/read-program.ts';

const MODULE = 'virtual:server-sources';
/** How Vite marks a module that is no file. */
const RESOLVED = `\0${MODULE}`;

/** What Vite asks of a plugin that makes one module. */
export interface ModulePlugin {
  readonly name: string;
  resolveId(id: string): string | undefined;
  load(id: string): string | undefined;
}

/** The programs in a folder: the files whose steps are marked, by the model that each is named after. */
export function readPrograms(folder: URL): Record<string, ServerProgram> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
  const programs = files.sort().map((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    return readProgram(file.replace(/\.ts$/, ''), `src/servers/${file}`, text);
  });
  const marked = programs.filter(({ steps }) => steps.length > 0);
  return Object.fromEntries(marked.map((program) => [program.model, program]));
}

/** The plugin that puts the programs of a folder into the page. */
export function serverSources(folder: URL): ModulePlugin {
  return {
    name: 'polyio-server-sources',
    resolveId: (id) => (id === MODULE ? RESOLVED : undefined),
    load(id) {
      if (id !== RESOLVED) return undefined;
      return `export const PROGRAMS = ${JSON.stringify(readPrograms(folder))};`;
    },
  };
}
