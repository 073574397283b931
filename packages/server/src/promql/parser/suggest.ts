/**
 * The name that was perhaps meant: the nearest by edit distance, where it is near enough.
 */

/** Names longer than this are not compared. */
const NAME_LENGTH_MAX = 64;

/**
 * The candidate closest to `name`, or undefined where none is within a third of its length. Of two
 * equally close ones, the one that `name` is the beginning of: words are cut short more often than
 * mistyped.
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > NAME_LENGTH_MAX) return undefined;
  const wanted = name.toLowerCase();
  const distanceMax = Math.max(1, Math.floor(name.length / 3));
  let best: string | undefined;
  let bestScore = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - wanted.length) > distanceMax) continue;
    const distance = editDistance(wanted, candidate);
    const score = distance - (candidate.startsWith(wanted) ? 0.5 : 0);
    if (distance <= distanceMax && score < bestScore) {
      best = candidate;
      bestScore = score;
    }
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let distance = Math.min(
        at(last, j) + 1,
        at(row, j - 1) + 1,
        at(last, j - 1) + (same ? 0 : 1),
      );
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) distance = Math.min(distance, at(beforeLast, j - 2) + 1);
      row.push(distance);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], i: number): number {
  return row[i] as number;
}
