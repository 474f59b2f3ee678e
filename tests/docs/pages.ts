/**
 * The pages of the documentation and their code blocks.
 *
 * Three kinds of block exist: `ts` and `sh`, which are executed, and `text`, which is the expected
 * output when it follows one of them with nothing but blank lines between, and an illustration
 * elsewhere. `…` in an expected output stands for anything.
 */
import { readTree } from '../../tools/tree.ts';

export type BlockKind = 'ts' | 'sh' | 'text';

export interface Block {
  readonly page: string;
  /** The line of the page on which its first line stands, counted from 1. */
  readonly line: number;
  readonly kind: BlockKind;
  readonly text: string;
  /** What it must print, or null when the page does not say. */
  readonly output: string | null;
}

export interface Page {
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** `[level, title]` of every heading outside code blocks. */
  readonly headings: readonly (readonly [number, string])[];
  /** The text without its code blocks, line for line. */
  readonly prose: readonly string[];
}

const CHINESE = '.zh-CN.md';
const KINDS: readonly string[] = ['ts', 'sh', 'text'];

interface OpenBlock {
  readonly line: number;
  readonly kind: string;
  readonly lines: string[];
  readonly isOutput: boolean;
}

function closeBlock(page: string, open: OpenBlock, blocks: Block[]): void {
  const { line, kind } = open;
  const text = `${open.lines.join('\n')}\n`;
  if (!KINDS.includes(kind)) {
    const kinds = KINDS.join(', ');
    throw new Error(`${page}:${line - 1}: a block of kind '${kind}'; the kinds are ${kinds}`);
  }
  const last = blocks.at(-1);
  if (open.isOutput && last !== undefined) blocks[blocks.length - 1] = { ...last, output: text };
  blocks.push({ page, line, kind: kind as BlockKind, text, output: null });
}

/** Takes a page apart. Throws when a block has a kind that nothing executes, or no end. */
export function parsePage(path: string, text: string): Page {
  const blocks: Block[] = [];
  const headings: [number, string][] = [];
  const prose: string[] = [];
  let open: OpenBlock | null = null;
  let isAfterCode = false;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^```(.*)$/.exec(line);
    prose.push(open === null && fence === null ? line : '');
    if (fence !== null && open === null) {
      const kind = fence[1] as string;
      open = { line: index + 2, kind, lines: [], isOutput: isAfterCode && kind === 'text' };
    } else if (fence !== null && open !== null) {
      closeBlock(path, open, blocks);
      isAfterCode = open.kind !== 'text';
      open = null;
    } else if (open !== null) {
      open.lines.push(line);
    } else {
      const heading = /^(#+) (.+)$/.exec(line);
      if (heading !== null) headings.push([(heading[1] as string).length, heading[2] as string]);
      if (line.trim() !== '') isAfterCode = false;
    }
  }
  if (open !== null) throw new Error(`${path}:${open.line - 1}: this block does not end`);
  return { path, text, blocks, headings, prose };
}

/** Whether a page is written in Chinese. */
export function isChinese(path: string): boolean {
  return path.endsWith(CHINESE);
}

/** The same page in the other language. */
export function twinOf(path: string): string {
  return isChinese(path) ? `${path.slice(0, -CHINESE.length)}.md` : path.replace(/\.md$/, CHINESE);
}

/** Every page of the documentation: the README and what is below docs/, in both languages. */
export function readPages(): Page[] {
  return [...readTree()]
    .filter(([path]) => /^(README(\.zh-CN)?|docs\/.*)\.md$/.test(path))
    .map(([path, text]) => parsePage(path, text))
    .sort((a, b) => a.path.localeCompare(b.path));
}

/** `docs-models-epoll`: a name for a page's folder. */
export function slugOf({ path }: Page): string {
  return path.replace(/\.md$/, '').replaceAll('/', '-');
}

/** Whether an output is the expected one, in which `…` stands for anything. */
export function isExpected(output: string, expected: string): boolean {
  const parts = expected.trimEnd().split('…');
  const escaped = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`, 's').test(output.trimEnd());
}
