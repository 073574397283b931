/**
 * "Did you mean": the known word nearest to a mistyped one.
 */

/** Longest word worth comparing; the distance is quadratic in it. */
const WORD_LENGTH_MAX = 64;

/**
 * The candidate nearest to `word`, or undefined where none is near enough to be meant. Of two
 * equally near ones, the one that `word` is the beginning of: words are cut short more often than
 * mistyped.
 */
export function nearestWord(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > WORD_LENGTH_MAX) return undefined;
  const wanted = word.toLowerCase();
  // A third of the letters may be wrong: `intervall` is near `interval`, `foo` is near nothing.
  const distanceMax = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let bestScore = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - wanted.length) > distanceMax) continue;
    const known = candidate.toLowerCase();
    const distance = editDistance(wanted, known);
    const score = distance - (known.startsWith(wanted) ? 0.5 : 0);
    if (distance <= distanceMax && score < bestScore) {
      best = candidate;
      bestScore = score;
    }
  }
  return best;
}

/**
 * Fewest insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`
 * (optimal string alignment).
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let distance = Math.min(replaced, (last[j] as number) + 1, (row[j - 1] as number) + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) distance = Math.min(distance, (beforeLast[j - 2] as number) + 1);
      row.push(distance);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] as number;
}
