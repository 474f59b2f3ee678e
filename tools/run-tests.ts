/**
 * Runs the compiled test files, a process each: `npm test`, or `npm test -- readiness cli/serve`
 * for those whose path contains one of the words. Node's own summary closes the output.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../tests', import.meta.url));
const words = process.argv.slice(2);

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort()
  .map((file) => relative(process.cwd(), join(root, file)));

if (files.length === 0) {
  console.error(`no test file matches ${words.join(' ')}`);
  process.exitCode = 2;
} else {
  const args = ['--test', '--test-reporter=spec', `--test-concurrency=${availableParallelism()}`];
  spawn(process.execPath, [...args, ...files], { stdio: 'inherit' }).on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}
