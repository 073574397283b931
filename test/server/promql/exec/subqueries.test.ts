import t from 'tap';
import { ask, askRange, engineOver } from './series-script.ts';

t.test('a subquery evaluates at multiples of its step, left-open', async (t) => {
  const engine = engineOver('10s', 'up 0+1x100');
  // Steps at 40 s, 50 s, 60 s; the one at 30 s is outside.
  t.same(await ask(engine, 'sum_over_time(up[30s:10s])', '60s'), ['{} 15']);
  // The steps stay at multiples of 10 s wherever the question stands.
  t.same(await ask(engine, 'sum_over_time(up[30s:10s])', '65s'), ['{} 15']);
  t.same(await ask(engine, 'count_over_time(up[1m])', '10m'), ['{} 6']);
});

t.test('a subquery without a step takes the default interval', async (t) => {
  const engine = engineOver('10s', 'up 0+1x100', { subqueryStepMs: 30_000 });
  t.same(await ask(engine, 'count_over_time(up[5m:])', '10m'), ['{} 10']);
});

t.test('subqueries nest, shift and pin', async (t) => {
  const engine = engineOver('10s', 'up 0+1x100');
  const inner = 'sum_over_time(up[20s:10s])';
  t.same(await ask(engine, `max_over_time(${inner}[30s:10s])`, '100s'), ['{} 19']);
  t.same(await ask(engine, `max_over_time(${inner}[30s:10s] offset 10s)`, '100s'), ['{} 17']);
  t.same(await ask(engine, `max_over_time(${inner}[30s:10s] @ 50)`, '100s'), ['{} 9']);
});

t.test('a subquery in a range query is evaluated once for all steps', async (t) => {
  const engine = engineOver('10s', 'up 0+1x10');
  const query = 'sum_over_time((up > 3)[30s:10s])';
  t.same(await askRange(engine, query, '0s 100s 20s'), ['{} _ _ 4 15 21 27']);
});

t.test('a subquery whose window holds no step is empty', async (t) => {
  const engine = engineOver('10s', 'up 0+1x10');
  t.same(await ask(engine, 'sum_over_time(up[5s:1m])', '70s'), []);
});

t.test('last_over_time keeps a name that the inside keeps', async (t) => {
  const engine = engineOver('10s', 'up 0+1x10');
  t.same(await ask(engine, 'last_over_time(up[30s:10s])', '60s'), ['up 6']);
  t.same(await ask(engine, 'last_over_time((up * 2)[30s:10s])', '60s'), ['{} 12']);
});
