/**
 * Bars of one style in one lane, as columns of numbers: fifty thousand of them are looked at for
 * every picture, and a binary search finds those that are in sight.
 */

export interface Bars {
  readonly length: number;
  /** In rising order. Nanoseconds since the start of the window. */
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  /** The latest end of this bar and all before it: it rises too, so it can be searched. */
  readonly reach: Float64Array;
  /** Which of the layout's names a bar carries. */
  readonly names: Uint16Array;
  /** What a style reads from it: a share of the height, how many would-blocks. */
  readonly amounts: Float64Array;
}

interface Bar {
  readonly start: number;
  readonly end: number;
  readonly name: number;
  readonly amount: number;
}

/** The names that bars carry, each once. */
export class Names {
  readonly list: string[] = [''];
  readonly #numbers = new Map<string, number>([['', 0]]);

  numberOf(name: string): number {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.list.push(name) - 1;
      this.#numbers.set(name, number);
    }
    return number;
  }
}

/** Collects bars in any order. */
export class BarList {
  readonly #bars: Bar[] = [];

  add(start: number, end: number, name = 0, amount = 1): void {
    this.#bars.push({ start, end: Math.max(start, end), name, amount });
  }

  get length(): number {
    return this.#bars.length;
  }

  toBars(): Bars {
    const bars = this.#bars.sort((a, b) => a.start - b.start);
    const ends = Float64Array.from(bars, ({ end }) => end);
    let latest = Number.NEGATIVE_INFINITY;
    return {
      length: bars.length,
      starts: Float64Array.from(bars, ({ start }) => start),
      ends,
      reach: ends.map((end) => {
        latest = Math.max(latest, end);
        return latest;
      }),
      names: Uint16Array.from(bars, ({ name }) => name),
      amounts: Float64Array.from(bars, ({ amount }) => amount),
    };
  }
}

/** The first place in rising `values` whose value is at least `wanted`; the length when none is. */
export function firstAtLeast(values: ArrayLike<number>, wanted: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** From which bar to which, the last one left out, the range can be touched. */
export function visibleBars(
  { reach, starts }: Bars,
  [from, to]: readonly [from: number, to: number],
): readonly [first: number, end: number] {
  const first = firstAtLeast(reach, from);
  let end = firstAtLeast(starts, to);
  // What starts exactly at the edge is in sight.
  while (end < starts.length && starts[end] === to) end++;
  return [first, Math.max(first, end)];
}
