// Every number and layout of overlapped I/O, put before a compiler for Windows as an assertion.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as abi from '../../../src/sys/windows/completion-abi.ts';
import { test } from '../../harness/test.ts';

const COMPILER = 'x86_64-w64-mingw32-gcc';
const HEADERS = `#define WIN32_NO_STATUS
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>
#include <winternl.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <stddef.h>
`;

/** What the interface of the driver has, and names of ours, no header has. */
const UNLISTED: readonly string[] = ['AFD', 'AFD_POLL_INFO'];

interface Layout {
  readonly type: string;
  readonly size: number;
  readonly fields: Readonly<Record<string, readonly [number, number]>>;
}

function isLayout(table: object): table is Layout {
  return 'fields' in table;
}

function claims(table: object): string[] {
  if (!isLayout(table)) {
    const numbers = Object.entries(table as Record<string, number>);
    return numbers.map(([name, value]) => `(unsigned)(${name}) == ${value >>> 0}u`);
  }
  const { type, size, fields } = table;
  return [
    `sizeof(${type}) == ${size}`,
    ...Object.entries(fields).flatMap(([field, [offset, length]]) => [
      `offsetof(${type}, ${field}) == ${offset}`,
      `sizeof(((${type} *)0)->${field}) == ${length}`,
    ]),
  ];
}

function compile(lines: readonly string[]): { status: number | null; stderr: string } {
  const input = `${HEADERS}${lines.map((line) => `_Static_assert(${line}, "");\n`).join('')}`;
  const args = ['-D_WIN32_WINNT=0x0A00', '-fsyntax-only', '-x', 'c', '-'];
  return spawnSync(COMPILER, args, { input, encoding: 'utf8' });
}

const tried = spawnSync(COMPILER, ['--version'], { stdio: 'ignore' });
const skip = tried.status === 0 ? false : `there is no ${COMPILER} (Debian: gcc-mingw-w64-x86-64)`;

for (const [name, table] of Object.entries(abi)) {
  if (UNLISTED.includes(name)) continue;
  test(
    `abi: ${name} of Windows is what its headers say`,
    () => {
      const lines = claims(table);
      assert.ok(lines.length > 0);
      assert.deepEqual(compile(lines).stderr, '');
    },
    { skip },
  );
}

test(
  'abi: the compiler for Windows finds a wrong number',
  () => {
    const { status, stderr } = compile(['sizeof(OVERLAPPED) == 31']);
    assert.notEqual(status, 0);
    assert.match(stderr, /static assertion failed/);
  },
  { skip },
);
