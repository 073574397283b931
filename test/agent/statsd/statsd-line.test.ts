import {
  metricNameOf,
  parseStatsdLine,
  parseTags,
  statsdNumber,
} from '@mon/agent/statsd/statsd-line';
import t from 'tap';

t.test('parseStatsdLine() reads names, values, types, rates and tags', async (t) => {
  t.strictSame(parseStatsdLine('a.b:1|c'), {
    name: 'a.b',
    type: 'c',
    values: ['1'],
    rate: 1,
    tags: '',
  });
  t.match(parseStatsdLine('a:1|ms|@0.1|#x:y,z'), { type: 'ms', rate: 0.1, tags: 'x:y,z' });
  t.match(parseStatsdLine('a:1|ms|#x:y|@0.5'), { rate: 0.5, tags: 'x:y' });
  t.match(parseStatsdLine('a:1:2:3|h'), { values: ['1', '2', '3'] });
  t.match(parseStatsdLine('a:x:y|s'), { values: ['x:y'] });
  t.match(parseStatsdLine('a:-1|g|c:0123'), { values: ['-1'], type: 'g' });
});

t.test('parseStatsdLine() says what is wrong', async (t) => {
  const cases: [string, string][] = [
    ['', 'no-name'],
    [':1|c', 'no-name'],
    ['a|c', 'no-value'],
    ['a:|c', 'no-value'],
    ['a:1', 'no-type'],
    ['a:1|', 'no-type'],
    ['a:1|x', 'unknown-type'],
    ['a:1|constructor', 'unknown-type'],
    ['a:1|c|@', 'bad-rate'],
    ['a:1|c|@0', 'bad-rate'],
    ['a:1|c|@2', 'bad-rate'],
    ['a:1|c|@x', 'bad-rate'],
    ['a:1|c|what', 'unknown-field'],
    ['_e{5,4}:title|text', 'event'],
    ['_sc|redis|0', 'event'],
    [`${'a'.repeat(9000)}:1|c`, 'too-long'],
  ];
  for (const [line, fault] of cases) t.equal(parseStatsdLine(line), fault, line.slice(0, 30));
});

t.test('statsdNumber() takes decimal numbers only', async (t) => {
  for (const text of ['1', '-1.5', '+2', '.5', '1e3']) t.equal(statsdNumber(text), Number(text));
  for (const text of ['', 'x', '0x1', 'NaN', 'Infinity', '1e999', ' 1', '1 '])
    t.equal(statsdNumber(text), undefined, text);
});

t.test('parseTags() and metricNameOf() make names that PromQL takes unquoted', async (t) => {
  t.strictSame(parseTags('a:b,flag,c.d:e:f,,1x:y,__n:z'), [
    ['a', 'b'],
    ['flag', 'true'],
    ['c_d', 'e:f'],
    ['_1x', 'y'],
    ['_n', 'z'],
  ]);
  t.equal(parseTags(Array.from({ length: 61 }, (_, i) => `t${i}:x`).join(',')), undefined);
  t.equal(metricNameOf('app.api-v2.größe'), 'app_api_v2_gr__e');
  t.equal(metricNameOf('5xx'), '_5xx');
});
