import {
  cellKindOf,
  StreamingAggregation,
} from '@mon/server/promql/exec/aggregate/streaming-aggregation';
import { QueryRun } from '@mon/server/promql/exec/query-run';
import type { AggregationOperator } from '@mon/server/promql/parser/ast';
import { DEFAULT_QUERY_LIMITS } from '@mon/server/promql/query-limits';
import { Remarks } from '@mon/server/promql/remarks';
import { ManualClock } from '@mon/storage/model/manual-clock';
import { MemoryQueryable } from '@mon/storage/model/memory-queryable';
import { DEFAULT_TENANT } from '@mon/storage/model/tenant';
import t from 'tap';

const STEPS = 5;
const OPERATORS = ['sum', 'avg', 'count', 'group', 'min', 'max', 'stddev', 'stdvar'] as const;

const run = new QueryRun({
  tenant: DEFAULT_TENANT,
  queryable: new MemoryQueryable(),
  clock: new ManualClock(),
  limits: DEFAULT_QUERY_LIMITS,
  signal: new AbortController().signal,
  remarks: new Remarks(''),
});

interface Row {
  readonly group: string;
  readonly values: Float64Array;
  readonly presence: Uint8Array;
}

function aggregationOf(operator: AggregationOperator, rows: readonly Row[]): StreamingAggregation {
  const kind = cellKindOf(operator);
  if (kind === undefined) throw new Error(`${operator} does not stream`);
  const clause = { grouping: ['g'], without: false };
  const aggregation = new StreamingAggregation(kind, clause, { steps: STEPS, run });
  for (const { group, values, presence } of rows) {
    const labels = [['g', group]];
    aggregation.push({ labels, dropName: new Uint8Array(1), values, presence, steps: STEPS });
  }
  return aggregation;
}

/** group -> its values, NaN where there is none, without the groups that have none at all */
function answerOf(aggregation: StreamingAggregation): Map<string, number[]> {
  const { labels, values, presence } = aggregation.finish();
  return new Map(
    labels.map((set, row) => [
      set[1] as string,
      Array.from({ length: STEPS }, (_, step) =>
        presence[row * STEPS + step] === 1 ? (values[row * STEPS + step] as number) : Number.NaN,
      ),
    ]),
  );
}

function isClose(a: number, b: number): boolean {
  return (
    Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-13 * Math.max(Math.abs(a), Math.abs(b))
  );
}

t.test('merged parts come to what all rows together come to, in any order', async (t) => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  t.comment(`seed ${seed}`);
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state / 2 ** 32;
  };
  const magnitudes = [1, 1e6, 1e-6, 1e15];
  const rows: Row[] = Array.from({ length: 200 }, () => ({
    group: String(Math.floor(random() * 7)),
    values: Float64Array.from({ length: STEPS }, () => {
      const size = magnitudes[Math.floor(random() * magnitudes.length)] as number;
      return (random() - 0.5) * size;
    }),
    presence: Uint8Array.from({ length: STEPS }, () => (random() < 0.8 ? 1 : 0)),
  }));
  for (const operator of OPERATORS) {
    const whole = answerOf(aggregationOf(operator, rows));
    const shuffled = [...rows].sort(() => random() - 0.5);
    const parts: Row[][] = [[], [], []];
    for (const row of shuffled) parts[Math.floor(random() * 3)]?.push(row);
    const merged = aggregationOf(operator, []);
    for (const part of parts) merged.merge(aggregationOf(operator, part).partial());
    const answer = answerOf(merged);
    t.equal(answer.size, whole.size, operator);
    for (const [group, values] of whole) {
      const ok = values.every((value, step) => isClose(value, answer.get(group)?.[step] as number));
      t.ok(ok, `${operator} of group ${group}: ${answer.get(group)} where ${values} was expected`);
    }
  }
});

t.test('an average whose sum overflows in one part or only when merged is right', async (t) => {
  const row = (value: number): Row => ({
    group: 'x',
    values: new Float64Array(STEPS).fill(value),
    presence: new Uint8Array(STEPS).fill(1),
  });
  for (const [first, second] of [
    [[1e308, 1.6e308], [1]],
    [[1e308], [1.6e308]],
    [[1], [1e308, 1.6e308]],
    [
      [1e308, 1e308],
      [1e308, 1e308],
    ],
  ] as const) {
    const merged = aggregationOf('avg', first.map(row));
    merged.merge(aggregationOf('avg', second.map(row)).partial());
    const all = [...first, ...second];
    const mean = all.reduce((sum, value) => sum + value / all.length, 0);
    const got = answerOf(merged).get('x')?.[0] as number;
    t.ok(isClose(got, mean), `${all} have the mean ${mean}, got ${got}`);
  }
});

t.test('a sum with infinity in it is infinite, with both infinities NaN', async (t) => {
  const rows = (...values: number[]): Row[] =>
    values.map((value) => ({
      group: 'x',
      values: new Float64Array(STEPS).fill(value),
      presence: new Uint8Array(STEPS).fill(1),
    }));
  const { POSITIVE_INFINITY: inf } = Number;
  for (const operator of ['sum', 'avg'] as const) {
    t.equal(answerOf(aggregationOf(operator, rows(1, inf, 2))).get('x')?.[0], inf);
    t.equal(answerOf(aggregationOf(operator, rows(-inf, -inf, 2))).get('x')?.[0], -inf);
    t.ok(Number.isNaN(answerOf(aggregationOf(operator, rows(inf, -inf))).get('x')?.[0]));
  }
});
