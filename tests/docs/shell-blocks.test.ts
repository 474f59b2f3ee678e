import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { test } from '../harness/test.ts';
import { isChinese, type Page, parsePage, readPages, slugOf } from './pages.ts';
import { inParallel } from './pool.ts';
import { Scratch } from './scratch.ts';
import { commandsOf, EXEMPT, Session } from './shell.ts';

/** The files that a page tells its reader to write, which its commands name. */
function writeNamedBlocks(folder: string, page: Page): void {
  for (const { kind, text } of page.blocks) {
    const name = kind === 'ts' ? /^\/\/ ([\w-]+)\.ts\b/.exec(text)?.[1] : undefined;
    if (name === undefined) continue;
    const compilerOptions = { module: ts.ModuleKind.ES2022, target: ts.ScriptTarget.ES2022 };
    const { outputText } = ts.transpileModule(text, { compilerOptions });
    writeFileSync(join(folder, `${name}.js`), outputText);
  }
}

async function runPage(scratch: Scratch, page: Page, notes: string[]): Promise<string[]> {
  const folder = scratch.folder(slugOf(page));
  writeNamedBlocks(folder, page);
  const session = new Session(folder, scratch.env, notes);
  let where = page.path;
  try {
    for (const block of page.blocks) {
      where = `${block.page}:${block.line}`;
      if (block.kind === 'sh') await session.run(block);
    }
    await session.stop();
    return [];
  } catch (error) {
    await session.abandon();
    return [`${where}: ${(error as Error).message}`];
  }
}

/** Runs the shell blocks of every page, several pages at a time; gives back every complaint. */
async function execute(pages: readonly Page[], notes: string[] = []): Promise<string[]> {
  using scratch = new Scratch();
  const withShell = pages.filter(({ blocks }) => blocks.some(({ kind }) => kind === 'sh'));
  const found = await inParallel(withShell, availableParallelism() + 1, (page) =>
    runPage(scratch, page, notes),
  );
  return found.flat();
}

const pages = readPages();

test(
  'docs: every sh block of every page runs, answers and stops',
  async (context) => {
    const notes: string[] = [];
    // A page and its twin have the same blocks, byte for byte (pages.test.ts).
    const once = pages.filter(({ path }) => !isChinese(path));
    assert.equal((await execute(once, notes)).join('\n'), '');
    for (const note of notes) context.diagnostic(note);
  },
  { limitMs: 180_000 },
);

test('docs: exactly two commands are exempt, and both READMEs have them', () => {
  for (const name of ['README.md', 'README.zh-CN.md']) {
    const page = pages.find(({ path }) => path === name);
    const commands = page?.blocks.flatMap(({ kind, text }) =>
      kind === 'sh' ? commandsOf(text) : [],
    );
    const exempt = commands?.filter((command) => EXEMPT.has(command));
    assert.deepEqual(exempt, [...EXEMPT.keys()], name);
  }
});

test(
  'docs: a command that fails, prints something else or does not answer is found',
  async () => {
    const page = (name: string, text: string) =>
      parsePage(`docs/${name}.md`, `# A\n\n\`\`\`sh\n${text}\n\`\`\`\n`);
    const output = page('c', 'echo 1\n```\n\n```text\n2');
    const mute = "console.log('listening on 127.0.0.1:9'); setInterval(() => {}, 1e6);";
    const found = await execute([
      page('a', 'npx polyio serve --model epol'),
      page('b', 'no-such-command'),
      output,
      page('d', `node -e "${mute}"`),
      page('e', 'npx polyio serve --model poll\nnc 127.0.0.1 8080\necho "$PWD" # fine'),
    ]);
    assert.equal(found.length, 4, found.join('\n'));
    assert.match(found[0] as string, /^docs\/a\.md:4: npx polyio [\s\S]*ended with 2\n.*'epol'/);
    assert.match(found[1] as string, /^docs\/b\.md:4: no-such-command: ended with 127/);
    assert.match(found[2] as string, /^docs\/c\.md:4: it printed\n1\nwhere the page says\n2\n/);
    assert.match(found[3] as string, /^docs\/d\.md:4: .*ECONNREFUSED/);
  },
  { limitMs: 120_000 },
);
