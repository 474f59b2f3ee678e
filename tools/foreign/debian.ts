/** Debian packages, installed by root and named to everybody else. */
import { spawnSync } from 'node:child_process';

/** Those of the packages that are not installed. */
function missing(packages: readonly string[]): string[] {
  const { stdout, error } = spawnSync('dpkg', ['-l', ...packages], { encoding: 'utf8' });
  if (error !== undefined) return [...packages];
  const rows = stdout.split('\n').map((line) => line.split(/\s+/));
  const installed = rows.filter(([state]) => state === 'ii').map(([, name]) => name?.split(':')[0]);
  return packages.filter((name) => !installed.includes(name));
}

function aptGet(args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status, stdout, stderr } = spawnSync('apt-get', ['-qq', ...args], {
    encoding: 'utf8',
    env,
  });
  if (status !== 0) throw new Error(`apt-get ${args.join(' ')} failed:\n${stdout}${stderr}`);
}

/** Sees to it that the packages are there. Throws with one sentence that names those that are not. */
export function needPackages(packages: readonly string[]): void {
  const lacking = missing(packages);
  if (lacking.length === 0) return;
  const isRoot = process.getuid?.() === 0;
  const hasApt = spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0;
  if (!isRoot || !hasApt) {
    const who = hasApt ? 'run this as root, or' : 'this is no Debian:';
    throw new Error(`missing: ${lacking.join(', ')}; ${who} install them (names of Debian 12)`);
  }
  console.log(`installing ${lacking.join(', ')}`);
  aptGet(['update']);
  aptGet(['install', '-y', '--no-install-recommends', ...lacking]);
}
