import t from 'tap';
import { ask, askRange, engineOver, outcomeOfRange } from './series-script.ts';

const REQUESTS = `
  requests{job="api", zone="a"} 1 2 3
  requests{job="api", zone="b"} 10 20 _
  requests{job="web", zone="a"} 100 _ _
`;

t.test('aggregations group by, without, or everything', async (t) => {
  const engine = engineOver('10m', REQUESTS);
  t.same(await ask(engine, 'sum by (job) (requests)'), ['{job="api"} 11', '{job="web"} 100']);
  t.same(await ask(engine, 'sum without (zone) (requests)'), ['{job="api"} 11', '{job="web"} 100']);
  t.same(await ask(engine, 'sum(requests)'), ['{} 111']);
  t.same(await ask(engine, 'sum by (nothing) (requests)'), ['{} 111']);
  t.same(await ask(engine, 'count without () (requests)'), [
    '{job="api", zone="a"} 1',
    '{job="api", zone="b"} 1',
    '{job="web", zone="a"} 1',
  ]);
  t.same(await ask(engine, 'sum by (__name__) (requests)'), ['requests 111']);
});

t.test('each aggregation takes the values that are there at a step', async (t) => {
  const engine = engineOver('10m', REQUESTS);
  const over = (operator: string) => askRange(engine, `${operator}(requests)`, '0s 30m 10m');
  t.same(await over('sum'), ['{} 111 22 3 _']);
  t.same(await over('avg'), ['{} 37 11 3 _']);
  t.same(await over('min'), ['{} 1 2 3 _']);
  t.same(await over('max'), ['{} 100 20 3 _']);
  t.same(await over('count'), ['{} 3 2 1 _']);
  t.same(await over('group'), ['{} 1 1 1 _']);
  t.same(await over('stdvar'), ['{} 1998 81 0 _']);
  t.same(await over('stddev'), [`{} ${Math.sqrt(1998)} 9 0 _`]);
});

t.test('sum and avg keep what rounding would lose, avg does not overflow', async (t) => {
  const engine = engineOver(
    '1m',
    'v{n="1"} 1e100\nv{n="2"} 1\nv{n="3"} -1e100\nbig{n="1"} 1e308\nbig{n="2"} 1.6e308',
  );
  t.same(await ask(engine, 'sum(v)'), ['{} 1']);
  t.same(await ask(engine, 'avg(big)'), ['{} 1.3e+308']);
  t.same(await ask(engine, 'sum(big)'), ['{} Infinity']);
});

t.test('NaN and infinity pass through as in Prometheus', async (t) => {
  const engine = engineOver('1m', 'v{n="1"} NaN\nv{n="2"} 5\nhuge{n="1"} Inf\nhuge{n="2"} -Inf');
  t.same(await ask(engine, 'max(v)'), ['{} 5']);
  t.same(await ask(engine, 'min(v)'), ['{} 5']);
  t.same(await ask(engine, 'sum(v)'), ['{} NaN']);
  t.same(await ask(engine, 'max(v{n="1"})'), ['{} NaN']);
  t.same(await ask(engine, 'avg(huge{n="1"})'), ['{} Infinity']);
  t.same(await ask(engine, 'avg(huge)'), ['{} NaN']);
  t.same(await ask(engine, 'stddev(huge{n="1"})'), ['{} NaN']);
});

t.test('topk and bottomk order an instant answer, ties by labels', async (t) => {
  const engine = engineOver('1m', 'v{n="d"} 4\nv{n="c"} 9\nv{n="b"} 4\nv{n="a"} NaN');
  t.same(await ask(engine, 'topk(3, v)'), ['v{n="c"} 9', 'v{n="b"} 4', 'v{n="d"} 4']);
  t.same(await ask(engine, 'bottomk(2, v)'), ['v{n="b"} 4', 'v{n="d"} 4']);
  t.same((await ask(engine, 'topk(9, v)')).at(-1), 'v{n="a"} NaN');
  t.same(await ask(engine, 'topk(0, v)'), []);
  await t.rejects(ask(engine, 'topk(NaN, v)'), { message: /Parameter value is NaN/ });
  await t.rejects(ask(engine, 'limitk(1e19, v)'), { message: /overflows int64/ });
});

t.test('topk chooses anew at each step', async (t) => {
  const engine = engineOver('10m', 'v{n="a"} 1 9\nv{n="b"} 5 2');
  t.same(await askRange(engine, 'topk(1, v)', '0s 10m 10m'), ['v{n="a"} _ 9', 'v{n="b"} 5 _']);
  const growing = 'count(bottomk(time() / 600 + 1, v))';
  t.same(await askRange(engine, growing, '0s 10m 10m'), ['{} 1 2']);
});

t.test('quantile interpolates and remarks on what is none', async (t) => {
  const engine = engineOver('1m', 'v{n="a"} 1\nv{n="b"} 2\nv{n="c"} 4');
  t.same(await ask(engine, 'quantile(0.75, v)'), ['{} 3']);
  t.same(await ask(engine, 'quantile(2, v)'), ['{} Infinity']);
  const { annotations } = await outcomeOfRange(engine, 'sum(quantile(-1, v))', '0s 0s 1s');
  t.same(annotations, [
    {
      kind: 'warning',
      text: 'PromQL warning: quantile value should be between 0 and 1, got -1 (1:14)',
    },
  ]);
});

t.test('count_values makes a label of the value', async (t) => {
  const engine = engineOver('1m', 'v{n="a"} 1\nv{n="b"} 1\nv{n="c"} 0.5');
  t.same(await ask(engine, 'count_values("value", v)'), ['{value="0.5"} 1', '{value="1"} 2']);
  t.same(await ask(engine, 'count_values without (n) ("n", v)'), ['{} 3']);
});

t.test('limitk and limit_ratio take a part, a ratio and its complement everything', async (t) => {
  const script = Array.from({ length: 50 }, (_, i) => `v{n="${i}"} 1`).join('\n');
  const engine = engineOver('1m', script);
  t.equal((await ask(engine, 'limitk(7, v)')).length, 7);
  const some = (await ask(engine, 'limit_ratio(0.4, v)')).length;
  t.ok(some > 5 && some < 40, `${some} of 50`);
  t.same(await ask(engine, 'count(limit_ratio(0.4, v) or limit_ratio(-0.6, v))'), ['{} 50']);
  t.same(await ask(engine, 'limit_ratio(0.4, v) and limit_ratio(-0.6, v)'), []);
  const { annotations } = await outcomeOfRange(engine, 'limit_ratio(3, v)', '0s 0s 1s');
  t.match(annotations[0]?.text, /between -1 and 1, got 3, capping to 1 \(1:13\)/);
});

t.test('grouping by a name that is to be dropped drops it at the end', async (t) => {
  const engine = engineOver('1m', 'v{n="a"} 1 2\nv{n="b"} 3 4');
  t.same(await ask(engine, 'sum by (__name__) (increase(v[2m]))', '1m'), ['{} 4']);
  const kept =
    'label_replace(sum by (__name__) (increase(v[2m])), "__name__", "$1", "__name__", "(.*)")';
  t.same(await ask(engine, kept, '1m'), ['v 4']);
});
