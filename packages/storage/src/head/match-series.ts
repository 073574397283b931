/**
 * Which series of a head pass a selector, by the inverted index.
 *
 * Matchers on one name are taken together. A name whose matchers refuse the empty value gives
 * posting lists to choose from; one whose matchers pass it only excludes. The shortest lists are
 * walked, the rest is checked on each series' own pairs. Semantics: Prometheus tsdb/querier.go
 * PostingsForMatchers.
 */
import { METRIC_NAME } from '../model/labels.ts';
import { literalAlternatives, type Matcher, type ValueTest, valueTest } from '../model/matcher.ts';
import type { TenantId } from '../model/tenant.ts';
import type { PairTable } from './pair-table.ts';
import { pairAt, type SeriesTable } from './series-table.ts';

const NEUTRAL = 0;
const PASSES = 1;
const FAILS = 2;

/** All matchers on one label name. */
interface NameTest {
  readonly name: string;
  readonly test: ValueTest;
  /** Whether a series without the label passes. */
  readonly passesEmpty: boolean;
  /** Values that alone can pass, where the matchers say so. */
  readonly values: ReadonlySet<string> | undefined;
}

/**
 * Refs of the tenant's series that pass all matchers, unordered, each once.
 *
 * @throws MonError `bad-regex`
 */
export function matchSeries(
  table: SeriesTable,
  tenant: TenantId,
  matchers: readonly Matcher[],
): Uint32Array {
  const { pairs } = table;
  const ordinal = pairs.findTenant(tenant);
  const tests = testsByName(matchers);
  const metricName = ordinal === undefined ? undefined : pairs.findName(ordinal, METRIC_NAME);
  if (ordinal === undefined || metricName === undefined) return new Uint32Array(0);
  const verdicts = new Uint8Array(pairs.idsEnd);
  // Every series has a metric name, so its pairs cover all of them.
  let shortest: readonly number[] | undefined;
  let shortestCount = Number.POSITIVE_INFINITY;
  let wanted = 0;
  for (const test of tests) {
    const nameRow = pairs.findName(ordinal, test.name);
    if (test.passesEmpty) {
      if (nameRow !== undefined) markFailing(pairs, nameRow, { test: test.test, verdicts });
      continue;
    }
    const passing = nameRow === undefined ? [] : passingPairs(pairs, { ordinal, nameRow }, test);
    const count = passing.reduce((sum, pair) => sum + table.postings.count(pair), 0);
    if (count === 0) return new Uint32Array(0);
    for (const pair of passing) verdicts[pair] = PASSES;
    wanted++;
    if (count < shortestCount) {
      shortest = passing;
      shortestCount = count;
    }
  }
  return filterSeries(table, candidates(table, shortest ?? pairs.pairsOf(metricName)), {
    verdicts,
    wanted,
  });
}

function testsByName(matchers: readonly Matcher[]): NameTest[] {
  const byName = new Map<string, Matcher[]>();
  for (const matcher of matchers) {
    const same = byName.get(matcher.name);
    if (same === undefined) byName.set(matcher.name, [matcher]);
    else same.push(matcher);
  }
  return Array.from(byName, ([name, same]) => {
    const tests = same.map(valueTest);
    const test = (value: string) => tests.every((passes) => passes(value));
    return { name, test, passesEmpty: test(''), values: same.map(valuesOf).find((v) => v) };
  });
}

function valuesOf(matcher: Matcher): ReadonlySet<string> | undefined {
  if (matcher.kind === '=') return new Set([matcher.value]);
  return matcher.kind === '=~' ? literalAlternatives(matcher.value) : undefined;
}

function passingPairs(
  pairs: PairTable,
  name: { readonly ordinal: number; readonly nameRow: number },
  tested: NameTest,
): number[] {
  const { test, values } = tested;
  if (values === undefined) {
    return pairs.pairsOf(name.nameRow).filter((pair) => test(pairs.value(pair)));
  }
  const passing: number[] = [];
  for (const value of values) {
    // An empty value is no pair, but the name itself.
    const pair = value === '' ? undefined : pairs.find(name.ordinal, tested.name, value);
    if (pair !== undefined && test(value)) passing.push(pair);
  }
  return passing;
}

function markFailing(
  pairs: PairTable,
  nameRow: number,
  { test, verdicts }: { readonly test: ValueTest; readonly verdicts: Uint8Array },
): void {
  for (const pair of pairs.pairsOf(nameRow)) if (!test(pairs.value(pair))) verdicts[pair] = FAILS;
}

function candidates({ postings }: SeriesTable, pairs: readonly number[]): Uint32Array {
  const refs = new Uint32Array(pairs.reduce((sum, pair) => sum + postings.count(pair), 0));
  let at = 0;
  for (const pair of pairs) {
    const count = postings.count(pair);
    postings.copy(pair, refs.subarray(at, at + count));
    at += count;
  }
  return refs;
}

/** Keeps, in place, the series none of whose pairs fails and `wanted` of whose pairs pass. */
function filterSeries(
  table: SeriesTable,
  refs: Uint32Array,
  filter: { readonly verdicts: Uint8Array; readonly wanted: number },
): Uint32Array {
  const { verdicts, wanted } = filter;
  const { bytes } = table.space;
  let kept = 0;
  for (let i = 0; i < refs.length; i++) {
    const ref = refs[i] as number;
    const from = table.pairsAt(ref);
    const to = from + 3 * table.labelCount(ref);
    let passed = 0;
    for (let at = from; at < to; at += 3) {
      const verdict = verdicts[pairAt(bytes, at)] ?? NEUTRAL;
      if (verdict === PASSES) passed++;
      else if (verdict === FAILS) {
        passed = -1;
        break;
      }
    }
    if (passed === wanted) refs[kept++] = ref;
  }
  return refs.subarray(0, kept);
}
