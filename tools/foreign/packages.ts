/**
 * npm packages of another system, beside the project's own: npm refuses to install what is made for
 * a system that this is not, and they must not get among the packages of the checkout.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where everything foreign is kept: it may be deleted at any time. */
export const FOLDER = fileURLToPath(new URL('../../foreign/', import.meta.url));

/** The version of koffi that this checkout has: its foreign binaries must be of the same one. */
export function koffiVersion(): string {
  const file = fileURLToPath(new URL('../../../node_modules/koffi/package.json', import.meta.url));
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/**
 * The folder of a package, fetched when it is not there yet. Several runs may do that at once.
 *
 * @param version exact, or a major number for the newest of it
 */
export function needPackage(modules: string, name: string, version: string): string {
  const folder = join(modules, name);
  if (existsSync(join(folder, 'package.json'))) return folder;
  console.log(`fetching ${name}@${version}`);
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  const pack = ['pack', '--silent', '--pack-destination', fresh, `${name}@${version}`];
  const archive = execFileSync('npm', pack, { encoding: 'utf8' }).trim().split('\n').at(-1) ?? '';
  execFileSync('tar', ['xzf', join(fresh, archive), '-C', fresh, '--strip-components=1']);
  rmSync(join(fresh, archive));
  try {
    renameSync(fresh, folder);
  } catch (error) {
    // Another run was faster: its copy is the same.
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(join(folder, 'package.json'))) throw error;
  }
  return folder;
}
