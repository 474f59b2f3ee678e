import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EV, KEVENT_ABIS, type KeventAbi, type KeventSystem } from '../../src/sys/bsd/abi.ts';
import { test } from '../harness/test.ts';
import {
  type ForeignArch,
  type HeaderTable,
  headerTablesMissing,
  readHeaderTables,
} from './header-tables.ts';

const SYSTEMS = Object.keys(KEVENT_ABIS) as KeventSystem[];
const ARCHES: readonly ForeignArch[] = ['x64', 'arm64'];
const skip = headerTablesMissing() ?? false;

/** What <sys/event.h> of one system calls otherwise. */
const NAMES: Readonly<Record<string, string>> = { 'darwin NOTE_ABSTIME': 'NOTE_ABSOLUTE' };

/** Numbers of headers that are newer than the tables, each with where it is written. */
const UNPROVEN: Readonly<Record<string, string>> = {
  'netbsd EVFILT_USER': '<sys/event.h> of NetBSD 10',
  'netbsd NOTE_TRIGGER': '<sys/event.h> of NetBSD 10',
  'netbsd NOTE_FFCOPY': '<sys/event.h> of NetBSD 10',
  'netbsd NOTE_ABSTIME': '<sys/event.h> of NetBSD 10',
};

/** Numbers that the tables know of other machines with the same system only. */
const OPENBSD_ELSEWHERE = 'usr/share/gocode/src/golang.org/x/sys/unix/zerrors_openbsd_riscv64.go';

function openbsdElsewhere(name: string): bigint | undefined {
  const text = readFileSync(
    join(process.env['POLYIO_HEADER_TABLES'] ?? '', OPENBSD_ELSEWHERE),
    'utf8',
  );
  const digits = new RegExp(`\\b${name}\\s+= (-?)(0x[\\da-f]+)$`, 'm').exec(text);
  if (digits === null) return undefined;
  return BigInt(digits[2] as string) * (digits[1] === '-' ? -1n : 1n);
}

function sourcesOf(system: KeventSystem, tables: readonly HeaderTable[], name: string): bigint[] {
  const known: (bigint | undefined)[] = tables.map((table) => table.number(name));
  if (system === 'openbsd' && !known.some((value) => value !== undefined)) {
    known.push(openbsdElsewhere(name));
  }
  return known.filter((value) => value !== undefined);
}

/** Flags are unsigned in C and 32-bit integers with a sign here. */
function asInt32(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
}

function compareNumbers(
  system: KeventSystem,
  numbers: Readonly<Record<string, number | null>>,
  tables: readonly HeaderTable[],
): string[] {
  return Object.entries(numbers).flatMap(([name, value]) => {
    const theirs = sourcesOf(system, tables, NAMES[`${system} ${name}`] ?? name).map(asInt32);
    if (value === null) return theirs.length > 0 ? [`${name} is ${theirs}, not missing`] : [];
    if (theirs.length > 0) return theirs.every((it) => it === value) ? [] : [`${name}: ${theirs}`];
    const isDefault = name === 'NOTE_MSECONDS' && value === 0;
    return isDefault || `${system} ${name}` in UNPROVEN ? [] : [`${name} is in no table`];
  });
}

function compareLayouts({ layout }: KeventAbi, tables: readonly HeaderTable[]): string[] {
  const known = tables.flatMap((table) => {
    const theirs = table.layout(table.source === 'go' ? 'Kevent_t' : 'kevent');
    return theirs === undefined ? [] : [{ source: table.source, theirs }];
  });
  if (known.length === 0) return ['struct kevent is in no table'];
  return known.flatMap(({ source, theirs }) => {
    const fields = Object.entries(theirs.fields).filter(([name]) => !name.startsWith('Pad'));
    const found = Object.fromEntries(fields.map(([name, at]) => [name.toLowerCase(), at]));
    const isSame =
      theirs.size === layout.size && JSON.stringify(found) === JSON.stringify(layout.fields);
    return isSame ? [] : [`struct kevent of ${source}: ${theirs.size} ${JSON.stringify(found)}`];
  });
}

function compare(system: KeventSystem, abi: KeventAbi, tables: readonly HeaderTable[]): string[] {
  const numbers = { ...EV, ...abi.filters, ...abi.notes };
  return [...compareNumbers(system, numbers, tables), ...compareLayouts(abi, tables)];
}

/** The form of a system with one mistake, for every mistake that one number can have. */
function* mistakes(abi: KeventAbi): Generator<readonly [name: string, wrong: KeventAbi]> {
  for (const part of ['filters', 'notes'] as const) {
    for (const [name, value] of Object.entries(abi[part])) {
      const wrong = value === null ? 1 : value + 1;
      yield [name, { ...abi, [part]: { ...abi[part], [name]: wrong } }];
    }
  }
  const { layout } = abi;
  yield ['struct kevent', { ...abi, layout: { ...layout, size: layout.size + 8 } }];
  for (const [field, [offset, size]] of Object.entries(layout.fields)) {
    const fields = { ...layout.fields, [field]: [offset + 2, size] as const };
    yield ['struct kevent', { ...abi, layout: { ...layout, fields } }];
  }
}

for (const system of SYSTEMS) {
  for (const arch of ARCHES) {
    test(
      `kevent abi: every number and the layout of ${system} are what its headers say on ${arch}`,
      (context) => {
        const tables = readHeaderTables(system, arch);
        assert.deepEqual(compare(system, KEVENT_ABIS[system], tables), []);
        for (const [name, where] of Object.entries(UNPROVEN)) {
          if (name.startsWith(system))
            context.diagnostic(`${name} is in no table, only in ${where}`);
        }
      },
      { skip },
    );
  }
  test(
    `kevent abi: a wrong number or place of ${system} is found`,
    () => {
      const tables = readHeaderTables(system, 'x64');
      for (const [name, wrong] of mistakes(KEVENT_ABIS[system])) {
        if (`${system} ${name}` in UNPROVEN || (system === 'netbsd' && name === 'NOTE_MSECONDS')) {
          continue;
        }
        const found = compare(system, wrong, tables).some((text) => text.startsWith(name));
        assert.ok(found, `${name}, changed, passes`);
      }
    },
    { skip },
  );
}
