/** Tests mirror what they test, and one that does not run says why. */
import ts from 'typescript';
import { lineOf, parse, walk } from '../imports.ts';
import { sourcesIn, type Tree, type Violation } from '../tree.ts';

function checkMirror(tree: Tree, file: string): Violation[] {
  const [, room = '', ...rest] = file.split('/');
  const subject = rest.length === 0 ? room.replace(/\.test\.ts$/, '') : room;
  const places = [`src/${subject}/`, `src/${subject}.ts`, `${subject}/`];
  const isThere = [...tree.keys()].some((path) => places.some((place) => path.startsWith(place)));
  if (isThere) return [];
  const problem = `there is no src/${subject} that this test could be about`;
  return [{ file, line: 1, problem, remedy: 'put the test where its subject is in src/' }];
}

/** `skip: true` for instance: the property's name, when its value gives no reason. */
function silentOption(node: ts.Node): string | null {
  if (!ts.isPropertyAssignment(node)) return null;
  const name = node.name.getText();
  if (!['skip', 'todo', 'only'].includes(name)) return null;
  return node.initializer.kind === ts.SyntaxKind.TrueKeyword ? `${name}: true` : null;
}

function silentCall(node: ts.Node): string | null {
  if (!ts.isCallExpression(node)) return null;
  const callee = node.expression.getText();
  if (/^(nodeTest|test|it|describe|suite)\.(skip|todo|only)$/.test(callee)) return callee;
  const isBare = /^(t|context)\.(skip|todo)$/.test(callee) && node.arguments.length === 0;
  return isBare ? callee : null;
}

function checkSkips(file: string, text: string): Violation[] {
  const found: Violation[] = [];
  walk(parse(file, text), (node) => {
    const silent = silentOption(node) ?? silentCall(node);
    if (silent === null) return;
    const problem = `${silent} gives no reason`;
    const remedy = 'write the reason: { skip: "no C compiler here" }';
    found.push({ file, line: lineOf(node), problem, remedy });
  });
  return found;
}

/** Tests without a subject, and tests that are left out in silence. */
export function checkTests(tree: Tree): Violation[] {
  return sourcesIn(tree, 'tests').flatMap(([file, text]) => [
    ...(file.endsWith('.test.ts') ? checkMirror(tree, file) : []),
    ...checkSkips(file, text),
  ]);
}
