/** Compiles the TypeScript blocks of all pages as one program, so that no page drifts from the types. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { projectRoot } from '../../tools/tree.ts';
import type { Block, Page } from './pages.ts';
import { slugOf } from './pages.ts';
import type { Scratch } from './scratch.ts';

/** A block as a program that can be run. */
export interface Program {
  readonly block: Block;
  readonly folder: string;
  readonly script: string;
}

/** A block whose first line is `// shout.ts` is that file, for the blocks after it. */
function nameOf(block: Block): string {
  return /^\/\/ ([\w-]+)\.ts\b/.exec(block.text)?.[1] ?? `line-${block.line}`;
}

/** Writes the blocks of the pages into folders of the scratch. */
export function writeBlocks(scratch: Scratch, pages: readonly Page[]): Program[] {
  return pages.flatMap((page) => {
    const blocks = page.blocks.filter(({ kind }) => kind === 'ts');
    if (blocks.length === 0) return [];
    const folder = scratch.folder(slugOf(page));
    return blocks.map((block) => {
      const source = join(folder, `${nameOf(block)}.ts`);
      writeFileSync(source, block.text);
      return { block, folder, script: source.replace(/\.ts$/, '.js') };
    });
  });
}

function compilerOptions(): ts.CompilerOptions {
  const file = join(projectRoot, 'tsconfig.json');
  const { config } = ts.readConfigFile(file, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [] }, ts.sys, projectRoot);
  // Without these the types come from build/ as a reader's do, and the output lies beside the block.
  for (const name of ['outDir', 'rootDir', 'tsBuildInfoFile', 'incremental', 'configFilePath']) {
    delete options[name];
  }
  const isReaders = { noUnusedLocals: false, noUnusedParameters: false };
  return { ...options, ...isReaders, declaration: false, sourceMap: false };
}

const parsed = new Map<string, ts.SourceFile | undefined>();

/** A host that parses the library's and the package's types once, however often it is asked. */
function hostFor(options: ts.CompilerOptions, blocks: ReadonlySet<string>): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (name, ...rest) => {
    if (blocks.has(name)) return getSourceFile(name, ...rest);
    if (!parsed.has(name)) parsed.set(name, getSourceFile(name, ...rest));
    return parsed.get(name);
  };
  return host;
}

function describe(diagnostic: ts.Diagnostic, programs: readonly Program[]): string {
  const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
  const { file, start = 0 } = diagnostic;
  const script = file?.fileName.replace(/\.ts$/, '.js');
  const found = programs.find((program) => program.script === script);
  if (file === undefined || found === undefined) return message;
  const { line } = file.getLineAndCharacterOfPosition(start);
  return `${found.block.page}:${found.block.line + line}: ${message}`;
}

/** Compiles them; what the compiler has to say is given back by page and line. */
export function compile(programs: readonly Program[]): string[] {
  const sources = programs.map(({ script }) => script.replace(/\.js$/, '.ts'));
  const options = compilerOptions();
  const program = ts.createProgram(sources, options, hostFor(options, new Set(sources)));
  const before = ts.getPreEmitDiagnostics(program);
  const { diagnostics } = program.emit();
  return [...before, ...diagnostics].map((diagnostic) => describe(diagnostic, programs));
}
