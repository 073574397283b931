import { DEFAULT_TENANT } from '@mon/storage/model/tenant';
import t from 'tap';
import { ask, askRange, engineOver, ms } from './series-script.ts';

/** The texts of the remarks on a range query over five minutes. */
async function remarksOn(query: string, script = 'm 1 2 3 4 5 6'): Promise<string[]> {
  const engine = engineOver('1m', script);
  const times = { startMs: 0, endMs: ms('5m'), stepMs: ms('1m') };
  const { annotations } = await engine.range({ tenant: DEFAULT_TENANT, query, ...times });
  return annotations.map(({ text }) => text);
}

t.test('remarks point at the argument they are about, within its parentheses', async (t) => {
  const quantile = 'PromQL warning: quantile value should be between 0 and 1, got 2';
  t.same(await remarksOn('quantile_over_time(((2)), m[2m])'), [`${quantile} (1:22)`]);
  t.same(await remarksOn('quantile((2), m)'), [`${quantile} (1:11)`]);
  t.same(await remarksOn('histogram_quantile(2, rate(m_bucket[2m]))', 'm_bucket{le="1"} 1 2'), [
    `${quantile} (1:20)`,
  ]);
  t.same(await remarksOn('rate(m[2m])'), [
    'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "m" (1:6)',
  ]);
});

t.test('quantile() remarks on the largest and the smallest parameter alone', async (t) => {
  t.same(await remarksOn('quantile(time() - 60, m)'), [
    'PromQL warning: quantile value should be between 0 and 1, got -60 (1:10)',
    'PromQL warning: quantile value should be between 0 and 1, got 240 (1:10)',
  ]);
  t.same(await remarksOn('quantile(time() / 1000, m)'), []);
});

t.test('count_values() tells -0 from 0', async (t) => {
  const engine = engineOver('1m', 'm{a="1"} 0\n m{a="2"} -0');
  t.same(await ask(engine, 'count_values("v", m)'), ['{v="-0"} 1', '{v="0"} 1']);
});

t.test('info() adds labels of target_info, of the time its argument looks at', async (t) => {
  const engine = engineOver(
    '1m',
    `
      m{job="a", instance="x"} 1 2 3 4
      target_info{job="a", instance="x", version="1"} 1 1 stale
      target_info{job="a", instance="x", version="2"} _ _ 1 1
    `,
  );
  t.same(await askRange(engine, 'info(m)', '0s 3m 1m'), [
    'm{instance="x", job="a", version="1"} 1 2 _ _',
    'm{instance="x", job="a", version="2"} _ _ 3 4',
  ]);
  t.same(await ask(engine, 'info(m offset 2m, {version=~".+"})', '3m'), [
    'm{instance="x", job="a", version="1"} 2',
  ]);
  t.same(await ask(engine, 'info(m, {version="3"})', '3m'), []);
});

t.test('durations may be computed from the times of the query', async (t) => {
  const engine = engineOver('1m', 'm 1 2 3 4 5 6');
  t.same(await askRange(engine, 'sum_over_time(m[step() * 2])', '1m 5m 2m'), ['{} 3 10 18']);
  t.same(await askRange(engine, 'm offset step()', '2m 4m 1m'), ['m 2 3 4']);
  t.same(await askRange(engine, 'm * 0 + range() + start() + end()', '0s 2m 1m'), [
    '{} 240 240 240',
  ]);
});
