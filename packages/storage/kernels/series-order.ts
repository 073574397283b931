// The order of series in blocks (src/index/series-order.ts), by ranks of label pairs.
//
// A rank is kind << 30 | place among the pairs, from 1: kind 0 by name and value, 1 the same for
// metric names, 2 for bucket bounds, whose places are by number. Oracle: compareSeries().
import { compareTexts, lengthAt, textEnd } from './parts/label-bytes';
import {
  PAIR_TEXT,
  PAIRS_END,
  pairOf,
  pairRow,
  SERIES_PAIRS,
  SERIES_TENANT,
  seriesRow,
} from './parts/series-memory';

const METRIC: u32 = 1;
const BOUND: u32 = 2;
const METRIC_NAME: u64 = 0x5f5f656d616e5f5f;

/** Lists the ids of all pairs that have a value; returns how many. */
export function listPairs(base: usize, ids: usize): u32 {
  const end = load<u32>(base + PAIRS_END);
  let count: u32 = 0;
  for (let id: u32 = 1; id < end; id++) {
    const text = load<u32>(pairRow(base, id) + PAIR_TEXT);
    if (text === 0 || load<u8>(textEnd(text)) === 0) continue;
    store<u32>(ids + 4 * count++, id);
  }
  return count;
}

function comparePairs(base: usize, a: u32, b: u32): i32 {
  const textA: usize = load<u32>(pairRow(base, a) + PAIR_TEXT);
  const textB: usize = load<u32>(pairRow(base, b) + PAIR_TEXT);
  const order = compareAt(textA, textB);
  return order !== 0 ? order : compareAt(textEnd(textA), textEnd(textB));
}

/** Compares the texts whose lengths stand at two addresses. */
function compareAt(a: usize, b: usize): i32 {
  const bytesA = lengthAt(a);
  const bytesB = lengthAt(b);
  const fromA = a + (bytesA < 0x80 ? 1 : 2);
  const fromB = b + (bytesB < 0x80 ? 1 : 2);
  return compareTexts(fromA, bytesA, fromB, bytesB);
}

/** Merges ids [from, middle) and [middle, to), each sorted, into `out` from `from` on. */
export function mergePairs(
  base: usize,
  ids: usize,
  from: u32,
  middle: u32,
  to: u32,
  out: usize,
): void {
  let a = from;
  let b = middle;
  for (let i = from; i < to; i++) {
    const takesA =
      b === to ||
      (a < middle && comparePairs(base, load<u32>(ids + 4 * a), load<u32>(ids + 4 * b)) <= 0);
    store<u32>(out + 4 * i, load<u32>(ids + 4 * (takesA ? a++ : b++)));
  }
}

/** Ranks sorted ids [from, to); those of bounds are left to the caller. */
export function rankPairs(base: usize, ids: usize, from: u32, to: u32, ranks: usize): void {
  for (let i = from; i < to; i++) {
    const id = load<u32>(ids + 4 * i);
    const text: usize = load<u32>(pairRow(base, id) + PAIR_TEXT);
    const bytes = load<u8>(text);
    let kind: u32 = 0;
    if (bytes === 8 && load<u64>(text + 1) === METRIC_NAME) kind = METRIC;
    else if (bytes === 2 && load<u16>(text + 1) === 0x656c) kind = BOUND;
    store<u32>(ranks + 4 * id, (kind << 30) | (i + 1));
  }
}

/** Negative where series a comes before b. `tenants` holds the rank of each tenant. */
export function compareRefs(base: usize, ranks: usize, tenants: usize, a: u32, b: u32): i32 {
  const rowA = seriesRow(base, a);
  const rowB = seriesRow(base, b);
  const wordA = load<u32>(rowA + SERIES_TENANT);
  const wordB = load<u32>(rowB + SERIES_TENANT);
  if (wordA >>> 8 !== wordB >>> 8) {
    const tenantA = load<u32>(tenants + 4 * (wordA >>> 8));
    return tenantA < load<u32>(tenants + 4 * (wordB >>> 8)) ? -1 : 1;
  }
  const pairsA = load<u32>(rowA + SERIES_PAIRS);
  const pairsB = load<u32>(rowB + SERIES_PAIRS);
  const countA = wordA & 0x7f;
  const countB = wordB & 0x7f;
  const metricA = rankOfKind(ranks, pairsA, countA, METRIC);
  const metricB = rankOfKind(ranks, pairsB, countB, METRIC);
  if (metricA !== metricB) return metricA < metricB ? -1 : 1;
  let i: u32 = 0;
  let k: u32 = 0;
  while (true) {
    let rankA: u32 = 0;
    while (i < countA && rankA === 0) {
      const rank = load<u32>(ranks + 4 * pairOf(pairsA, i++));
      if (rank >>> 30 === 0) rankA = rank;
    }
    let rankB: u32 = 0;
    while (k < countB && rankB === 0) {
      const rank = load<u32>(ranks + 4 * pairOf(pairsB, k++));
      if (rank >>> 30 === 0) rankB = rank;
    }
    // A set that has ended has rank 0 and comes first.
    if (rankA !== rankB) return rankA < rankB ? -1 : 1;
    if (rankA === 0) break;
  }
  const boundA = rankOfKind(ranks, pairsA, countA, BOUND);
  const boundB = rankOfKind(ranks, pairsB, countB, BOUND);
  return boundA < boundB ? -1 : boundA > boundB ? 1 : 0;
}

function rankOfKind(ranks: usize, pairs: usize, count: u32, kind: u32): u32 {
  for (let i: u32 = 0; i < count; i++) {
    const rank = load<u32>(ranks + 4 * pairOf(pairs, i));
    if (rank >>> 30 === kind) return rank;
  }
  return 0;
}

/** Sorts refs [from, to) in place; `scratch` has room for as many. */
export function sortRefs(
  base: usize,
  ranks: usize,
  tenants: usize,
  refs: usize,
  from: u32,
  to: u32,
  scratch: usize,
): void {
  const count = to - from;
  const first = refs + 4 * from;
  for (let width: u32 = 1; width < count; width *= 2) {
    for (let start: u32 = 0; start < count; start += 2 * width) {
      const middle = min(start + width, count);
      const end = min(start + 2 * width, count);
      let a = start;
      let b = middle;
      for (let i = start; i < end; i++) {
        const takesA =
          b === end ||
          (a < middle &&
            compareRefs(base, ranks, tenants, load<u32>(first + 4 * a), load<u32>(first + 4 * b)) <=
              0);
        store<u32>(scratch + 4 * i, load<u32>(first + 4 * (takesA ? a++ : b++)));
      }
    }
    memory.copy(first, scratch, 4 * count);
  }
}
