/** What a TypeScript file refers to: every form in which one module can name another. */
import { posix } from 'node:path';
import ts from 'typescript';

/** One reference from a file to a module. */
export interface Reference {
  readonly specifier: string;
  /** How it is named: by an import of any kind, by `require` or `resolve`, or by a URL. */
  readonly form: 'import' | 'resolve' | 'url';
  readonly line: number;
}

const parsed = new Map<string, ts.SourceFile>();

/** A file as the compiler's own parser sees it; the checks share one result. */
export function parse(path: string, text: string): ts.SourceFile {
  const known = parsed.get(path);
  if (known?.text === text) return known;
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS);
  parsed.set(path, file);
  return file;
}

/** Visits a file's nodes, the outer ones first. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** The line of a node, counted from 1. */
export function lineOf(node: ts.Node): number {
  const file = node.getSourceFile();
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
}

function literal(node: ts.Node | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined;
}

function isImportMetaUrl(node: ts.Node | undefined): boolean {
  return node?.getText() === 'import.meta.url';
}

function isResolver(callee: ts.Expression): boolean {
  const name = callee.getText();
  if (name === 'import.meta.resolve' || /(^|\.)require(\.resolve)?$/.test(name)) return true;
  return ts.isCallExpression(callee) && callee.expression.getText().endsWith('createRequire');
}

function ofCall(node: ts.CallExpression): [string | undefined, Reference['form']] {
  const first = literal(node.arguments[0]);
  if (node.expression.kind === ts.SyntaxKind.ImportKeyword) return [first, 'import'];
  return [isResolver(node.expression) ? first : undefined, 'resolve'];
}

function ofNode(node: ts.Node): [string | undefined, Reference['form']] {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    return [literal(node.moduleSpecifier), 'import'];
  }
  if (ts.isExternalModuleReference(node)) return [literal(node.expression), 'import'];
  if (ts.isImportTypeNode(node)) {
    const { argument } = node;
    return [ts.isLiteralTypeNode(argument) ? literal(argument.literal) : undefined, 'import'];
  }
  if (ts.isCallExpression(node)) return ofCall(node);
  if (ts.isNewExpression(node) && node.expression.getText() === 'URL') {
    const isRelative = isImportMetaUrl(node.arguments?.[1]);
    return [isRelative ? literal(node.arguments?.[0]) : undefined, 'url'];
  }
  return [undefined, 'import'];
}

/** Every reference that a file makes with a literal name. */
export function findReferences(path: string, text: string): Reference[] {
  const found: Reference[] = [];
  walk(parse(path, text), (node) => {
    const [specifier, form] = ofNode(node);
    if (specifier !== undefined) found.push({ specifier, form, line: lineOf(node) });
  });
  return found;
}

/** The source file that a relative reference leads to, or null for packages and for other files. */
export function targetOf(path: string, { specifier }: Reference): string | null {
  if (!specifier.startsWith('.') || !/\.[jt]s$/.test(specifier)) return null;
  return posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts');
}
