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
import type { NameEntry } from './pair-table.ts';
import type { SeriesTable } from './series-table.ts';

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
  const names = table.pairs.find(tenant)?.names;
  const tests = testsByName(matchers);
  const metricNames = names?.get(METRIC_NAME);
  if (names === undefined || metricNames === undefined) return new Uint32Array(0);
  const verdicts = new Uint8Array(table.pairs.idsEnd);
  // Every series has a metric name, so its pairs cover all of them.
  let shortest: Iterable<number> = metricNames.pairs.values();
  let shortestCount = Number.POSITIVE_INFINITY;
  let wanted = 0;
  for (const test of tests) {
    const entry = names.get(test.name);
    if (test.passesEmpty) {
      if (entry !== undefined) markFailing(entry, test, verdicts);
      continue;
    }
    const passing = entry === undefined ? [] : passingPairs(entry, test);
    const count = passing.reduce((sum, pair) => sum + table.postings.count(pair), 0);
    if (count === 0) return new Uint32Array(0);
    for (const pair of passing) verdicts[pair] = PASSES;
    wanted++;
    if (count < shortestCount) {
      shortest = passing;
      shortestCount = count;
    }
  }
  return filterSeries(table, candidates(table, shortest), { verdicts, wanted });
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

function passingPairs(entry: NameEntry, { values, test }: NameTest): number[] {
  const passing: number[] = [];
  if (values !== undefined) {
    for (const value of values) {
      const pair = entry.pairs.get(value);
      if (pair !== undefined && test(value)) passing.push(pair);
    }
    return passing;
  }
  for (const [value, pair] of entry.pairs) if (test(value)) passing.push(pair);
  return passing;
}

function markFailing(entry: NameEntry, { test }: NameTest, verdicts: Uint8Array): void {
  for (const [value, pair] of entry.pairs) if (!test(value)) verdicts[pair] = FAILS;
}

function candidates({ postings }: SeriesTable, pairs: Iterable<number>): Uint32Array {
  const lists = [...pairs];
  const refs = new Uint32Array(lists.reduce((sum, pair) => sum + postings.count(pair), 0));
  let at = 0;
  for (const pair of lists) {
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
  const { labelPairs } = table;
  let kept = 0;
  for (let i = 0; i < refs.length; i++) {
    const ref = refs[i] as number;
    const to = table.labelsTo(ref);
    let passed = 0;
    for (let k = table.labelsFrom(ref); k < to; k++) {
      const verdict = verdicts[labelPairs[k] as number] ?? NEUTRAL;
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
