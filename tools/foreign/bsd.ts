/**
 * What stands in for macOS and the BSDs on this machine: this machine's Node with the double of
 * kqueue(2) in place of the system's calls, and tables made from the headers of those systems.
 *
 * Facts about the tables: Debian ships those of Go and of Rust, generated from the real headers. They
 * are unpacked and not installed, because nothing here compiles Go or Rust.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { needPackages } from './debian.ts';
import type { Machine } from './machine.ts';
import { FOLDER } from './packages.ts';

const TABLES = ['golang-golang-x-sys-dev', 'librust-libc-dev'];

/** The folder of the unpacked tables, fetched when it is not there yet. */
function needTables(): string {
  const folder = join(FOLDER, 'bsd', 'tables');
  if (existsSync(folder)) return folder;
  console.log(`fetching ${TABLES.join(', ')}`);
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  try {
    download(fresh);
    renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}

function aptGet(folder: string, ...args: readonly string[]): void {
  // The user that apt-get downloads as may not write here; what it says about that is no failure.
  const options = ['-qq', '-o', 'APT::Sandbox::User=root'];
  execFileSync('apt-get', [...options, ...args], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

function download(folder: string): void {
  try {
    aptGet(folder, 'download', ...TABLES);
  } catch {
    // The lists of a fresh machine are empty; only root can fetch them.
    aptGet(folder, 'update');
    aptGet(folder, 'download', ...TABLES);
  }
  for (const archive of readdirSync(folder).filter((file) => file.endsWith('.deb'))) {
    execFileSync('dpkg', ['-x', join(folder, archive), folder]);
    rmSync(join(folder, archive));
  }
}

/** Installs what is missing and answers how the tests are run. */
export function bsdMachine(): Machine {
  // The clients that speak to servers on the double are no programs of ours.
  needPackages(['gcc', 'libc6-dev', 'netcat-openbsd', 'python3']);
  return {
    name: `the calls and numbers of macOS and the BSDs, Node ${process.versions.node}`,
    node: process.execPath,
    env: { POLYIO_HEADER_TABLES: needTables(), POLYIO_TEST_KQUEUE: 'darwin,freebsd,netbsd' },
  };
}
