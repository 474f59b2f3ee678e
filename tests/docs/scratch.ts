/**
 * Where blocks run: a folder inside build/, so that `polyio` resolves by name as in an example, with
 * `npm`, `npx` and `polyio` leading to the build that is there instead of to the network.
 */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { projectRoot } from '../../tools/tree.ts';

const BUILD_STEP = 'npm run --silent build && ';

function startScript(): string {
  const { scripts } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const { start = '' } = scripts;
  if (!start.startsWith(BUILD_STEP)) throw new Error(`npm start does not build first: ${start}`);
  return start.slice(BUILD_STEP.length);
}

/** What stands for the commands of a reader's machine. Building is what has been done already. */
const SHIMS: Readonly<Record<string, string>> = {
  polyio: 'exec node build/src/cli.js "$@"',
  npx: '[ "$1" = polyio ] || { echo "npx $1?" >&2; exit 2; }\nshift; exec node build/src/cli.js "$@"',
  npm: `case "$1 $2" in
'run build') exit 0 ;;
'start '*) shift; [ "$1" = -- ] && shift; exec ${startScript()} "$@" ;;
*) echo "npm $*?" >&2; exit 2 ;;
esac`,
};

/** The scratch folder of one test, removed at the end of the block that holds it. */
export class Scratch implements Disposable {
  readonly path = mkdtempSync(join(projectRoot, 'build', 'docs-'));
  /** The environment in which the shims come first. */
  readonly env: Readonly<Record<string, string>>;

  constructor() {
    const bin = join(this.path, 'bin');
    mkdirSync(bin);
    for (const [name, script] of Object.entries(SHIMS)) {
      writeFileSync(join(bin, name), `#!/bin/bash\n${script}\n`);
      chmodSync(join(bin, name), 0o755);
    }
    const path = [bin, dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
    this.env = { PATH: path, NO_COLOR: '1' };
  }

  /** A folder that looks like the project's root to a command of a page. */
  folder(name: string): string {
    const path = join(this.path, name);
    mkdirSync(path);
    for (const known of ['build', 'node_modules', 'examples', 'docs']) {
      symlinkSync(join(projectRoot, known), join(path, known));
    }
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
