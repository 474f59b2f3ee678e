import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { HOST } from '../../src/platform/host.ts';
import { openDescriptors, probedDescriptors, test } from '../harness/test.ts';

const skip = HOST === 'win32' && 'the sockets of polyio are all that is known there';

test(
  'open descriptors: what the kernel says of each number is what the list of them says',
  () => {
    const listed = (descriptors: Map<number, string>) => [...descriptors.keys()].sort();
    // The listing itself takes one, which is closed again before the numbers are tried.
    const stays = ([fd]: [number, string]) => probedDescriptors().has(fd);
    const before = new Map([...openDescriptors()].filter(stays));
    assert.deepEqual(listed(probedDescriptors()), listed(before));
    const fd = openSync('/dev/null', 'r');
    assert.deepEqual(listed(probedDescriptors()), [...listed(before), fd].sort());
    assert.match(probedDescriptors().get(fd) as string, /^of type 20000$/);
    closeSync(fd);
    assert.equal(probedDescriptors().has(fd), false);
  },
  { skip },
);
