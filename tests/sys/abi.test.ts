import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from '../harness/test.ts';
import {
  type AbiFacts,
  askCompiler,
  compilerMissing,
  facts,
  type RecordedAbi,
} from './abi-probe.ts';

const RECORD = 'write it anew with node build/tests/sys/record-abi.js';
const here = `${process.platform} ${process.arch}`;
const recordedFile = fileURLToPath(
  new URL('../../../tests/sys/recorded-abi.json', import.meta.url),
);

function readRecorded(): RecordedAbi | null {
  if (!existsSync(recordedFile)) return null;
  return JSON.parse(readFileSync(recordedFile, 'utf8')) as RecordedAbi;
}

const recorded = readRecorded();
const isRecordedHere = recorded?.os === process.platform && recorded.arch === process.arch;
const noCompiler = compilerMissing();
const notRecorded = `recorded-abi.json is about ${recorded?.os} ${recorded?.arch}, this is ${here}`;

/** Who is asked: the compiler, or its recorded answer where there is none. */
function authority(): AbiFacts | null {
  if (noCompiler === null) return askCompiler();
  return isRecordedHere ? recorded : null;
}

const ours = facts();
const theirs = authority();
const says = noCompiler === null ? 'cc' : 'the recorded answer of cc';
const skip = theirs === null ? `${noCompiler}, and ${notRecorded}` : false;

for (const [header, constants] of Object.entries(ours.constants)) {
  test(
    `abi: the numbers of <${header}> are what ${says} says on ${here}`,
    () => assert.deepEqual(constants, theirs?.constants[header]),
    { skip },
  );
}

for (const [type, layout] of Object.entries(ours.layouts)) {
  test(
    `abi: ${type} lies in memory as ${says} says on ${here}`,
    () => assert.deepEqual(layout, theirs?.layouts[type]),
    { skip },
  );
}

test(
  'abi: the recorded answer is what the compiler says today',
  () => {
    const { constants, layouts } = recorded as RecordedAbi;
    assert.deepEqual({ constants, layouts }, theirs, RECORD);
  },
  { skip: noCompiler ?? (isRecordedHere ? false : notRecorded) },
);
