/** "Did you mean …?": the name that was most likely meant. */

/** How many letters must be changed, added, left out or swapped with their neighbour to make `to` of `from`. */
function distance(from: string, to: string): number {
  let before: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      const changed = (above[j - 1] as number) + (isSame ? 0 : 1);
      let least = Math.min(changed, (above[j] as number) + 1, (row[j - 1] as number) + 1);
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) {
        least = Math.min(least, (before[j - 2] as number) + 1);
      }
      row.push(least);
    }
    before = above;
    above = row;
  }
  return above[to.length] as number;
}

function simplify(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** The nearest of `names`, or undefined when none is near: two letters in five may differ. */
export function nearestName(given: string, names: readonly string[]): string | undefined {
  const wanted = simplify(given);
  if (wanted === '') return undefined;
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const candidate = simplify(name);
    const isPart = wanted.length > 2 && candidate !== wanted && candidate.includes(wanted);
    const steps = isPart ? 1 : distance(wanted, candidate);
    const limit = Math.max(1, Math.floor(Math.max(wanted.length, candidate.length) * 0.4));
    if (steps <= limit && steps < least) {
      best = name;
      least = steps;
    }
  }
  return best;
}
