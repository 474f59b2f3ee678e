/** The recordings of the lab as files of its page: `recorded/` beside the page's own. */
import { readdirSync, readFileSync } from 'node:fs';

interface EmittedFile {
  readonly type: 'asset';
  readonly fileName: string;
  readonly source: string;
}

/** What Vite asks of a plugin that adds files. */
export interface FilesPlugin {
  readonly name: string;
  generateBundle(this: { emitFile(file: EmittedFile): unknown }): void;
}

/** The plugin that puts the recordings of a folder beside the page. */
export function recordedScenes(folder: URL): FilesPlugin {
  return {
    name: 'polyio-recorded-scenes',
    generateBundle() {
      for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
        const source = readFileSync(new URL(file, folder), 'utf8');
        this.emitFile({ type: 'asset', fileName: `recorded/${file}`, source });
      }
    },
  };
}
