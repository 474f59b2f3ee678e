/**
 * `test` of node:test with the two things that every test here wants: a watchdog process that kills
 * this one when a test hangs in the kernel, and the same number of open descriptors after as before.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { constants, fstatSync, readdirSync, readlinkSync } from 'node:fs';
import { after, test as nodeTest, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { HOST } from '../../src/platform/host.ts';
import { isOpen } from '../../src/sys/posix/fcntl.ts';
import { descriptorLimit } from '../../src/sys/posix/resource.ts';
import { knownSockets } from '../../src/sys/windows/socket-table.ts';
import { HOST_NODE, PATIENCE } from './emulator.ts';
import { HAS_PROC } from './proc.ts';

export interface TestOptions {
  /** How long the test may take before the watchdog kills its process. @default 20000 */
  readonly limitMs?: number;
  /** The reason why the test cannot run here; it is shown in the output. */
  readonly skip?: string | false;
}

const SETTLE_MS = 3_000;
const END_MS = 30_000;

let watchdog: ChildProcess | undefined;

function arm(name: string, limitMs: number): void {
  if (watchdog === undefined) {
    const script = fileURLToPath(new URL('./watchdog-process.js', import.meta.url));
    watchdog = spawn(HOST_NODE, [script, String(process.pid)], {
      stdio: ['pipe', 'ignore', 'inherit'],
      detached: true,
    });
    watchdog.unref();
    (watchdog.stdin as unknown as { unref(): void }).unref();
  }
  watchdog.stdin?.write(`${JSON.stringify({ name, limitMs: limitMs * PATIENCE })}\n`);
}

// A thread that a failed test left asleep in the kernel keeps the process from ending.
after(() => {
  if (watchdog !== undefined) arm('the end of the process', END_MS);
});

/** Above this number nobody looks where the kernel has to be asked about each. */
const NUMBERS = 65_536;

/** By fcntl(2): FreeBSD shows only the first three in /dev/fd, and a limit may be in the millions. */
export function probedDescriptors(): Map<number, string> {
  const found = new Map<number, string>();
  const end = Math.min(descriptorLimit(), NUMBERS);
  for (let fd = 0; fd < end; fd++) {
    if (isOpen(fd)) found.set(fd, `of type ${(fstatSync(fd).mode & constants.S_IFMT).toString(8)}`);
  }
  return found;
}

/** The open descriptors of this process and what each one is. */
export function openDescriptors(): Map<number, string> {
  // Windows lists its handles to nobody: of those that polyio opened the sockets are known.
  if (HOST === 'win32') return new Map(knownSockets().map((fd) => [fd, 'socket']));
  if (!HAS_PROC) return probedDescriptors();
  const found = new Map<number, string>();
  for (const entry of readdirSync('/proc/self/fd')) {
    try {
      found.set(Number(entry), readlinkSync(`/proc/self/fd/${entry}`));
    } catch {
      // The descriptor of the directory listing itself is gone by now.
    }
  }
  return found;
}

async function assertNoLeak(before: Map<number, string>): Promise<void> {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const left = [...openDescriptors()].filter(([fd]) => !before.has(fd));
    if (left.length === 0) return;
    if (performance.now() > deadline) {
      assert.fail(`descriptors left open: ${left.map(([fd, what]) => `${fd} ${what}`).join(', ')}`);
    }
    await sleep(10);
  }
}

/** A test that cannot hang the run and cannot leave a descriptor open. */
export function test(
  name: string,
  body: (context: TestContext) => void | Promise<void>,
  { limitMs = 20_000, skip = false }: TestOptions = {},
): void {
  void nodeTest(name, { skip }, async (context) => {
    arm(name, limitMs);
    try {
      const before = openDescriptors();
      await body(context);
      await assertNoLeak(before);
    } finally {
      arm(name, 0);
    }
  });
}
