import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { IO_URING_HEADER, IO_URING_NEWER } from '../../src/sys/linux/io-uring-abi.ts';
import { test } from '../harness/test.ts';
import { compilerMissing } from './abi-probe.ts';

/** What the installed header makes of a name: the compiler refuses a wrong value, and an unknown name. */
function ask(name: string, value: number): { readonly isKnown: boolean; readonly agrees: boolean } {
  const input = `#include <${IO_URING_HEADER}>\n_Static_assert(${name} == ${value}, "differs");\n`;
  const options = { input, encoding: 'utf8' } as const;
  const { status, stderr } = spawnSync('cc', ['-fsyntax-only', '-xc', '-'], options);
  return { isKnown: !/undeclared/.test(stderr), agrees: status === 0 };
}

const noCompiler = compilerMissing();

for (const [since, table] of IO_URING_NEWER) {
  for (const [name, value] of Object.entries(table)) {
    const { isKnown, agrees } = noCompiler === null ? ask(name, value) : noAnswer();
    const tooOld = `the installed <${IO_URING_HEADER}> is older than kernel ${since}`;
    test(`abi: ${name} of kernel ${since} is what cc says`, () => assert.ok(agrees), {
      skip: noCompiler ?? (isKnown ? false : tooOld),
    });
  }
}

function noAnswer() {
  return { isKnown: false, agrees: false };
}
