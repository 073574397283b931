import { parse } from '@mon/server/promql/parser/parse';
import { printExpr, printFloat } from '@mon/server/promql/parser/print';
import t from 'tap';
import { withoutSpans } from './without-spans.ts';

t.test('printExpr() writes the canonical form', async (t) => {
  const forms: [string, string][] = [
    ['sum(foo)by(b,"a.c")', 'sum by (b, "a.c") (foo)'],
    ['sum without() (foo)', 'sum without () (foo)'],
    ['sum by () (foo)', 'sum(foo)'],
    ['topk(3,foo)', 'topk(3, foo)'],
    ['foo{b="x",a=~"y"}', 'foo{a=~"y",b="x"}'],
    [`{'foo bar', \`label x\`="y"}`, '{"label x"="y",__name__="foo bar"}'],
    ['foo[90s:15] offset -1d @ 1.5', 'foo[1m30s:15s] @ 1.500 offset -1d'],
    ['foo[5m] @ start() offset 1w', 'foo[5m] @ start() offset 1w'],
    ['a/on(x)group_left b', 'a / on (x) group_left () b'],
    ['a+ignoring()b', 'a + b'],
    ['a==bool on()b', 'a == bool on () b'],
    ['a + fill_right(2m) fill_left(-1) b', 'a + fill_left (-1) fill_right (120) b'],
    ['- -foo', '--foo'],
    ['-5m * 2', '-5m * 2'],
    ['foo[step()]', 'foo[step()]'],
    ['((a))', '((a))'],
    ["'a\"'", '"a\\""'],
  ];
  for (const [text, printed] of forms) t.equal(printExpr(parse(text)), printed, text);
});

t.test('printFloat() writes every float without an exponent', async (t) => {
  const forms: [number, string][] = [
    [1e-7, '0.0000001'],
    [-1.25e-9, '-0.00000000125'],
    [1e21, '1000000000000000000000'],
    [1.5e22, '15000000000000000000000'],
    [123.25, '123.25'],
    [-0, '-0'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NaN, 'NaN'],
  ];
  for (const [value, text] of forms) t.equal(printFloat(value), text);
  for (const value of [Number.MAX_VALUE, Number.MIN_VALUE, 0.1 + 0.2, 2 ** 53]) {
    t.equal(Number(printFloat(value)), value);
  }
});

t.test('parse() reads what printExpr() wrote as the same tree', async (t) => {
  const texts = [
    'foo',
    '{"metric.name", a!~"b|c", x=""}',
    'sum by (a) (rate(foo{b="\\n\\u0001"}[5m] offset 1h @ end())) / on (a) group_right (c) bar',
    'histogram_quantile(0.99, sum without (x) (rate(y_bucket[1h30m:1m] @ 12.5)))',
    '-1 ^ -2 ^ +foo',
    '-(1 + 2) * 3 > bool 4',
    'a and b or c unless on (x) d',
    'a + fill (0) b',
    'a % fill_right (NaN) b',
    'foo[step() * 2:max_of(range(), 5m) - 1] offset -(step() + 1)',
    'foo[min_of(step(), -range() ^ 2)]',
    'count_values without () ("v", foo offset -1ms)',
    'info(foo, {x="y"})',
    'label_replace(foo, "a", "$1", "b", "(.*)")',
    '1e300 + Inf - NaN + 1ms',
    '123456789012345678901234567890',
  ];
  for (const text of texts) {
    const tree = parse(text);
    const printed = printExpr(tree);
    t.same(withoutSpans(parse(printed)), withoutSpans(tree), printed);
    t.equal(printExpr(parse(printed)), printed);
  }
});
