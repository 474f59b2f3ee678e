/**
 * Our style as a check: what the linter does not look at.
 *
 *     node build/tools/tidy.js      prints what breaks a rule, and ends with 1 when something does
 */
import { checkDeadFiles } from './tidy/dead-files.ts';
import { checkExamples } from './tidy/examples.ts';
import { checkLengths } from './tidy/lengths.ts';
import { checkPaths } from './tidy/paths.ts';
import { checkPlatforms } from './tidy/platforms.ts';
import { checkTests } from './tidy/tests.ts';
import { checkVocabulary } from './tidy/words.ts';
import { isMain, readTree, reportViolations, type Tree, type Violation } from './tree.ts';

/** Everything in the project that breaks a rule of style, by file and line. */
export function checkTidy(tree: Tree): Violation[] {
  const checks = [checkLengths, checkDeadFiles, checkPaths, checkPlatforms, checkVocabulary];
  return [...checks, checkTests, checkExamples]
    .flatMap((check) => check(tree))
    .sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}

if (isMain(import.meta.url)) reportViolations('tidy', checkTidy(readTree()));
