import { Engine } from '@mon/server/promql/engine';
import type { Clock } from '@mon/storage/model/clock';
import { ManualClock } from '@mon/storage/model/manual-clock';
import { MemoryQueryable } from '@mon/storage/model/memory-queryable';
import type { SelectRequest } from '@mon/storage/model/queryable';
import { DEFAULT_TENANT } from '@mon/storage/model/tenant';
import t from 'tap';
import { addSeries } from './exec/series-script.ts';

const tenant = DEFAULT_TENANT;

function seriesNumbered(count: number): MemoryQueryable {
  const memory = new MemoryQueryable(10);
  addSeries(memory, '1m', Array.from({ length: count }, (_, i) => `v{n="${i}"} 0+1x9`).join('\n'));
  return memory;
}

/** A Queryable that tells what it was asked for. */
class Recorded extends MemoryQueryable {
  readonly requests: SelectRequest[] = [];

  override select(request: SelectRequest) {
    this.requests.push(request);
    return super.select(request);
  }
}

t.test('instant() and range() name the limit that a query reaches', async (t) => {
  const engine = new Engine({ queryable: seriesNumbered(20), clock: new ManualClock() });
  const range = { tenant, startMs: 0, endMs: 540_000, stepMs: 60_000 };
  const limited = (query: string, limits: object) => engine.range({ ...range, query, limits });
  await t.rejects(limited('sum_over_time(v[5m])', { samplesMax: 100 }), {
    code: 'query-limit',
    message: /100/,
  });
  await t.rejects(limited('v', { seriesMax: 19 }), { code: 'query-limit', message: /19 series/ });
  await t.rejects(limited('v', { stepsMax: 8 }), {
    code: 'query-limit',
    message:
      /exceeded maximum resolution of 8 points per timeseries. Try decreasing the query resolution \(\?step=XX\)$/,
  });
  const rows = 'label_replace(v, "a", "b", "", "")';
  await t.rejects(limited(rows, { samplesMax: 399 }), {
    code: 'query-limit',
    message: /into memory/,
  });
  await t.rejects(limited('max_over_time(v[1h:1ms])', { subqueryStepsMax: 1000 }), {
    code: 'query-limit',
    message: /1000 points per series in a subquery/,
  });
  const { stats } = await limited('sum(v)', { samplesMax: 200, seriesMax: 20 });
  t.match(stats, { seriesRead: 20, samplesRead: 200 });
});

t.test('a query that takes too long ends, also between two batches', async (t) => {
  let nowMs = 0;
  // Every look at the clock costs a second.
  const clock: Clock = {
    nowMs() {
      nowMs += 1000;
      return nowMs;
    },
    after: () => () => undefined,
  };
  const engine = new Engine({ queryable: seriesNumbered(100), clock, limits: { timeoutMs: 5000 } });
  await t.rejects(engine.instant({ tenant, query: 'sum(v)', timeMs: 0 }), {
    code: 'query-timeout',
    message: /query timed out in expression evaluation/,
  });
});

t.test('a query whose caller went away ends, and so does what it reads', async (t) => {
  const memory = new Recorded(1);
  addSeries(memory, '1m', Array.from({ length: 100 }, (_, i) => `v{n="${i}"} 1`).join('\n'));
  const caller = new AbortController();
  let nowMs = 0;
  const clock: Clock = {
    nowMs() {
      if (memory.requests.length > 0) caller.abort();
      nowMs += 10;
      return nowMs;
    },
    after: () => () => undefined,
  };
  const engine = new Engine({ queryable: memory, clock });
  const query = { tenant, query: 'sum(v)', timeMs: 0, signal: caller.signal };
  await t.rejects(engine.instant(query), { code: 'query-canceled' });
  t.equal(memory.requests[0]?.signal?.aborted, true);
  const late = engine.instant({ ...query, signal: AbortSignal.abort() });
  await t.rejects(late, { code: 'query-canceled' });
});

t.test('a query ends in time though storage does not answer', async (t) => {
  class Silent extends MemoryQueryable {
    override async *select(): AsyncGenerator<never> {
      await new Promise(() => undefined);
    }
  }
  const clock = new ManualClock();
  const engine = new Engine({ queryable: new Silent(), clock, limits: { timeoutMs: 5000 } });
  const answer = engine.instant({ tenant, query: 'sum(v)', timeMs: 0 });
  const rejected = t.rejects(answer, { code: 'query-timeout' });
  await clock.advance(5000);
  await rejected;
  const caller = new AbortController();
  const other = engine.instant({ tenant, query: 'v', timeMs: 0, signal: caller.signal });
  caller.abort();
  await t.rejects(other, { code: 'query-canceled' });
});

t.test('a query that fails stops what else it reads', async (t) => {
  const memory = new Recorded();
  addSeries(memory, '1m', 'a{x="1"} 1\na{x="2"} 1\nb 1');
  const engine = new Engine({ queryable: memory, clock: new ManualClock() });
  await t.rejects(engine.instant({ tenant, query: 'b + on () a', timeMs: 0 }), {
    code: 'query-failed',
  });
  t.equal(memory.requests.length, 2);
  t.ok(memory.requests.every((request) => request.signal?.aborted));
});

t.test('a query reads no more than it looks at, each selector once', async (t) => {
  const memory = new Recorded();
  addSeries(memory, '1m', 'a 0+1x100');
  const engine = new Engine({ queryable: memory, clock: new ManualClock() });
  const query = 'rate(a[5m]) + avg_over_time(a[10m]) + a offset 1h + a @ 60';
  await engine.range({ tenant, query, startMs: 6_000_000, endMs: 6_060_000, stepMs: 30_000 });
  const asked = memory.requests.map(({ startMs, endMs, hints }) => ({ startMs, endMs, hints }));
  asked.sort((a, b) => a.startMs - b.startMs);
  t.same(asked, [
    { startMs: 60_000 - 299_999, endMs: 60_000, hints: { call: '', stepMs: 30_000, rangeMs: 0 } },
    {
      startMs: 2_400_000 - 299_999,
      endMs: 2_460_000,
      hints: { call: '', stepMs: 30_000, rangeMs: 0 },
    },
    {
      startMs: 6_000_000 - 599_999,
      endMs: 6_060_000,
      hints: { call: '', stepMs: 30_000, rangeMs: 600_000 },
    },
  ]);
});

t.test('a query without selectors reads nothing', async (t) => {
  const memory = new Recorded();
  const engine = new Engine({ queryable: memory, clock: new ManualClock() });
  const { result } = await engine.instant({ tenant, query: '1 + 2 * 3', timeMs: 0 });
  t.match(result, { kind: 'scalar', value: 7 });
  t.equal(memory.requests.length, 0);
});

t.test('a broken query is refused with its place', async (t) => {
  const engine = new Engine({ queryable: new MemoryQueryable(), clock: new ManualClock() });
  await t.rejects(engine.instant({ tenant, query: 'sum(', timeMs: 0 }), { code: 'bad-query' });
});

t.test('tenants do not see one another', async (t) => {
  const engine = new Engine({ queryable: seriesNumbered(1), clock: new ManualClock() });
  const { result } = await engine.instant({ tenant: 'other' as never, query: 'v', timeMs: 0 });
  t.match(result, { kind: 'vector', labels: [] });
});
