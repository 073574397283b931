import t from 'tap';
import { ask, askRange, engineOver } from './series-script.ts';

const ERRORS = `
  errors{job="api", code="404"} 4 8
  errors{job="api", code="500"} 1 2
  errors{job="web", code="500"} 3 _
  total{job="api"} 100 200
  total{job="web"} 10 20
  owner{job="api", team="blue"} 1 1
`;

t.test('arithmetic between vectors matches labels and drops the name', async (t) => {
  const engine = engineOver('10m', ERRORS);
  t.same(await ask(engine, 'total * total'), ['{job="api"} 10000', '{job="web"} 100']);
  t.same(await ask(engine, 'errors + total'), [], 'labels have to be equal');
  t.same(await ask(engine, 'errors{code="500"} / on (job) total'), [
    '{job="api"} 0.01',
    '{job="web"} 0.3',
  ]);
  t.same(await ask(engine, 'errors{code="500"} / ignoring (code) total'), [
    '{job="api"} 0.01',
    '{job="web"} 0.3',
  ]);
});

t.test(
  'group_left keeps the labels of the many side and takes labels of the one side',
  async (t) => {
    const engine = engineOver('10m', ERRORS);
    t.same(await ask(engine, 'errors / on (job) group_left total'), [
      '{code="404", job="api"} 0.04',
      '{code="500", job="api"} 0.01',
      '{code="500", job="web"} 0.3',
    ]);
    t.same(await ask(engine, 'errors * on (job) group_left (team) owner'), [
      '{code="404", job="api", team="blue"} 4',
      '{code="500", job="api", team="blue"} 1',
    ]);
    t.same(await ask(engine, 'owner - on (job) group_right (team) errors'), [
      '{code="404", job="api", team="blue"} -3',
      '{code="500", job="api", team="blue"} 0',
    ]);
  },
);

t.test('comparisons filter the left side, bool gives 0 and 1', async (t) => {
  const engine = engineOver('10m', ERRORS);
  t.same(await ask(engine, 'total > 50'), ['total{job="api"} 100']);
  t.same(await ask(engine, '50 > total'), ['total{job="web"} 10']);
  t.same(await ask(engine, 'total > bool 50'), ['{job="api"} 1', '{job="web"} 0']);
  t.same(await ask(engine, 'total{job="api"} == total'), ['total{job="api"} 100']);
  t.same(await ask(engine, 'errors{code="500"} < on (job) total > 2'), ['{job="web"} 3']);
  t.same(await ask(engine, 'total > bool on (job) owner'), ['{job="api"} 1']);
  t.same(await ask(engine, '2 > bool 1'), ['1']);
});

t.test('an ambiguous match fails with the words of Prometheus', async (t) => {
  const engine = engineOver('10m', ERRORS);
  await t.rejects(ask(engine, 'total / on (job) errors'), {
    code: 'query-failed',
    message:
      /found duplicate series for the match group \{job="api"\} on the right hand-side of the operation: \[\{__name__="errors", code="404", job="api"\}, \{__name__="errors", code="500", job="api"\}\];many-to-many matching not allowed: matching labels must be unique on one side$/,
  });
  await t.rejects(ask(engine, 'errors / on (job) total'), {
    message:
      /multiple matches for labels: many-to-one matching must be explicit \(group_left\/group_right\)$/,
  });
  await t.rejects(ask(engine, 'errors > on (job) total'), { code: 'query-failed' });
  await t.rejects(ask(engine, 'total / on (job) group_right errors * on () group_right owner'), {
    message: /duplicate series for the match group \{\} on the left hand-side/,
  });
  const twins = engineOver('10m', `${ERRORS}\n copy{job="api"} 1`);
  await t.rejects(ask(twins, '{__name__=~"total|copy"} * on (job) group_left total'), {
    message: /multiple matches for labels: grouping labels must ensure unique matches$/,
  });
  t.same(await ask(engine, 'nothing / on (job) errors'), [], 'nothing to match, nothing to fail');
});

t.test('series that follow one another in time are no ambiguous match', async (t) => {
  const engine = engineOver('10m', 'a{pod="1"} 1 _\na{pod="2"} _ 2\nb{x="y"} 10 10');
  t.same(await askRange(engine, 'sum without (x) (b) + on () a', '0s 10m 10m'), ['{} 11 12']);
  t.same(await askRange(engine, 'b * on () group_left (pod) a', '0s 10m 10m'), [
    '{pod="1", x="y"} 10 _',
    '{pod="2", x="y"} _ 20',
  ]);
});

t.test('and, or, unless look at labels alone', async (t) => {
  const engine = engineOver('10m', ERRORS);
  t.same(await ask(engine, 'errors and on (job) owner'), [
    'errors{code="404", job="api"} 4',
    'errors{code="500", job="api"} 1',
  ]);
  t.same(await ask(engine, 'errors unless on (job) owner'), ['errors{code="500", job="web"} 3']);
  t.same(await ask(engine, 'owner or on (job) total'), [
    'owner{job="api", team="blue"} 1',
    'total{job="web"} 10',
  ]);
  t.same(await ask(engine, 'total and ignoring (job) vector(1)'), [
    'total{job="api"} 100',
    'total{job="web"} 10',
  ]);
});

t.test('or makes one row of a series that both sides have in turn', async (t) => {
  const engine = engineOver('10m', 'v 1 20 3');
  t.same(await askRange(engine, 'v > 10 or v', '0s 20m 10m'), ['v 1 20 3']);
  t.same(await askRange(engine, '-(v > 10) or -(v < 2)', '0s 20m 10m'), ['{} -1 -20 _']);
});

t.test('rows that lose their name must not meet', async (t) => {
  const engine = engineOver('10m', 'a{x="1"} 1 _\nb{x="1"} _ 2\nc{x="1"} 5 _');
  t.same(await askRange(engine, '-{__name__=~"a|b"}', '0s 10m 10m'), ['{x="1"} -1 -2']);
  await t.rejects(ask(engine, '-{__name__=~"a|c"}'), {
    message: /vector cannot contain metrics with the same labelset$/,
  });
});

t.test('fill gives a value to missing partners', async (t) => {
  const engine = engineOver('10m', 'a{x="1"} 1\na{x="2"} 2\nb{x="2"} 20\nb{x="3"} 30');
  t.same(await ask(engine, 'a + fill(0) b'), ['{x="1"} 1', '{x="2"} 22', '{x="3"} 30']);
  t.same(await ask(engine, 'a + fill_left(100) b'), ['{x="2"} 22', '{x="3"} 130']);
  t.same(await ask(engine, 'a + fill_right(100) b'), ['{x="1"} 101', '{x="2"} 22']);
});

t.test('operators on scalars are those of Go', async (t) => {
  const engine = engineOver('10m', 'v 0 -7');
  t.same(await ask(engine, '-7 % 3'), ['-1']);
  t.same(await ask(engine, '1 ^ NaN'), ['1']);
  t.same(await ask(engine, '(-1) ^ Inf'), ['1']);
  t.same(await ask(engine, '2 ^ 3 ^ 2'), ['512']);
  t.same(await ask(engine, '1 atan2 1'), [String(Math.PI / 4)]);
  t.same(await askRange(engine, '-v % 4', '0s 10m 10m'), ['{} 0 3']);
});

t.test('absent, scalar and vector turn kinds into one another', async (t) => {
  const engine = engineOver('10m', ERRORS);
  const absent = 'absent(none{job="x", code=~"5..", zone="a", zone="b"})';
  t.same(await ask(engine, absent), ['{job="x"} 1']);
  t.same(await ask(engine, 'absent(total)'), []);
  t.same(await ask(engine, 'absent(sum(none))'), ['{} 1']);
  t.same(await askRange(engine, 'absent_over_time(none{job="x"}[5m])', '0s 5m 5m'), [
    '{job="x"} 1 1',
  ]);
  t.same(await ask(engine, 'absent_over_time(total[5m])'), []);
  t.same(await ask(engine, 'scalar(total)'), ['NaN'], 'two values are no scalar');
  t.same(await ask(engine, 'vector(scalar(owner)) + 1'), ['{} 2']);
});

t.test('sort orders an instant answer and remarks on a range', async (t) => {
  const engine = engineOver('10m', ERRORS);
  t.same(await ask(engine, 'sort_desc(total)'), ['total{job="api"} 100', 'total{job="web"} 10']);
  t.same(await ask(engine, 'sort(total)'), ['total{job="web"} 10', 'total{job="api"} 100']);
  const outcome = await engine.range({
    tenant: 'default' as never,
    query: 'sum(\n  sort(total))',
    startMs: 0,
    endMs: 0,
    stepMs: 1000,
  });
  t.match(outcome.annotations[0]?.text, /^PromQL warning: sort is ineffective .* \(2:3\)$/);
});
