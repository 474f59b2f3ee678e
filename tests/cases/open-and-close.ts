/** A kind of descriptor opened and closed so often that one leak in a thousand would show. */
import assert from 'node:assert/strict';
import { openDescriptors, test } from '../harness/test.ts';

const ROUNDS = 10_000;

/** Registers the test: as many descriptors afterwards as before. */
export function openAndClose(kind: string, open: () => { close(): void }): void {
  test(`${kind}: ${ROUNDS} opened and closed, none left open`, (context) => {
    open().close();
    const before = openDescriptors().size;
    for (let round = 0; round < ROUNDS; round++) open().close();
    assert.equal(openDescriptors().size, before);
    context.diagnostic(`${ROUNDS} rounds, ${before} descriptors open before and after`);
  });
}
