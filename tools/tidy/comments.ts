import ts from 'typescript';
import { parse } from '../imports.ts';

/** One comment of a file, markers included. */
export interface Comment {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Every comment of a file, in order. */
export function commentsOf(path: string, text: string): Comment[] {
  const file = parse(path, text);
  const found = new Map<number, Comment>();
  const add = (start: number, end: number): void => {
    found.set(start, { start, end, text: text.slice(start, end) });
  };
  // Comments belong to no node: they lie before or behind the tokens, which getChildren lists.
  const visit = (node: ts.Node): void => {
    const children = node.getChildren(file).filter(({ kind }) => kind !== ts.SyntaxKind.JSDoc);
    if (children.length > 0) {
      children.forEach(visit);
      return;
    }
    ts.forEachLeadingCommentRange(text, node.getFullStart(), add);
    ts.forEachTrailingCommentRange(text, node.getEnd(), add);
  };
  visit(file);
  return [...found.values()].sort((a, b) => a.start - b.start);
}

/** The line of a position in a text, counted from 1. */
export function lineAt(text: string, position: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < position; at = text.indexOf('\n', at + 1)) {
    line++;
  }
  return line;
}
