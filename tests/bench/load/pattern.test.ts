import assert from 'node:assert/strict';
import { after, PATTERN_BYTES, Pattern } from '../../../src/bench/load/pattern.ts';
import { Arena } from '../../../src/sys/arena.ts';
import { test } from '../../harness/test.ts';

test('Pattern: no word comes twice, and each tells its place', () => {
  for (const seed of [0, 1, 0xffffffff]) {
    const pattern = new Pattern(seed);
    const view = new DataView(pattern.bytes.buffer, pattern.bytes.byteOffset, PATTERN_BYTES);
    const words = new Set<number>();
    for (let place = 0; place < PATTERN_BYTES; place += 4) {
      const word = view.getInt32(place, true);
      words.add(word);
      assert.equal(pattern.placeOf(word), place);
    }
    assert.equal(words.size, PATTERN_BYTES / 4);
    assert.equal(pattern.placeOf(Math.imul(PATTERN_BYTES ^ seed, 0x9e3779b1)), -1);
    pattern.close();
  }
});

test('Pattern: sees every changed byte, whatever the length and the places', () => {
  const pattern = new Pattern(7);
  using arena = Arena.map(8_192);
  const memory = arena.carve(8_192);
  for (const length of [1, 3, 4, 63, 64, 65, 255, 256, 1_000, 4_096]) {
    for (const [place, offset] of [
      [0, 0],
      [4, 8],
      [5, 3],
      [PATTERN_BYTES - 4, 0],
    ] as const) {
      memory.bytes.set(pattern.bytes.subarray(place, place + length), offset);
      assert.equal(pattern.equals(place, memory, offset, length), true);
      for (const at of new Set([0, length >> 1, length - 1])) {
        const index = offset + at;
        memory.bytes[index] = (memory.bytes[index] as number) ^ 0x80;
        assert.equal(pattern.equals(place, memory, offset, length), false);
        assert.equal(pattern.agreement(place, memory, offset, length), at);
        memory.bytes[index] = (memory.bytes[index] as number) ^ 0x80;
      }
    }
  }
  pattern.close();
});

test('Pattern: goes on at its beginning behind its end', () => {
  assert.equal(after(PATTERN_BYTES - 4, 8), 4);
  assert.equal(after(0, 10 * PATTERN_BYTES + 3), 3);
  const pattern = new Pattern(1);
  const { bytes } = pattern;
  for (let i = 0; i < 100; i++) assert.equal(bytes[PATTERN_BYTES + i], bytes[i]);
  pattern.close();
});
