/**
 * The layers of src/ as a check: imports point down or stay in their room, rooms of one level do
 * not know each other, a room is entered by its door, and only src/sys/ knows koffi. Examples import
 * what a reader can import: the package by its name, and Node. The page of the lab runs in a browser:
 * of src/ it has what is pure, and that stays so however deep one looks.
 *
 *     node build/tools/layers.js      prints what breaks a rule, and ends with 1 when something does
 */
import ts from 'typescript';
import { findReferences, lineOf, parse, type Reference, targetOf, walk } from './imports.ts';
import {
  isMain,
  readTree,
  reportViolations,
  sourcesIn,
  type Tree,
  type Violation,
} from './tree.ts';

/** The level of every room. A folder or file of src/ that is not listed has no place yet. */
export const LEVELS: Readonly<Record<string, number>> = {
  errors: 0,
  platform: 0,
  trace: 0,
  sys: 1,
  io: 2,
  readiness: 2,
  completion: 2,
  servers: 3,
  node: 3,
  net: 4,
  bench: 4,
  lab: 4,
  cli: 5,
  index: 6,
};

/** Imports between rooms of one level that are wanted, and why. */
export const ALLOWED: readonly { from: string; to: string; reason: string }[] = [
  { from: 'platform', to: 'errors', reason: 'what does not run here is told by UnsupportedError' },
];

/** Rooms whose files are imported one by one: a door would hide which header is meant. */
const WITHOUT_DOOR: readonly string[] = ['sys', 'errors', 'platform'];

const FOREIGN_LIBRARY = /^(koffi|@koromix)(\/|$)/;
const ERRNO_READER = 'src/sys/ffi.ts';

/** `io` for src/io.ts and for src/io/socket.ts. */
function roomOf(path: string): string {
  return (path.split('/')[1] as string).replace(/\.ts$/, '');
}

function checkTarget(files: Tree, file: string, target: string): [string, string] | null {
  if (!target.startsWith('src/')) {
    return [`${target} lies outside src/`, 'move what is needed into a room of src/'];
  }
  const [from, to] = [roomOf(file), roomOf(target)];
  const [above, below] = [LEVELS[from], LEVELS[to]];
  if (from === to || above === undefined || below === undefined) return null;
  if (above < below) {
    return [
      `${from} (level ${above}) imports ${to} (level ${below}): imports only point down`,
      'turn the dependency round, or move what both need to a lower room',
    ];
  }
  if (above === below && !ALLOWED.some((pair) => pair.from === from && pair.to === to)) {
    return [
      `${from} imports ${to}, a room of the same level ${above}`,
      'let them meet through a branded Fd or in a room below',
    ];
  }
  const door = `src/${to}.ts`;
  if (to === 'sys' || target === door) return null;
  if (files.has(door)) {
    return [
      `${target} is imported past the door of its room`,
      `export it, or its URL, from ${door}`,
    ];
  }
  if (WITHOUT_DOOR.includes(to)) return null;
  return [`${to} is entered and has no door`, `write ${door}, which exports what is public`];
}

function checkReference(files: Tree, file: string, reference: Reference): Violation[] {
  const { specifier, line } = reference;
  if (FOREIGN_LIBRARY.test(specifier) && roomOf(file) !== 'sys') {
    const remedy = 'bind the call in src/sys/ and import that';
    return [{ file, line, problem: `${specifier} is known to src/sys/ only`, remedy }];
  }
  const target = targetOf(file, reference);
  const wrong = target === null ? null : checkTarget(files, file, target);
  return wrong === null ? [] : [{ file, line, problem: wrong[0], remedy: wrong[1] }];
}

function checkErrno(file: string, text: string): Violation[] {
  if (file === ERRNO_READER) return [];
  const found: Violation[] = [];
  walk(parse(file, text), (node) => {
    if (!ts.isCallExpression(node) || !/(^|\.)errno$/.test(node.expression.getText())) return;
    found.push({
      file,
      line: lineOf(node),
      problem: 'errno() is called outside the choke point, where it is read too late',
      remedy: `take the negative result that ${ERRNO_READER} returns`,
    });
  });
  return found;
}

function checkPlace(file: string): Violation[] {
  const room = roomOf(file);
  if (LEVELS[room] !== undefined) return [];
  const remedy = `put it into a room (${Object.keys(LEVELS).join(', ')}) or give it a level`;
  return [{ file, line: 1, problem: `${room} is no room of src/`, remedy }];
}

/** A file that is started may be named by its URL: a worker, a protocol. */
function checkExample(file: string, { specifier, form, line }: Reference): Violation[] {
  const isFile = form === 'url' && specifier.startsWith('./');
  if (isFile || /^(polyio(\/.*)?|node:.*)$/.test(specifier)) return [];
  const remedy = "import from 'polyio' and node: only";
  return [{ file, line, problem: `an example imports ${specifier}`, remedy }];
}

/** What the page may have of src/: plain data and functions of it. */
const PURE =
  /^src\/(trace|lab\/(document|record-file|scene|record\/summary|web\/api|export\/[\w-]+))\.ts$/;
const PAGE_PACKAGES = /^(lit(\/.*)?|virtual:server-sources)$/;
const PAGE_SOURCES = 'lab-page/src/';

function checkPageReference(file: string, reference: Reference): Violation[] {
  const { specifier, line } = reference;
  const target = targetOf(file, reference);
  const isOurs = target?.startsWith(PAGE_SOURCES) || PURE.test(target ?? '');
  const isOther = target === null && (specifier.startsWith('.') || PAGE_PACKAGES.test(specifier));
  if (isOurs || isOther) return [];
  const remedy = `${PURE.source} is what a browser can have; move what is needed there`;
  return [{ file, line, problem: `the page imports ${target ?? specifier}`, remedy }];
}

/** References to Node or to koffi that a pure module reaches, whatever lies between. */
function checkPurity(files: Tree): Violation[] {
  const found: Violation[] = [];
  const seen = new Set<string>();
  const open = [...files.keys()].filter((file) => PURE.test(file));
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const reference of findReferences(file, files.get(file) ?? '')) {
      const { specifier, line } = reference;
      const target = targetOf(file, reference);
      if (target !== null) open.push(target);
      if (!specifier.startsWith('node:') && !FOREIGN_LIBRARY.test(specifier)) continue;
      const problem = `the page of the lab reaches ${specifier} by this file`;
      const remedy = 'keep what needs Node in a file of its own, which the page does not import';
      found.push({ file, line, problem, remedy });
    }
  }
  return found;
}

function checkPage(files: Tree): Violation[] {
  const page = sourcesIn(files, 'lab-page').filter(([file]) => file.startsWith(PAGE_SOURCES));
  const references = page.flatMap(([file, text]) =>
    findReferences(file, text).flatMap((reference) => checkPageReference(file, reference)),
  );
  return [...references, ...checkPurity(files)];
}

/** Everything in src/, examples/ and lab-page/ that breaks a rule of the layers. */
export function checkLayers(files: Tree): Violation[] {
  const examples = sourcesIn(files, 'examples').flatMap(([file, text]) =>
    findReferences(file, text).flatMap((reference) => checkExample(file, reference)),
  );
  const sources = sourcesIn(files, 'src').flatMap(([file, text]) => [
    ...checkPlace(file),
    ...findReferences(file, text).flatMap((reference) => checkReference(files, file, reference)),
    ...checkErrno(file, text),
  ]);
  return [...sources, ...examples, ...checkPage(files)];
}

if (isMain(import.meta.url)) reportViolations('layers', checkLayers(readTree()));
