import t from 'tap';
import { ask, askRange, engineOver } from './series-script.ts';

const COUNTING = `
  up{job="a"} 0+1x10
  up{job="b"} 0+10x10
`;

t.test('an instant selector takes the latest sample within the lookback', async (t) => {
  const engine = engineOver('1m', 'up 1 2');
  t.same(await ask(engine, 'up', '1m'), ['up 2']);
  t.same(await ask(engine, 'up', '5m59s'), ['up 2']);
  t.same(await ask(engine, 'up', '6m'), [], 'a sample exactly as old as the lookback is too old');
  const short = engineOver('1m', 'up 1 2', { lookbackMs: 30_000 });
  t.same(await ask(short, 'up', '1m30s'), []);
});

t.test('a staleness marker ends a series at once', async (t) => {
  const engine = engineOver('1m', 'up 1 stale _ 4');
  t.same(await askRange(engine, 'up', '0s 4m 1m'), ['up 1 _ _ 4 4']);
  t.same(await ask(engine, 'count_over_time(up[10m])', '4m'), ['{} 2'], 'ranges pass over it');
});

t.test('matchers choose series', async (t) => {
  const engine = engineOver('1m', COUNTING);
  t.same(await ask(engine, 'up{job!="a"}', '2m'), ['up{job="b"} 20']);
  t.same(await ask(engine, '{__name__=~"u.", job=~"a|c"}', '2m'), ['up{job="a"} 2']);
  t.same(await ask(engine, 'up{job=""}', '2m'), []);
});

t.test('offset moves a selector back, a negative one forward', async (t) => {
  const engine = engineOver('1m', COUNTING);
  t.same(await ask(engine, 'up{job="a"} offset 3m', '5m'), ['up{job="a"} 2']);
  t.same(await ask(engine, 'up{job="a"} offset -3m', '5m'), ['up{job="a"} 8']);
  t.same(await ask(engine, 'sum_over_time(up{job="a"}[2m] offset 1m)', '5m'), ['{job="a"} 7']);
});

t.test('@ pins a selector to a time, to the start or to the end of the query', async (t) => {
  const engine = engineOver('1m', COUNTING);
  const a = 'up{job="a"}';
  t.same(await askRange(engine, `${a} @ 120`, '3m 5m 1m'), [`${a} 2 2 2`]);
  t.same(await askRange(engine, `${a} - ${a} @ start()`, '3m 5m 1m'), ['{job="a"} 0 1 2']);
  t.same(await askRange(engine, `${a} - ${a} @ end()`, '3m 5m 1m'), ['{job="a"} -2 -1 0']);
  t.same(await ask(engine, `${a} @ 120 offset 1m`, '9m'), [`${a} 1`]);
  const inside = `sum_over_time((${a} @ end())[2m:1m])`;
  t.same(await ask(engine, inside, '4m'), ['{job="a"} 8'], 'end() is the end of the query');
});

t.test('a range selector is left-open', async (t) => {
  const engine = engineOver('1m', COUNTING);
  t.same(await ask(engine, 'count_over_time(up{job="a"}[2m])', '5m'), ['{job="a"} 2']);
  t.same(await ask(engine, 'count_over_time(up{job="a"}[121s])', '5m'), ['{job="a"} 3']);
});

t.test('a range selector alone answers its samples', async (t) => {
  const engine = engineOver('1m', 'up 1 stale 3\nup{job="x"} 5');
  t.same(await ask(engine, 'up[3m]', '2m'), ['up 1@0 3@120', 'up{job="x"} 5@0']);
  t.same(await ask(engine, 'up{job=""}[2m:1m]', '2m'), ['up 3@120']);
  await t.rejects(askRange(engine, 'up[3m]', '0s 1m 1m'), {
    code: 'bad-query',
    why: 'invalid expression type "range vector" for range query, must be Scalar or instant Vector',
  });
});

t.test('timestamp() of a selector is the time of the sample', async (t) => {
  const engine = engineOver('1m', 'up 1 2');
  t.same(await ask(engine, 'timestamp(up)', '3m'), ['{} 60']);
});

t.test('scalars and strings stand alone', async (t) => {
  const engine = engineOver('1m', '');
  t.same(await ask(engine, '"as it is"'), ['as it is']);
  t.same(await ask(engine, 'time() + 2 ^ 3', '10s'), ['18']);
  t.same(await askRange(engine, 'time()', '0s 2m 1m'), ['{} 0 60 120']);
});

t.test('one selector used twice is read once', async (t) => {
  const engine = engineOver('1m', COUNTING);
  t.same(await ask(engine, 'up{job="a"} - up{job="a"} offset 1m', '5m'), ['{job="a"} 1']);
  const query = 'max_over_time(up{job="a"}[5m]) - min_over_time(up{job="a"}[5m])';
  const outcome = await engine.instant({ tenant: 'default' as never, query, timeMs: 300_000 });
  t.equal(outcome.stats.samplesRead, 5);
  t.equal(outcome.stats.seriesRead, 1);
});

t.test('a query whose parts wait for one another over one selector ends', async (t) => {
  const engine = engineOver('1m', 'up 1 2 3 4 5 6');
  const query = 'up < scalar(quantile_over_time(scalar(up) * 0 + 1, up[3m])) + scalar(up) or up';
  t.same(await ask(engine, query, '4m'), ['up 5']);
});
