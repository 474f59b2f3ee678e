/** The project's files as a map of path to text: what the checks of our style read. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Paths from the project's root, with `/` between the parts, and what each file holds. */
export type Tree = ReadonlyMap<string, string>;

/** Something that breaks a rule: where, what is wrong, and what to do about it. */
export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly problem: string;
  readonly remedy: string;
}

export const projectRoot = fileURLToPath(new URL('../../', import.meta.url));

const LEFT_OUT = new Set(['node_modules', 'build', '.git', 'package-lock.json']);
const BINARY = new Set(['.png', '.jpg', '.gif', '.ico', '.woff2', '.tgz']);

/** Reads the whole project; pictures are listed with no text. */
export function readTree(root = projectRoot): Tree {
  const tree = new Map<string, string>();
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      if (LEFT_OUT.has(entry.name)) continue;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile()) {
        const isText = !BINARY.has(extname(path));
        tree.set(path, isText ? readFileSync(join(root, path), 'utf8') : '');
      }
    }
  };
  visit('');
  return tree;
}

/** TypeScript sources below one of the folders. */
export function sourcesIn(tree: Tree, ...folders: readonly string[]): [string, string][] {
  return [...tree].filter(
    ([path]) => path.endsWith('.ts') && folders.some((folder) => path.startsWith(`${folder}/`)),
  );
}

/** One line per violation, in the form that editors and terminals make clickable. */
export function formatViolation({ file, line, problem, remedy }: Violation): string {
  return `${file}:${line}: ${problem}; ${remedy}`;
}

/** Prints what was found; any violation makes the process end with 1. */
export function reportViolations(name: string, violations: readonly Violation[]): void {
  for (const violation of violations) console.log(formatViolation(violation));
  const count = violations.length;
  console.log(`${name}: ${count === 0 ? 'clean' : `${count} violation${count === 1 ? '' : 's'}`}`);
  if (count > 0) process.exitCode = 1;
}

/** Whether the module at `url` is the program that Node was started with. */
export function isMain(url: string): boolean {
  return process.argv[1] === fileURLToPath(url);
}
