import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';
import { isChinese, isExpected, parsePage, readPages } from './pages.ts';
import { inParallel } from './pool.ts';
import { Scratch } from './scratch.ts';
import { whyNot } from './support.ts';
import { compile, type Program, writeBlocks } from './typescript-blocks.ts';

const LIMIT_MS = 30_000;

/** A program about a model that this kernel does not have. */
const ABSENT =
  "import { ECHO_MODULE, type ModelName, serve } from 'polyio';\n" +
  "await serve(ECHO_MODULE, { model: 'kqueue' as ModelName, port: 0 });";

/** What a block did wrong, `skip: …` when this kernel lacks its model, or null. */
async function complaint(
  { block, folder, script }: Program,
  scratch: Scratch,
): Promise<string | null> {
  const where = `${block.page}:${block.line}`;
  const options = { cwd: folder, env: scratch.env, limitMs: LIMIT_MS };
  const { code, signal, stdout, stderr } = await runCommand(process.execPath, [script], options);
  const model = /ERR_POLYIO_UNSUPPORTED[\s\S]*model: '([\w-]+)'/.exec(stderr)?.[1];
  const reason = model === undefined ? null : await whyNot(model);
  if (reason !== null) return `skip: ${where}: ${reason}`;
  if (code !== 0) return `${where}: ended with ${code ?? signal}\n${stderr}`;
  if (stderr !== '') return `${where}: wrote to standard error\n${stderr}`;
  if (block.output === null || isExpected(stdout, block.output)) return null;
  return `${where}: printed\n${stdout}where the page says\n${block.output}`;
}

/** Compiles and runs blocks; gives back every complaint. */
async function execute(pages: Parameters<typeof writeBlocks>[1]): Promise<string[]> {
  using scratch = new Scratch();
  const programs = writeBlocks(scratch, pages);
  const errors = compile(programs);
  if (errors.length > 0) return errors;
  const complaints = await inParallel(programs, availableParallelism() + 1, (program) =>
    complaint(program, scratch),
  );
  return complaints.filter((found) => found !== null);
}

// A page and its twin have the same blocks, byte for byte (pages.test.ts): they run once for both.
const pages = readPages().filter(({ path }) => !isChinese(path));

test(
  'docs: every ts block of every page compiles, runs, and prints what the page says',
  async (context) => {
    const complaints = await execute(pages);
    const skipped = complaints.filter((found) => found.startsWith('skip: '));
    for (const line of skipped) context.diagnostic(line);
    assert.deepEqual(
      complaints.filter((found) => !skipped.includes(found)),
      [],
    );
  },
  { limitMs: 180_000 },
);

test(
  'docs: a block that does not compile, fails, complains or prints something else is found',
  async () => {
    const page = (name: string, text: string) => parsePage(`docs/${name}.md`, text);
    const block = (text: string) => `# A\n\n\`\`\`ts\n${text}\n\`\`\`\n`;
    const typed = await execute([page('a', block("import { Pipe } from 'polyio';\nPipe.opn();"))]);
    assert.match(typed.join('\n'), /^docs\/a\.md:5: Property 'opn' does not exist/);
    const found = await execute([
      page('b', block("throw new Error('no');")),
      page('c', block("console.error('oh');")),
      page('d', `${block('console.log(1, 2);')}\n\`\`\`text\n1 3\n\`\`\`\n`),
      page('g', block(ABSENT)),
      page('e', `${block('console.log(1, process.pid);')}\n\`\`\`text\n1 …\n\`\`\`\n`),
      page(
        'f',
        `${block('// f.ts\nexport const f = 1;')}${block("import { f } from './f.js';\nf;")}`,
      ),
    ]);
    assert.equal(found.length, 4, found.join('\n'));
    assert.match(found[0] as string, /^docs\/b\.md:4: ended with 1\n[\s\S]*Error: no/);
    assert.match(found[1] as string, /^docs\/c\.md:4: wrote to standard error\noh\n/);
    assert.match(found[2] as string, /^docs\/d\.md:4: printed\n1 2\nwhere the page says\n1 3\n/);
    assert.match(found[3] as string, /^skip: docs\/g\.md:4: kqueue does not work here: /);
  },
  { limitMs: 120_000 },
);
