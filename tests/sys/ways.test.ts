import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import type { Way } from '../../src/sys/posix/ways.ts';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const PROGRAM = fileURLToPath(new URL('../fixtures/ways.js', import.meta.url));
const WAYS = {
  accept4: 'accept4',
  pipe2: 'pipe2',
  sock_cloexec: 'sock_cloexec',
  nosignal: 'nosignal',
  cmsg_cloexec: 'cmsg_cloexec',
  trunc: 'trunc',
  tgkill: 'tgkill',
  memfd: 'memfd',
  pdeathsig: 'pdeathsig',
} as const satisfies { readonly [Name in Way]: Name };
const ALL = Object.keys(WAYS) as Way[];

interface Report {
  readonly has: Readonly<Record<Way, boolean>>;
  readonly descriptors: Readonly<Record<string, string>>;
  readonly lengths: readonly (readonly [bytes: number, length: number, truncated: boolean])[];
  readonly names: number;
  readonly isOthers: boolean;
  readonly isLarge: boolean;
  readonly isAlive: boolean;
  readonly nobody: boolean;
  readonly signal: number;
}

async function goWithout(ways: readonly string[]): Promise<Report> {
  const env = { POLYIO_WITHOUT: ways.join(',') };
  const ended = await runCommand(process.execPath, [PROGRAM], { env });
  assert.equal(ended.stderr, '');
  return JSON.parse(ended.stdout) as Report;
}

/** Every descriptor as a caller has to find it, whatever way it came. */
function expected(quiet: boolean): Record<string, string> {
  const words = (text: string) => (quiet ? `${text} quiet` : text);
  return {
    'open false': words('closes sleeps'),
    'open true': words('closes'),
    'adopted false': words('closes sleeps'),
    'adopted true': words('closes'),
    'accepted false false': words('closes sleeps'),
    'accepted false true': words('closes'),
    'accepted true false': words('closes sleeps'),
    'accepted true true': words('closes'),
    pair: words('closes sleeps'),
    reader: 'closes sleeps',
    writer: 'closes sleeps',
    passed: 'closes sleeps',
    shared: 'closes sleeps',
  };
}

for (const ways of [[], ...ALL.map((way) => [way]), ALL]) {
  const name = ways.length === 0 ? 'with every call of Linux' : `without ${ways.join(', ')}`;
  test(`ways: ${name}, all are as they should be`, async () => {
    const { has, descriptors, ...report } = await goWithout(ways);
    for (const way of ALL) assert.equal(has[way], !ways.includes(way), way);
    assert.deepEqual(descriptors, expected(!has.nosignal));
    assert.deepEqual(report.lengths, [
      [4, 10, true],
      [7, 20, true],
      [3, 3, false],
    ]);
    assert.equal(report.names, 0);
    assert.equal(report.isOthers && !has.memfd, false);
    assert.equal(report.isLarge, !has.tgkill);
    assert.deepEqual([report.isAlive, report.nobody], [true, false]);
    assert.equal(report.signal, has.tgkill ? 43 : 23);
  });
}

test('ways: a name that is none is told, so that no suite proves nothing', async () => {
  const env = { POLYIO_WITHOUT: 'accept5' };
  const ended = await runCommand(process.execPath, [PROGRAM], { env });
  assert.match(ended.stderr, /POLYIO_WITHOUT takes accept4, .*, got accept5/);
  assert.equal(ended.code, 1);
});
