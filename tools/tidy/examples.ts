/**
 * Examples are read before anything else: they are short, open with the same four lines, and are
 * tested and named by a page.
 */
import { basename } from 'node:path';
import { sourcesIn, type Tree, type Violation } from '../tree.ts';

const LINES_MAX = 60;
const HEADER = ['Shows:', 'Needs:', 'Run:', 'Try:'];

/** The first header line that is not where it belongs: each may go on in further comment lines. */
function checkHeader(file: string, text: string): Violation[] {
  const lines = text.split('\n');
  const comments = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('//')),
  );
  const words = comments.map((line) => /^\/\/ (\w+:)/.exec(line)?.[1]);
  const found = words.filter((word) => word !== undefined && HEADER.includes(word));
  const run = `node build/examples/${basename(file, '.ts')}.js`;
  const isComplete = words[0] === HEADER[0] && found.join(' ') === HEADER.join(' ');
  if (isComplete && comments.some((line) => line.includes(run))) return [];
  const remedy = `open with // ${HEADER.join(', // ')}, and run ${run}`;
  return [{ file, line: 1, problem: 'the header of an example is incomplete', remedy }];
}

function checkLength(file: string, text: string): Violation[] {
  const lines = text.trimEnd().split('\n').length;
  if (lines <= LINES_MAX) return [];
  const problem = `an example of ${lines} lines, ${LINES_MAX} are the limit`;
  return [{ file, line: LINES_MAX + 1, problem, remedy: 'show one thing' }];
}

function checkPlace(tree: Tree, file: string): Violation[] {
  const name = basename(file, '.ts');
  const test = `tests/examples/${name}.test.ts`;
  const isNamed = [...tree].some(([path, text]) => {
    const isPage = /^(README|docs\/.*)\.md$/.test(path);
    return isPage && new RegExp(`\\bexamples/${name}\\.[jt]s\\b`).test(text);
  });
  const found: Violation[] = [];
  if (!/ from 'polyio(\/[\w-]+)?'/.test(tree.get(file) ?? '')) {
    const problem = 'it does not import polyio by name';
    found.push({ file, line: 1, problem, remedy: "import what it shows from 'polyio'" });
  }
  if (!tree.has(test)) {
    found.push({ file, line: 1, problem: 'no test runs it', remedy: `write ${test}` });
  }
  if (!isNamed) {
    const problem = 'no page names it';
    found.push({ file, line: 1, problem, remedy: `name ${file} on the page of its subject` });
  }
  return found;
}

/** Examples without their header, too long, untested, or not named by a page. */
export function checkExamples(tree: Tree): Violation[] {
  return sourcesIn(tree, 'examples').flatMap(([file, text]) => [
    ...checkHeader(file, text),
    ...checkLength(file, text),
    ...checkPlace(tree, file),
  ]);
}
