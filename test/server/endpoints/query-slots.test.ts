import { QuerySlots } from '@mon/server/endpoints/query-slots';
import { MetricRegistry } from '@mon/server/metrics/registry';
import t from 'tap';

const NEVER = new AbortController().signal;

function gate(): { open: () => void; passed: Promise<void> } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

function slots(concurrencyMax: number, queueMax: number) {
  const registry = new MetricRegistry();
  return { registry, slots: new QuerySlots({ concurrencyMax, queueMax, registry }) };
}

t.test('QuerySlots.run() runs in order, so many at once', async (t) => {
  const { slots: one } = slots(1, 10);
  const order: string[] = [];
  const first = gate();
  const runs = [
    one.run(NEVER, async () => {
      await first.passed;
      order.push('a');
    }),
    one.run(NEVER, async () => {
      order.push('b');
    }),
    one.run(NEVER, async () => {
      order.push('c');
      throw new Error('c fails');
    }),
    one.run(NEVER, async () => {
      order.push('d');
    }),
  ];
  first.open();
  const ends = await Promise.allSettled(runs);
  t.same(order, ['a', 'b', 'c', 'd']);
  t.same(
    ends.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  );
});

t.test('QuerySlots.run() turns away when too many wait', async (t) => {
  const { slots: one, registry } = slots(1, 1);
  const first = gate();
  const running = one.run(NEVER, () => first.passed);
  const waiting = one.run(NEVER, async () => 'later');
  await t.rejects(
    one.run(NEVER, async () => 'never'),
    { code: 'query-queue-full', message: /limits\.query_concurrency/ },
  );
  t.match(registry.exposition(), 'mon_query_refused_total 1');
  t.match(registry.exposition(), 'mon_query_waiting 1');
  first.open();
  await running;
  t.equal(await waiting, 'later');
  t.match(registry.exposition(), 'mon_query_running 0');
});

t.test('QuerySlots.run() forgets who went away while waiting', async (t) => {
  const { slots: one, registry } = slots(1, 5);
  const first = gate();
  const running = one.run(NEVER, () => first.passed);
  const leaving = new AbortController();
  const left = one.run(leaving.signal, async () => t.fail('must not run'));
  leaving.abort();
  await t.rejects(left, { code: 'query-canceled' });
  await t.rejects(
    one.run(leaving.signal, async () => t.fail('must not run')),
    { code: 'query-canceled' },
  );
  first.open();
  await running;
  t.equal(await one.run(NEVER, async () => 'free'), 'free');
  t.match(registry.exposition(), 'mon_query_running 0');
});
