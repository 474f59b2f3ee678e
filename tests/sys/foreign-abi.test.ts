import assert from 'node:assert/strict';
import { DARWIN } from '../../src/sys/posix/abi/darwin.ts';
import { FREEBSD } from '../../src/sys/posix/abi/freebsd.ts';
import * as linux from '../../src/sys/posix/abi/linux.ts';
import { OPENBSD } from '../../src/sys/posix/abi/openbsd.ts';
import type { Layout } from '../../src/sys/posix/abi/shape.ts';
import { ABSENT, complete } from '../../src/sys/posix/abi.ts';
import { test } from '../harness/test.ts';
import { compareTables, type OurTables, UNPROVEN } from './header-comparison.ts';
import {
  type ForeignArch,
  type ForeignSystem,
  headerTablesMissing,
  readHeaderTables,
} from './header-tables.ts';

const SYSTEMS: readonly (readonly [ForeignSystem, OurTables])[] = [
  ['darwin', DARWIN],
  ['freebsd', FREEBSD],
  ['openbsd', OPENBSD],
];
const ARCHES: readonly ForeignArch[] = ['x64', 'arm64'];
const skip = headerTablesMissing() ?? false;

for (const [system, ours] of SYSTEMS) {
  for (const arch of ARCHES) {
    test(
      `foreign abi: every number and layout of ${system} is what its headers say on ${arch}`,
      () => assert.deepEqual(compareTables(system, ours, readHeaderTables(system, arch)), []),
      { skip },
    );
  }
  test(
    `foreign abi: a wrong number, a wrong place or a missing name of ${system} is found`,
    (context) => {
      const headers = readHeaderTables(system, 'arm64');
      let wrong = 0;
      for (const changed of mutations(ours)) {
        if (UNPROVEN[`${system} ${changed.what}`] !== undefined) continue;
        wrong++;
        const complaints = compareTables(system, changed.tables, headers);
        const isFound = complaints.some((text) => text.startsWith(changed.what));
        assert.ok(isFound, `${changed.what}, changed, passes`);
      }
      context.diagnostic(`${wrong} mistakes made and found`);
      assert.ok(wrong > 300);
    },
    { skip },
  );
}

interface Mutation {
  readonly what: string;
  readonly tables: OurTables;
}

type AnyTables = Readonly<Record<string, object>>;

/** The tables with one mistake, for every mistake that one entry can have. */
function* mutations(ours: OurTables): Generator<Mutation> {
  for (const [name, table] of Object.entries(ours as AnyTables)) {
    const withOther = (other: object) => ({ ...ours, [name]: other }) as OurTables;
    if ('fields' in table) {
      const layout = table as Layout;
      yield { what: layout.type, tables: withOther({ ...layout, size: layout.size + 4 }) };
      for (const [field, [offset, size]] of Object.entries(layout.fields)) {
        const places = { ...layout.fields, [field]: [offset + 1, size] };
        yield { what: layout.type, tables: withOther({ ...layout, fields: places }) };
        const sizes = { ...layout.fields, [field]: [offset, size + 1] };
        yield { what: layout.type, tables: withOther({ ...layout, fields: sizes }) };
      }
      continue;
    }
    for (const [number, value] of Object.entries(table as Record<string, number>)) {
      yield { what: number, tables: withOther({ ...table, [number]: value + 1 }) };
      const { [number]: _, ...rest } = table as Record<string, number>;
      yield { what: number, tables: withOther(rest) };
    }
  }
}

test('foreign abi: what a system does not list is absent, and has the names of Linux', () => {
  for (const [system, ours] of SYSTEMS) {
    const whole = complete(ours);
    assert.equal(whole.ERRNO.EAGAIN, 35, system);
    assert.equal(whole.SOCKET.SO_BINDTODEVICE, ABSENT, system);
    assert.deepEqual(Object.keys(whole.SOCKET).sort(), Object.keys(linux.SOCKET).sort());
    assert.equal(whole.SOCKADDR_UN.fields.sun_path[1], 104, system);
    for (const [name, table] of Object.entries(linux)) {
      if (Array.isArray(table)) continue;
      const keys = Object.keys(whole[name as keyof typeof whole]);
      assert.deepEqual(keys.sort(), Object.keys(table).sort(), `${system} ${name}`);
    }
  }
});
