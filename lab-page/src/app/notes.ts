/** The recorder's own notes, which are English sentences in a trace, in the words of the page. */
import type { TextKey, Values } from '../text/text.ts';

const NOTES: readonly (readonly [RegExp, TextKey, ...string[]])[] = [
  [/^(\d+) would-blocks were folded/, 'note.folded', 'n'],
  [/^(\d+) events found no room/, 'note.dropped', 'n'],
  [/^libuv makes the baseline's calls itself/, 'note.baseline'],
  [/^operations of a ring are no calls/, 'note.ring'],
  [/^the run was cut/, 'note.cut'],
  [/^client 0 sends messages of (\d+) bytes, and reads late/, 'note.late', 'size'],
  [/^client (\d+): (.+)$/, 'note.client', 'client', 'error'],
  [/^the calls were made to a double of/, 'note.double'],
  [/^the calls were made under Wine/, 'note.wine'],
];

/** A note as a sentence of the dictionary; one that is not known stays as it is. */
export function noteOf(note: string): { readonly key: TextKey; readonly values: Values } {
  for (const [pattern, key, ...places] of NOTES) {
    const match = pattern.exec(note);
    if (match === null) continue;
    const values = places.map((place, index) => {
      const text = match[index + 1] ?? '';
      return [place, /^\d+$/.test(text) ? Number(text) : text];
    });
    return { key, values: Object.fromEntries(values) };
  }
  return { key: 'finding.note', values: { note } };
}
