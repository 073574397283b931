/**
 * The engine against the naive evaluator over random series and random queries; the seed is printed.
 */
import { Engine } from '@mon/server/promql/engine';
import { parse } from '@mon/server/promql/parser/parse';
import { labelsFromRecord, labelsKey } from '@mon/storage/model/labels';
import { ManualClock } from '@mon/storage/model/manual-clock';
import { MemoryQueryable } from '@mon/storage/model/memory-queryable';
import { bitsOf, setStaleAt } from '@mon/storage/model/sample';
import { DEFAULT_TENANT } from '@mon/storage/model/tenant';
import t from 'tap';
import { NaiveEvaluator, type NaiveSeries, withoutNames } from './naive-evaluator.ts';
import { RandomQuery, randomFrom } from './random-query.ts';

const QUERIES = 1500;
const START_MS = 300_000;
const STEPS = 9;
const STEP_MS = 50_000;
const END_MS = START_MS + (STEPS - 1) * STEP_MS;

function randomSeries(random: () => number): NaiveSeries[] {
  return ['a', 'b'].flatMap((name) =>
    ['1', '2', '3'].flatMap((x) =>
      ['1', '2'].flatMap((y) => {
        if (random() < 0.2) return [];
        // Half of the series share their times, as those of one scrape do.
        const jitterMs = random() < 0.5 ? 0 : Math.floor(random() * 15_000);
        const samples = Array.from({ length: 60 }, (_, i) => ({
          ms: i * 15_000 + jitterMs,
          value: random() < 0.03 ? undefined : Math.floor(random() * 8),
        })).filter(() => random() < 0.9);
        return [{ labels: labelsFromRecord({ __name__: name, x, y }), samples }];
      }),
    ),
  );
}

function memoryOf(series: readonly NaiveSeries[]): MemoryQueryable {
  const memory = new MemoryQueryable(3);
  for (const { labels, samples } of series) {
    const values = Float64Array.from(samples, ({ value }) => value ?? 0);
    for (const [i, { value }] of samples.entries()) {
      if (value === undefined) setStaleAt(bitsOf(values), i);
    }
    memory.add(DEFAULT_TENANT, {
      labels: [labels],
      sampleOffsets: Uint32Array.of(0, samples.length),
      timestampsMs: Float64Array.from(samples, ({ ms }) => ms),
      values,
    });
  }
  return memory;
}

/** What one side says: a map per step, or that it fails. */
type Answer = readonly Map<string, number>[] | 'fails';

function naiveAnswer(series: readonly NaiveSeries[], query: string): Answer {
  const evaluator = new NaiveEvaluator(series, { startMs: START_MS, endMs: END_MS });
  const expr = parse(query);
  try {
    return Array.from({ length: STEPS }, (_, step) =>
      withoutNames(evaluator.vector(expr, START_MS + step * STEP_MS)),
    );
  } catch {
    return 'fails';
  }
}

async function engineAnswer(engine: Engine, query: string): Promise<Answer> {
  const request = { tenant: DEFAULT_TENANT, query, stepMs: STEP_MS };
  const outcome = await engine
    .range({ ...request, startMs: START_MS, endMs: END_MS })
    .catch((error: { code?: string }) => {
      if (error.code !== 'query-failed') throw error;
      return undefined;
    });
  if (outcome === undefined) return 'fails';
  const { result } = outcome;
  if (result.kind !== 'matrix') throw new Error(`a range query answered ${result.kind}`);
  return Array.from({ length: STEPS }, (_, step) => {
    const answer = new Map<string, number>();
    for (const [row, labels] of result.labels.entries()) {
      const cell = row * STEPS + step;
      if (result.presence[cell] === 1) answer.set(labelsKey(labels), result.values[cell] as number);
    }
    return answer;
  });
}

function difference(expected: Answer, got: Answer): string | undefined {
  if (expected === 'fails' || got === 'fails') {
    return expected === got ? undefined : `expected ${show(expected)}, got ${show(got)}`;
  }
  for (const [step, wanted] of expected.entries()) {
    const answer = got[step] as Map<string, number>;
    const isEqual =
      wanted.size === answer.size &&
      [...wanted].every(([key, value]) => isClose(value, answer.get(key)));
    if (!isEqual) return `step ${step}: expected ${show([wanted])}, got ${show([answer])}`;
  }
  return undefined;
}

function isClose(a: number, b: number | undefined): boolean {
  if (b === undefined) return false;
  return Object.is(a, b) || Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a));
}

function show(answer: Answer): string {
  if (answer === 'fails') return answer;
  return JSON.stringify(answer.map((step) => [...step])).replaceAll('\\u0000', ' ');
}

t.test('the engine answers as the naive evaluator does', async (t) => {
  const seed = Number(process.env['MON_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.comment(`MON_TEST_SEED=${seed}`);
  const random = randomFrom(seed);
  const queries = new RandomQuery(random);
  const tally = { answers: 0, empty: 0, fails: 0 };
  for (let i = 0; i < QUERIES; i++) {
    const series = randomSeries(random);
    const engine = new Engine({ queryable: memoryOf(series), clock: new ManualClock() });
    const query = queries.vector(1 + Math.floor(random() * 3));
    const expected = naiveAnswer(series, query);
    const found = difference(expected, await engineAnswer(engine, query));
    if (expected === 'fails') tally.fails++;
    else if (expected.every((step) => step.size === 0)) tally.empty++;
    else tally.answers++;
    if (found !== undefined) {
      t.fail(`MON_TEST_SEED=${seed}, query ${i}: ${query}\n${found}`);
      break;
    }
  }
  t.comment(JSON.stringify(tally));
  t.ok(tally.answers > QUERIES / 3, 'a good part of the queries has an answer');
});
