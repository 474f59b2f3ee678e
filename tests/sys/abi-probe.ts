/** Asks the C compiler for every number and layout of the abi tables, by one generated program. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as linux from '../../src/sys/linux/abi.ts';
import * as posix from '../../src/sys/posix/abi/linux.ts';
import type { Layout } from '../../src/sys/posix/abi/shape.ts';
import { EMULATOR } from '../harness/emulator.ts';

/** What somebody says about the tables: our files, the compiler, or a recording of it. */
export interface AbiFacts {
  /** By header, then by name. */
  readonly constants: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** By C type: its size as `sizeof` unless it grows, then `[offset, size]` of each field. */
  readonly layouts: Readonly<Record<string, Readonly<Record<string, number | number[]>>>>;
}

/** The facts of one kind of machine. */
export interface RecordedAbi extends AbiFacts {
  readonly os: string;
  readonly arch: string;
}

const TABLES = [...posix.CONSTANTS, ...linux.CONSTANTS];
const LAYOUTS: readonly Layout[] = [...posix.LAYOUTS, ...linux.LAYOUTS];

/** Flags are unsigned in C and 32-bit integers with a sign in JavaScript: 1 << 31 is the same bit. */
function asInt32(value: number): number {
  return value > 0x7fffffff && value <= 0xffffffff ? value | 0 : value;
}

/** What the tables of src/sys say. */
export function facts(): AbiFacts {
  const constants: Record<string, Record<string, number>> = {};
  for (const [header, table] of TABLES) {
    const numbers = Object.entries(table).map(([name, value]) => [name, asInt32(value)]);
    constants[header] = { ...constants[header], ...Object.fromEntries(numbers) };
  }
  const layouts: Record<string, Record<string, number | number[]>> = {};
  for (const { type, size, grows, fields } of LAYOUTS) {
    const entries = Object.entries(fields).map(([name, place]) => [name, [...place]]);
    layouts[type] = { ...(grows ? {} : { sizeof: size }), ...Object.fromEntries(entries) };
  }
  return { constants, layouts };
}

/**
 * Headers of the kernel that declare once more what the C library's own headers declare: each is
 * asked by a program of its own.
 */
const APART: readonly string[] = ['linux/tcp.h', 'linux/in6.h'];

/** The C programs that print the facts, one line each. */
export function probeSources(): string[] {
  const isApart = (header: string): boolean => APART.includes(header);
  const together = probeSource(
    TABLES.filter(([header]) => !isApart(header)),
    LAYOUTS.filter(({ header }) => !isApart(header)),
  );
  const apart = APART.map((wanted) =>
    probeSource(
      TABLES.filter(([header]) => header === wanted),
      LAYOUTS.filter(({ header }) => header === wanted),
    ),
  );
  return [together, ...apart];
}

function probeSource(tables: typeof TABLES, layouts: typeof LAYOUTS): string {
  const headers = new Set([...tables.map(([header]) => header), ...layouts.map((l) => l.header)]);
  const lines: string[] = [];
  for (const [header, table] of tables) {
    for (const name of Object.keys(table))
      lines.push(`  constant("${header}", "${name}", ${name});`);
  }
  for (const { type, grows, fields } of layouts) {
    if (!grows) lines.push(`  layout("${type}", "sizeof", 0, sizeof(${type}));`);
    for (const field of Object.keys(fields)) {
      const size = `sizeof(((${type} *)0)->${field})`;
      lines.push(`  layout("${type}", "${field}", offsetof(${type}, ${field}), ${size});`);
    }
  }
  return [
    '#define _GNU_SOURCE',
    '#include <stddef.h>',
    '#include <stdio.h>',
    ...[...headers].map((header) => `#include <${header}>`),
    'static void constant(const char *header, const char *name, long long value) {',
    '  printf("constant\\t%s\\t%s\\t%lld\\n", header, name, value);',
    '}',
    'static void layout(const char *type, const char *field, size_t offset, size_t size) {',
    '  printf("layout\\t%s\\t%s\\t%zu\\t%zu\\n", type, field, offset, size);',
    '}',
    'int main(void) {',
    ...lines,
    '  return 0;',
    '}',
    '',
  ].join('\n');
}

function parseAnswer(output: string): AbiFacts {
  const constants: Record<string, Record<string, number>> = {};
  const layouts: Record<string, Record<string, number | number[]>> = {};
  for (const line of output.trim().split('\n')) {
    const [kind, group = '', name = '', first, second] = line.split('\t');
    const into = kind === 'constant' ? constants : layouts;
    const entry = into[group] ?? {};
    into[group] = entry as Record<string, number>;
    if (kind === 'constant') entry[name] = asInt32(Number(first));
    else entry[name] = name === 'sizeof' ? Number(second) : [Number(first), Number(second)];
  }
  return { constants, layouts };
}

/** The compiler for the machine that this Node is for, by the usual variable. */
const CC = process.env['CC'] ?? 'cc';

/** Why there is no compiler to ask, or null when there is one. */
export function compilerMissing(): string | null {
  const { error, status } = spawnSync(CC, ['--version'], { stdio: 'ignore' });
  return error === undefined && status === 0 ? null : `no C compiler (${CC}) on this machine`;
}

function answerOf(program: string): string {
  const [command = program, ...args] = [...(EMULATOR?.split(' ') ?? []), program];
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the probe ended with ${status}`);
  return stdout;
}

/** Compiles the probe and runs it. Throws with the compiler's own words when it refuses. */
export function askCompiler(): AbiFacts {
  const folder = mkdtempSync(join(tmpdir(), 'polyio-abi-'));
  try {
    const [source, program] = [join(folder, 'probe.c'), join(folder, 'probe')];
    const answers = probeSources().map((text) => {
      writeFileSync(source, text);
      const compiled = spawnSync(CC, ['-o', program, source], { encoding: 'utf8' });
      if (compiled.status !== 0) throw new Error(`${CC} refused the probe:\n${compiled.stderr}`);
      return answerOf(program);
    });
    return parseAnswer(answers.join(''));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
