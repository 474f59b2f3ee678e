/**
 * The double of kqueue(2): compiled from kqueue.c beside the sources, put in the place of the
 * system's calls of a child by LD_PRELOAD, in the form of one system.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HOST } from '../../src/platform/host.ts';
import { KqueueSelector } from '../../src/readiness.ts';
import { KEVENT_SYSTEM } from '../../src/sys/bsd/abi.ts';
import { compilerMissing } from '../sys/abi-probe.ts';

const SOURCE = fileURLToPath(new URL('../../../tests/doubles/kqueue.c', import.meta.url));

/** The systems whose form the double has. */
export const SYSTEMS = ['darwin', 'freebsd', 'netbsd'] as const;
export type System = (typeof SYSTEMS)[number];

/** What each system lacks beside, which Linux then does without as well: the names of POLYIO_WITHOUT. */
const WITHOUT: Readonly<Record<System, string>> = {
  darwin: 'accept4,pipe2,sock_cloexec,nosignal,cmsg_cloexec,trunc,tgkill,memfd,pdeathsig',
  freebsd: 'trunc,tgkill,memfd,pdeathsig',
  netbsd: 'trunc,tgkill,memfd,pdeathsig',
};

const named = process.env['POLYIO_TEST_KQUEUE'];

/** Whether POLYIO_TEST_KQUEUE says which systems' forms are tested, as `darwin,freebsd,netbsd`. */
export const areNamed = named !== undefined;

/** Those; while nobody asked, one is enough. */
export function doubledSystems(): readonly System[] {
  return SYSTEMS.filter((system) => (named ?? 'darwin').split(',').includes(system));
}

/** Whether kqueue is there already: on its own system, or because this is a child with the double. */
export const hasKqueue = KqueueSelector.unavailable() === null;

/** Whose form it has then, for titles. */
export const spokenHere = HOST === 'linux' ? `the double, ${KEVENT_SYSTEM}` : HOST;

/** Why there can be no double here, or false. */
export function noDouble(): string | false {
  if (HOST !== 'linux') return `the double of kqueue is built on Linux, this is ${HOST}`;
  return compilerMissing() ?? false;
}

/** A compiled double, and what puts it in place. Dispose it when its children have ended. */
export class Double {
  readonly env: Readonly<Record<string, string>>;
  readonly #folder = mkdtempSync(join(tmpdir(), 'polyio-kqueue-'));

  constructor(system: System) {
    const file = join(this.#folder, `kqueue-${system}.so`);
    const flags = ['-O1', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC'];
    const args = [...flags, `-DKEVENT_ABI_${system}`, SOURCE, '-o', file, '-ldl', '-lpthread'];
    const { status, stderr } = spawnSync('cc', args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`cc refused the double:\n${stderr}`);
    this.env = {
      LD_PRELOAD: file,
      POLYIO_KEVENT_ABI: system,
      POLYIO_WITHOUT: WITHOUT[system],
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}
