import type { Expr } from '@mon/server/promql/parser/ast';
import { parse } from '@mon/server/promql/parser/parse';
import t from 'tap';
import { withoutSpans } from './without-spans.ts';

const foo = selector('foo');

function selector(name: string, rest: object = {}): object {
  const matchers = [{ kind: '=', name: '__name__', value: name }];
  return { kind: 'vector-selector', name, matchers, offsetMs: 0, ...rest };
}

function number(value: number | string, isDuration = false): object {
  return { kind: 'number', value, isDuration };
}

function binary(operator: string, left: object, right: object, rest: object = {}): object {
  return { kind: 'binary', operator, left, right, returnBool: false, ...rest };
}

const oneToOne = { matching: { cardinality: 'one-to-one', on: false, labels: [], include: [] } };

function tree(text: string): unknown {
  return withoutSpans(parse(text));
}

t.test('parse() reads numbers in every form', async (t) => {
  const forms: [string, number | string][] = [
    ['1', 1],
    ['.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['1E-3', 0.001],
    ['0x1F', 31],
    ['0x_ff_ff', 65535],
    ['0x1e', 30],
    ['0755', 493],
    ['08', 8],
    ['1_000.5', 1000.5],
    ['+Inf', 'Infinity'],
    ['-inf', '-Infinity'],
    ['NaN', 'NaN'],
    ['-1', -1],
    ['- -1', 1],
    ['-0', '-0'],
  ];
  for (const [text, value] of forms) t.same(tree(text), number(value), text);
  t.same(tree('5m'), number(300, true));
  t.same(tree('-1h30m'), number(-5400, true));
  t.same(tree('1ms'), number(0.001, true));
});

t.test('parse() reads strings with the escapes of Go', async (t) => {
  const forms: [string, string][] = [
    ['"a"', 'a'],
    ["'a\"b'", 'a"b'],
    ['`a\\n`', 'a\\n'],
    ['`a\nb`', 'a\nb'],
    ['"\\a\\b\\f\\n\\r\\t\\v\\\\\\""', '\x07\b\f\n\r\t\v\\"'],
    ["'\\''", "'"],
    ['"\\u00e9\\U0001F600"', 'é😀'],
    ['"\\xc3\\xa9\\303\\251"', 'éé'],
    ['"\\xff"', '\uFFFD'],
  ];
  for (const [text, value] of forms) t.same(tree(text), { kind: 'string', value }, text);
});

t.test('parse() reads selectors', async (t) => {
  t.same(tree('foo'), foo);
  t.same(tree('foo:bar'), selector('foo:bar'));
  t.same(tree(':foo'), selector(':foo'));
  t.same(tree('foo{}'), foo);
  t.same(tree(`foo{a="1", b!='2', c=~"3|4", d!~\`5.*\`,}`), {
    ...foo,
    matchers: [
      { kind: '=', name: '__name__', value: 'foo' },
      { kind: '=', name: 'a', value: '1' },
      { kind: '!=', name: 'b', value: '2' },
      { kind: '=~', name: 'c', value: '3|4' },
      { kind: '!~', name: 'd', value: '5.*' },
    ],
  });
  t.same(tree('{"metric.name", "label.x"="y"}'), {
    kind: 'vector-selector',
    name: '',
    matchers: [
      { kind: '=', name: '__name__', value: 'metric.name' },
      { kind: '=', name: 'label.x', value: 'y' },
    ],
    offsetMs: 0,
  });
});

t.test('parse() takes keywords as names where no keyword can stand', async (t) => {
  const names = ['sum', 'by', 'without', 'and', 'offset', 'start', 'step', 'fill', 'fill_left'];
  for (const name of [...names, 'max_of', 'Or', 'COUNT', 'anchored', 'infinity']) {
    t.same(tree(name), selector(name), name);
  }
  t.same(tree('{by="x"}'), {
    kind: 'vector-selector',
    name: '',
    matchers: [{ kind: '=', name: 'by', value: 'x' }],
    offsetMs: 0,
  });
  const aggregation = parse('sum by (on, by, bool, group_left, offset, "a.b") (and)');
  t.same(aggregation.kind === 'aggregation' && aggregation.grouping, [
    ...['on', 'by', 'bool', 'group_left', 'offset', 'a.b'],
  ]);
});

t.test('parse() reads offset and @ in any order', async (t) => {
  const at = { kind: 'time', timeMs: 1500 };
  t.same(tree('foo offset 5m @ 1.5'), selector('foo', { offsetMs: 300_000, at }));
  t.same(tree('foo @ 1.5 offset -5m'), selector('foo', { offsetMs: -300_000, at }));
  t.same(tree('foo @ start()'), selector('foo', { at: { kind: 'start' } }));
  t.same(tree('foo @ end() offset 2'), selector('foo', { offsetMs: 2000, at: { kind: 'end' } }));
  t.same(tree('foo @ -1'), selector('foo', { at: { kind: 'time', timeMs: -1000 } }));
  t.same(tree('foo[5m] offset 1m @ 1.5'), {
    kind: 'matrix-selector',
    selector: selector('foo', { offsetMs: 60_000, at }),
    rangeMs: 300_000,
  });
});

t.test('parse() reads ranges and subqueries, durations and numbers alike', async (t) => {
  const range = { kind: 'matrix-selector', selector: foo, rangeMs: 300_000 };
  t.same(tree('foo[5m]'), range);
  t.same(tree('foo[300]'), range);
  t.same(tree('foo [ 2m30s * 2 ] # comment'), range);
  t.same(tree('foo[0.29]'), { ...range, rangeMs: 290 });
  t.same(tree('foo[5m:]'), {
    kind: 'subquery',
    expr: foo,
    rangeMs: 300_000,
    stepMs: 0,
    offsetMs: 0,
  });
  t.same(tree('sum(foo)[1h:5m] offset 1d'), {
    kind: 'subquery',
    expr: { kind: 'aggregation', operator: 'sum', expr: foo, grouping: [], without: false },
    rangeMs: 3_600_000,
    stepMs: 300_000,
    offsetMs: 86_400_000,
  });
});

t.test('parse() groups operators by precedence', async (t) => {
  const [a, b, c] = [selector('a'), selector('b'), selector('c')];
  const vectors = (operator: string, left: object, right: object) =>
    binary(operator, left, right, oneToOne);
  t.same(tree('a + b * c'), vectors('+', a, vectors('*', b, c)));
  t.same(tree('a - b - c'), vectors('-', vectors('-', a, b), c));
  t.same(tree('a ^ b ^ c'), vectors('^', a, vectors('^', b, c)));
  t.same(tree('a atan2 b % c'), vectors('%', vectors('atan2', a, b), c));
  t.same(tree('a > b + c'), vectors('>', a, vectors('+', b, c)));
  t.same(tree('-a ^ b'), { kind: 'unary', operator: '-', expr: vectors('^', a, b) });
  t.same(tree('-a * b'), vectors('*', { kind: 'unary', operator: '-', expr: a }, b));
  t.same(tree('-1 ^ 2'), {
    kind: 'unary',
    operator: '-',
    expr: binary('^', number(1), number(2)),
  });
  t.same(tree('foo offset 5m * 2'), binary('*', selector('foo', { offsetMs: 300_000 }), number(2)));
  const set = { matching: { ...oneToOne.matching, cardinality: 'many-to-many' } };
  t.same(tree('a or b and c'), binary('or', a, binary('and', b, c, set), set));
  t.same(tree('a unless b or c'), binary('or', binary('unless', a, b, set), c, set));
});

t.test('parse() reads what stands between an operator and its operand', async (t) => {
  const matching = (text: string) => {
    const expr = parse(text);
    return expr.kind === 'binary' ? [expr.returnBool, withoutSpans(expr.matching as never)] : expr;
  };
  const plain = { cardinality: 'one-to-one', on: false, labels: [], include: [] };
  t.same(matching('a > bool b'), [true, plain]);
  t.same(matching('a + ignoring(x) b'), [false, { ...plain, labels: ['x'] }]);
  t.same(matching('a + on() b'), [false, { ...plain, on: true }]);
  t.same(matching('a / on(x, "y.z",) group_left(c) b'), [
    false,
    { cardinality: 'many-to-one', on: true, labels: ['x', 'y.z'], include: ['c'] },
  ]);
  t.same(matching('a / ignoring(x) group_right b'), [
    false,
    { cardinality: 'one-to-many', on: false, labels: ['x'], include: [] },
  ]);
  t.same(matching('a + fill(-1) b'), [false, { ...plain, fillLeft: -1, fillRight: -1 }]);
  t.same(matching('a + fill_right(2m) fill_left(1) b'), [
    false,
    { ...plain, fillLeft: 1, fillRight: 120 },
  ]);
  const scalar = parse('a > bool 1');
  t.equal(scalar.kind === 'binary' && scalar.matching, undefined);
});

t.test('parse() reads aggregations with the clause on either side', async (t) => {
  const sum = { kind: 'aggregation', operator: 'sum', expr: foo, grouping: ['a', 'b'] };
  t.same(tree('sum by (a, b) (foo)'), { ...sum, without: false });
  t.same(tree('SUM(foo) WITHOUT (a, b,)'), { ...sum, without: true });
  t.same(tree('topk(3, foo)'), {
    ...sum,
    operator: 'topk',
    param: number(3),
    grouping: [],
    without: false,
  });
});

t.test('parse() says where each node stands', async (t) => {
  const spanOf = (expr: Expr, text: string) => text.slice(expr.span.start, expr.span.end);
  const text = ' sum( rate(foo{a="b"}[5m] offset 1m) ) by (x) + (-1 ^ 2)';
  const expr = parse(text);
  if (expr.kind !== 'binary' || expr.left.kind !== 'aggregation') return t.fail('not a sum');
  t.equal(spanOf(expr, text), text.trim());
  t.equal(spanOf(expr.left, text), 'sum( rate(foo{a="b"}[5m] offset 1m) ) by (x)');
  t.equal(spanOf(expr.right, text), '(-1 ^ 2)');
  const rate = expr.left.expr;
  if (rate.kind !== 'call') return t.fail('not a call');
  t.equal(spanOf(rate, text), 'rate(foo{a="b"}[5m] offset 1m)');
  t.equal(spanOf(rate.args[0] as Expr, text), 'foo{a="b"}[5m] offset 1m');
});
