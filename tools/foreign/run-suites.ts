/**
 * Runs groups of test files under another Node. This machine's Node is the runner, so its own
 * reporter and its own summary close the output; only the test files are processes of the other.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, sep } from 'node:path';
import { PassThrough } from 'node:stream';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { killMarked, markChildren, untilGone } from './left-over.ts';
import type { Machine, Suite } from './machine.ts';
import { FOLDER } from './packages.ts';

const TESTS = fileURLToPath(new URL('../../tests', import.meta.url));
const FILE_LIMIT_MS = 120_000;
const HOST_NODE = process.execPath;
/** Watchdogs end a moment after what they guarded. */
const GRACE_MS = 2_000;
const INTERRUPTED = 130;
const COUNTS = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo'] as const;
/** One line of the summary that Node's runner ends with. */
const SUMMARY = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/;

type Counts = Record<(typeof COUNTS)[number], number>;

function zero(): Counts {
  return { tests: 0, suites: 0, pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 };
}

function filesOf({ files, except = {} }: Suite): string[] {
  const leftOut = Object.keys(except);
  const begins = (file: string, words: readonly string[]) =>
    words.some((word) => file.startsWith(word));
  return readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(sep).join('/'))
    .filter((file) => file.endsWith('.test.js') && begins(file, files) && !begins(file, leftOut))
    .sort()
    .map((file) => relative(process.cwd(), join(TESTS, file)));
}

/** A part that is through early makes room for the next one, whatever takes long in the others. */
const PARTS_PER_PROCESSOR = 2;

/** A few files, each of which imports its share of the others. */
function shared(name: string, files: readonly string[]): string[] {
  const folder = join(FOLDER, 'shared');
  mkdirSync(folder, { recursive: true });
  const parts = Math.min(PARTS_PER_PROCESSOR * availableParallelism(), files.length);
  return Array.from({ length: parts }, (_, part) => {
    const own = files.filter((_, index) => index % parts === part);
    const imports = own.map((file) => `await import(${JSON.stringify(pathToFileURL(file))});\n`);
    const program = join(folder, `${name.replaceAll(' ', '-')}-${part + 1}.test.mjs`);
    writeFileSync(program, imports.join(''));
    return program;
  });
}

/** What a reporter reads; the types of Node name only some of the events. */
interface Event {
  readonly type: string;
  readonly data: {
    readonly message?: string;
    readonly nesting?: number;
    readonly name?: string;
    readonly skip?: unknown;
    readonly todo?: unknown;
  };
}

function line(text: string): Event {
  return { type: 'test:stdout', data: { message: `${text}\n` } };
}

/** What a suite came to: its summary, and the decisive titles that nothing passed under. */
interface Outcome {
  readonly counts: Counts;
  readonly missed: ReadonlySet<string>;
}

/** Takes off those titles that this event is a pass of. */
function strike({ type, data }: Event, missed: Set<string>): void {
  if (type !== 'test:pass' || data.skip !== undefined || data.todo !== undefined) return;
  for (const title of missed) if (data.name?.startsWith(title)) missed.delete(title);
}

/** Passes a suite's events on, but for its summary, which it adds up. */
async function runSuite(suite: Suite, output: PassThrough): Promise<Outcome> {
  const found = filesOf(suite);
  const counts = zero();
  const missed = new Set(suite.decisive);
  if (found.length === 0) return { counts, missed };
  const files = suite.isShared ? shared(suite.name, found) : found;
  const [before, other] = [{ ...process.env }, process.execPath];
  Object.assign(process.env, suite.env);
  if (suite.onHost) process.execPath = HOST_NODE;
  const timeout = suite.limitMs ?? FILE_LIMIT_MS;
  const events = run({ files, concurrency: availableParallelism(), timeout });
  for await (const event of events as AsyncIterable<Event>) {
    const { type, data } = event;
    if (type === 'test:summary') continue;
    strike(event, missed);
    const isSummary = data.nesting === 0 && SUMMARY.test(data.message ?? '');
    if (type !== 'test:diagnostic' || !isSummary) {
      output.write(event);
      continue;
    }
    const [name, number] = (data.message as string).split(' ');
    if (name !== 'duration_ms') counts[name as keyof Counts] = Number(number);
  }
  for (const name of Object.keys(suite.env ?? {})) delete process.env[name];
  Object.assign(process.env, before);
  process.execPath = other;
  return { counts, missed };
}

/** Why a suite does not count as passed, or null. */
function fault({ counts, missed }: Outcome): string | null {
  const { tests, pass, fail, cancelled, skipped } = counts;
  if (tests === 0) return 'it ran no test';
  if (fail + cancelled > 0) return `${fail + cancelled} failed`;
  if (pass === 0) return `all ${skipped} were skipped`;
  const titles = [...missed].map((title) => `'${title}…'`);
  return titles.length > 0 ? `nothing passed of ${titles.join(', ')}` : null;
}

function report(suite: Suite, outcome: Outcome, seconds: number): string {
  const { pass, fail, cancelled, skipped } = outcome.counts;
  const numbers = `${pass} passed, ${fail + cancelled} failed, ${skipped} skipped`;
  const why = fault(outcome);
  return `=== ${suite.name}: ${numbers} in ${seconds.toFixed(1)} s${why ? `: ${why}` : ''}`;
}

async function runAll(
  suites: readonly Suite[],
  settle: () => Promise<number>,
  output: PassThrough,
): Promise<void> {
  const total = zero();
  const faults: string[] = [];
  const lines: string[] = [];
  const begun = performance.now();
  for (const suite of suites) {
    output.write(line(`\n=== ${suite.name}`));
    for (const [file, reason] of Object.entries(suite.except ?? {})) {
      output.write(line(`left out: ${file}: ${reason}`));
    }
    const suiteBegun = performance.now();
    const outcome = await runSuite(suite, output);
    const why = fault(outcome);
    if (why !== null) faults.push(`${suite.name}: ${why}`);
    const left = await settle();
    if (left > 0) output.write(line(`${suite.name}: ${left} processes left over, killed`));
    lines.push(report(suite, outcome, (performance.now() - suiteBegun) / 1_000));
    output.write(line(lines.at(-1) as string));
    for (const name of COUNTS) total[name] += outcome.counts[name];
  }
  output.write(line(`\n${lines.join('\n')}`));
  if (faults.length > 0) process.exitCode = 1;
  const elapsed = performance.now() - begun;
  for (const message of [...COUNTS.map((n) => `${n} ${total[n]}`), `duration_ms ${elapsed}`]) {
    output.write({ type: 'test:diagnostic', data: { message, nesting: 0 } });
  }
}

/**
 * Runs the suites one after another, prints what each came to and Node's summary of all together.
 * The exit code is 1 when one failed, ran no test, or skipped all of them or what it is there for.
 * Ctrl-C leaves nothing.
 */
export async function runSuites(machine: Machine, suites: readonly Suite[]): Promise<void> {
  const mark = markChildren();
  const stop = () => {
    machine.stop?.();
    return killMarked(mark);
  };
  const settle = async () => {
    machine.stop?.();
    await untilGone(mark, GRACE_MS);
    return killMarked(mark);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      stop();
      process.exit(INTERRUPTED);
    });
  }
  Object.assign(process.env, machine.env);
  // A runner that finds itself inside another one runs nothing.
  delete process.env['NODE_TEST_CONTEXT'];
  // The runner starts every test file with this command.
  process.execPath = machine.node;
  console.log(`${suites.length} suites under ${machine.name}`);
  const output = new PassThrough({ objectMode: true });
  const shown = output.compose(spec as unknown as NodeJS.ReadWriteStream);
  shown.pipe(process.stdout);
  try {
    await runAll(suites, settle, output);
  } finally {
    output.end();
    stop();
  }
}

/**
 * The program behind a command: prepares the machine, runs the suites, those whose names are on the
 * command line when there are any. What is missing is said in one sentence, and the exit code is 1.
 */
export async function runNamed(
  command: string,
  prepare: () => Machine,
  suites: readonly Suite[],
): Promise<void> {
  const wanted = process.argv.slice(2);
  const unknown = wanted.find((word) => !suites.some(({ name }) => name === word));
  try {
    if (unknown !== undefined) {
      const names = suites.map(({ name }) => name).join(', ');
      throw new Error(`no suite is called '${unknown}'; there are ${names}`);
    }
    const chosen = suites.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
    await runSuites(prepare(), chosen);
  } catch (error) {
    console.error(`${command}: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
