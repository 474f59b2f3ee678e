/** Programs in a network of their own, which they may change and which nobody else sees. */
import { spawnSync } from 'node:child_process';
import { type Ended, runCommand } from './child.ts';

/** Root makes it directly; everybody else as root of a user namespace, where that is allowed. */
const FLAGS = process.getuid?.() === 0 ? '-n' : '-rn';

/** Why there is no such network here, or false when there is. */
export function noNamespace(...tools: string[]): string | false {
  const { error, status, stderr } = spawnSync('unshare', [FLAGS, 'true'], { encoding: 'utf8' });
  if (error !== undefined) return 'no unshare(1) on this machine';
  if (status !== 0) return `no network namespace for us: ${stderr.trim()}`;
  const missing = tools.find((tool) => spawnSync(tool, ['-V']).error !== undefined);
  return missing === undefined ? false : `no ${missing}(8) on this machine`;
}

/** Runs a compiled program in a network of its own. */
export function runInNamespace(program: URL, ...args: string[]): Promise<Ended> {
  return runCommand('unshare', [FLAGS, process.execPath, program.pathname, ...args]);
}
