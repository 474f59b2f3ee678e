/**
 * The files of the built page. Only what was there when the server started can be asked for, by the
 * very name it has: a path is looked up and never put together, so none leads elsewhere.
 */
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../../../page', import.meta.url));
const INDEX = '/index.html';

const KINDS: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** What another build gives another name, or what does not matter. */
const LASTING = new Set(['.css', '.ico', '.js', '.png', '.svg', '.woff2']);

/** A file as it is sent. */
export interface PageFile {
  readonly kind: string;
  /** Whether a browser may keep it. */
  readonly isLasting: boolean;
  readonly content: Buffer;
}

export class PageFiles {
  readonly #paths = new Map<string, string>();

  /** Throws Error when there is no page in the folder. */
  constructor(folder = PAGE) {
    const entries = listFolder(folder);
    for (const path of entries) {
      this.#paths.set(`/${relative(folder, path).split(sep).join('/')}`, path);
    }
    const index = this.#paths.get(INDEX);
    if (index === undefined) {
      throw new Error(`there is no page of the lab in ${folder}; npm run build makes it`);
    }
    this.#paths.set('/', index);
  }

  /** The file that a path names, or null when it names none. */
  async read(path: string): Promise<PageFile | null> {
    const file = this.#paths.get(path);
    if (file === undefined) return null;
    const ending = extname(file);
    const kind = KINDS[ending] ?? 'application/octet-stream';
    return { kind, isLasting: LASTING.has(ending), content: await readFile(file) };
  }
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
