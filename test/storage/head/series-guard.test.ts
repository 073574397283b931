/**
 * SeriesGuard and DistinctCount: what explodes is found and kept out, the rest comes in.
 */
import { DistinctCount } from '@mon/storage/head/distinct-count';
import { joinQuarantines } from '@mon/storage/head/join-quarantines';
import { PRESSURE, SeriesGuard } from '@mon/storage/head/series-guard';
import { MemoryBudget } from '@mon/storage/maintenance/memory-budget';
import { labelsFromRecord } from '@mon/storage/model/labels';
import { DEFAULT_TENANT, tenantId } from '@mon/storage/model/tenant';
import t from 'tap';

const exploding = (i: number) =>
  labelsFromRecord({ __name__: 'http_requests_total', job: 'shop', request_id: `r-${i}` });
const usual = (i: number) =>
  labelsFromRecord({ __name__: `metric_${i % 40}`, instance: `host-${i % 50}`, cpu: `${i}` });

t.test('SeriesGuard lets everything in while memory is not short', async (t) => {
  const guard = new SeriesGuard({ pressure: () => PRESSURE.none, nowMs: () => 7 });
  for (let i = 0; i < 20_000; i++) {
    if (guard.looks() && guard.refuse(DEFAULT_TENANT, exploding(i)) !== undefined) t.fail();
  }
  t.same(guard.quarantines, []);
});

t.test('SeriesGuard quarantines the label that grew most, and nothing else', async (t) => {
  let pressure: number = PRESSURE.none;
  const guard = new SeriesGuard({ pressure: () => pressure, nowMs: () => 7 });
  const taken = { exploding: 0, usual: 0 };
  for (let i = 0; i < 30_000; i++) {
    if (i === 10_000) pressure = PRESSURE.high;
    for (const [name, labels] of [
      ['exploding', exploding(i)],
      ['usual', usual(i)],
    ] as const) {
      if (name === 'usual' && i % 20 > 0) continue;
      if (!guard.looks() || guard.refuse(DEFAULT_TENANT, labels) === undefined) taken[name]++;
    }
  }
  t.equal(taken.usual, 1500);
  t.ok(taken.exploding < 10_100, `${taken.exploding} came in`);
  const [quarantine] = guard.quarantines;
  t.match(quarantine, {
    ...{ tenant: DEFAULT_TENANT, metric: 'http_requests_total', label: 'request_id', sinceMs: 7 },
    refused: 30_000 - taken.exploding,
  });
  t.ok((quarantine?.values ?? 0) > 400);
  t.equal(guard.refused, 30_000 - taken.exploding);
  const why = guard.refuse(DEFAULT_TENANT, exploding(99_999));
  t.match(why, /http_requests_total is quarantined: its label request_id brought about \d+ values/);
  const withoutLabel = labelsFromRecord({ __name__: 'http_requests_total', job: 'other' });
  t.equal(guard.refuse(DEFAULT_TENANT, withoutLabel), undefined);
  t.equal(guard.refuse(tenantId('team-b'), exploding(1)), undefined);

  guard.settle();
  t.equal(guard.quarantines.length, 1, 'it stays while memory is short');
  pressure = PRESSURE.none;
  guard.settle();
  t.same(guard.quarantines, [], 'and ends by itself');
  t.equal(guard.refuse(DEFAULT_TENANT, exploding(1)), undefined);
});

t.test(
  'SeriesGuard refuses all new series when nothing fits, and releases when told',
  async (t) => {
    let pressure: number = PRESSURE.full;
    const guard = new SeriesGuard({ pressure: () => pressure, nowMs: () => 7 });
    t.match(guard.refuse(DEFAULT_TENANT, usual(1)), /metric_1 is new, and the memory budget/);
    for (let i = 0; i < 2000; i++) guard.refuse(DEFAULT_TENANT, exploding(i));
    pressure = PRESSURE.high;
    t.equal(guard.quarantines.length, 1);
    guard.release('another');
    t.equal(guard.quarantines.length, 1);
    guard.release('http_requests_total');
    t.equal(guard.quarantines.length, 0);
  },
);

t.test('joinQuarantines() sums what shards keep out', async (t) => {
  const one = {
    tenant: DEFAULT_TENANT,
    metric: 'a',
    label: 'b',
    values: 3,
    sinceMs: 5,
    refused: 2,
  };
  const joined = joinQuarantines([[one], [{ ...one, sinceMs: 4, refused: 9 }], []]);
  t.same(joined, [{ ...one, values: 6, sinceMs: 4, refused: 11 }]);
});

t.test('DistinctCount is within a fifth from one to a million', async (t) => {
  const count = new DistinctCount();
  t.equal(count.estimate, 0);
  let next = 1;
  for (let i = 0; i < 1_000_000; i++) {
    count.add(`value ${i}`);
    if (i + 1 !== next) continue;
    t.ok(Math.abs(count.estimate / next - 1) < 0.25, `${next}: ${count.estimate}`);
    next *= 10;
  }
});

t.test('MemoryBudget begins and ends pressure at different marks', async (t) => {
  const budget = new MemoryBudget(1000);
  t.same(
    [700, 799, 800, 700, 999, 1000, 900, 651, 640].map((bytes) => budget.judge(bytes)),
    [0, 0, 1, 1, 1, 2, 1, 1, 0],
  );
  t.ok(budget.wantsCut(900, 100));
  t.notOk(budget.wantsCut(900, 10));
  t.notOk(budget.wantsCut(700, 500));
});
