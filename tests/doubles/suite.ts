/** Runs test files once more, in children that have the double of kqueue(2). */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';
import { areNamed, Double, doubledSystems, noDouble, type System } from './kqueue.ts';

const LIMIT_MS = 180_000;
const ALL = 'npm run test:bsd runs it; by hand: POLYIO_TEST_KQUEUE=darwin,freebsd,netbsd';

function figure(output: string, name: string): number {
  return Number(new RegExp(`^. ${name} (\\d+)$`, 'm').exec(output)?.[1] ?? -1);
}

async function runUnder(
  system: System,
  files: readonly string[],
  context: TestContext,
): Promise<void> {
  using double = new Double(system);
  const paths = files.map((file) => fileURLToPath(file));
  const node = [process.execPath, '--test', '--test-reporter=spec', ...paths];
  // A runner that finds itself inside another one runs nothing.
  const args = ['-u', 'NODE_TEST_CONTEXT', ...node];
  const child = await runCommand('env', args, { env: double.env, limitMs: LIMIT_MS });
  assert.equal(child.code, 0, child.stdout.slice(-8_000) + child.stderr);
  const [passed, skipped] = [figure(child.stdout, 'pass'), figure(child.stdout, 'skipped')];
  assert.ok(passed > 0, child.stdout);
  context.diagnostic(
    `${system}: ${passed} passed, ${skipped} skipped, ${child.elapsedMs.toFixed(0)} ms`,
  );
  for (const line of child.stdout.split('\n')) {
    if (line.includes(' # ')) context.diagnostic(line.trim());
  }
}

/**
 * Declares a test for each system's form, which passes when every test of the files does; they run
 * side by side, because most of them wait. What takes long runs only where the systems are
 * named.
 */
export function underTheDouble(
  title: string,
  files: readonly string[],
  { isLong = false } = {},
): void {
  const skip = noDouble() || (isLong && !areNamed && ALL);
  test(
    `kqueue: ${title}, on the double`,
    (context) =>
      context.test('side by side', { concurrency: true }, async (group) => {
        const runs = doubledSystems().map((system) =>
          group.test(`kqueue: ${title}, on the double in the form of ${system}`, (run) =>
            runUnder(system, files, run),
          ),
        );
        await Promise.all(runs);
      }),
    { skip, limitMs: LIMIT_MS + 10_000 },
  );
}
