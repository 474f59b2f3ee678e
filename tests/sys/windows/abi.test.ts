import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { CONSTANTS, LAYOUTS } from '../../../src/sys/windows/abi.ts';
import { test } from '../../harness/test.ts';

const COMPILER = 'x86_64-w64-mingw32-gcc';
const HEADERS = ['winsock2.h', 'ws2tcpip.h', 'afunix.h', 'windows.h'];

function compile(assertions: readonly string[]): { status: number | null; stderr: string } {
  const lines = [
    '#define _WIN32_WINNT 0x0A00',
    ...HEADERS.map((header) => `#include <${header}>`),
    ...assertions.map((assertion) => `_Static_assert(${assertion}, "${assertion}");`),
  ];
  const options = { input: lines.join('\n'), encoding: 'utf8' } as const;
  return spawnSync(COMPILER, ['-fsyntax-only', '-xc', '-'], options);
}

const { error } = spawnSync(COMPILER, ['--version'], { stdio: 'ignore' });
const skip = error !== undefined && `no compiler for Windows (${COMPILER}) on this machine`;

for (const [header, table] of CONSTANTS) {
  const names = Object.keys(table);
  test(
    `abi: ${names[0]} and ${names.length - 1} more of <${header}> are what ${COMPILER} says`,
    () => {
      const assertions = Object.entries(table).map(([name, value]) => `(int)(${name}) == ${value}`);
      const { status, stderr } = compile(assertions);
      assert.equal(status, 0, stderr);
    },
    { skip },
  );
}

for (const { type, size, fields } of LAYOUTS) {
  test(
    `abi: ${type} lies in memory as ${COMPILER} says`,
    () => {
      const assertions = Object.entries(fields).flatMap(([name, [offset, length]]) => [
        `__builtin_offsetof(${type}, ${name}) == ${offset}`,
        `sizeof(((${type} *)0)->${name}) == ${length}`,
      ]);
      const { status, stderr } = compile([`sizeof(${type}) == ${size}`, ...assertions]);
      assert.equal(status, 0, stderr);
    },
    { skip },
  );
}

test(
  'abi: a number that is wrong by one, and an offset, are refused',
  () => {
    assert.notEqual(compile(['(int)(SO_TYPE) == 0x1009']).status, 0);
    assert.notEqual(compile(['__builtin_offsetof(WSAPOLLFD, events) == 9']).status, 0);
    assert.notEqual(compile(['(int)(POLYIO_NO_SUCH_NAME) == 1']).status, 0);
    assert.equal(compile(['(int)(SO_TYPE) == 0x1008']).status, 0);
  },
  { skip },
);
