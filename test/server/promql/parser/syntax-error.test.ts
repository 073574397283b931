import { EXPR_DEPTH_MAX, QUERY_LENGTH_MAX } from '@mon/server/promql/parser/cursor';
import { parse } from '@mon/server/promql/parser/parse';
import { caretLine, PromqlSyntaxError } from '@mon/server/promql/parser/syntax-error';
import { reasonOf } from '@mon/storage/model/error';
import t from 'tap';

function errorOf(text: string): PromqlSyntaxError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof PromqlSyntaxError) return error;
    throw error;
  }
  throw new Error(`parsed: ${text}`);
}

// Each text and position was compared with Prometheus 3.
const cases: readonly (readonly [string, string])[] = [
  ['', '1:1: parse error: no expression found in input'],
  ['# comment', '1:1: parse error: no expression found in input'],
  ['foo or', '1:7: parse error: unexpected end of input'],
  ['foo bar', '1:5: parse error: unexpected identifier "bar"'],
  ['sum(foo bar)', '1:9: parse error: unexpected identifier "bar" in aggregation'],
  ['sum by (a) + 1', '1:12: parse error: unexpected <op:+> in aggregation'],
  ['sum by foo', '1:8: parse error: unexpected identifier "foo" in grouping opts, expected "("'],
  ['sum by (1) (c)', '1:9: parse error: unexpected number "1" in grouping opts, expected label'],
  [
    'sum by (a b) (c)',
    '1:11: parse error: unexpected identifier "b" in grouping opts, expected "," or ")"',
  ],
  ['sum(', '1:5: parse error: unclosed left parenthesis'],
  ['sum(a))', "1:8: parse error: unexpected right parenthesis ')'"],
  ['foo]', "1:4: parse error: unexpected right bracket ']'"],
  ['{a', '1:3: parse error: unexpected end of input inside braces'],
  ['{a=1}', "1:4: parse error: unexpected character inside braces: '1'"],
  [
    '{a="b" c}',
    '1:8: parse error: unexpected identifier "c" in label matching, expected "," or "}"',
  ],
  [
    'foo{a}',
    '1:6: parse error: unexpected "}" in label matching, expected label matching operator',
  ],
  ['foo{a=b}', '1:7: parse error: unexpected identifier "b" in label matching, expected string'],
  ['{,}', '1:2: parse error: unexpected "," in label matching, expected identifier or "}"'],
  ['rate(foo[5m)', '1:12: parse error: unexpected ")" in subquery or range, expected ":" or "]"'],
  [
    'foo[]',
    '1:5: parse error: unexpected "]" in subquery or range selector, expected number, duration, step(), or range()',
  ],
  ['foo[', '1:5: parse error: unexpected end of input in duration expression'],
  ['foo[5m:1m', '1:10: parse error: unclosed left bracket'],
  ['foo[0]', '1:5: parse error: duration must be greater than 0'],
  ['foo[1h2h]', '1:5: parse error: not a valid duration string: "1h2h"'],
  ['foo[5m/0]', '1:7: parse error: division by zero'],
  ['5mm', '1:1: parse error: bad number or duration syntax: "5mm"'],
  [
    'foo offset x',
    '1:12: parse error: unexpected identifier "x" in offset, expected number, duration, step(), or range()',
  ],
  ['foo @ x', '1:7: parse error: unexpected identifier "x" in @, expected timestamp'],
  ['foo @ 1 @ 2', '1:1: parse error: @ <timestamp> may not be set multiple times'],
  ['foo offset 5m offset 6m', '1:1: parse error: offset may not be set multiple times'],
  ['foo offset 5m[5m]', '1:14: parse error: no offset modifiers allowed before range'],
  ['sum(foo)[5m]', '1:9: parse error: ranges only allowed for vector selectors'],
  ['"a', '1:1: parse error: unterminated quoted string'],
  ['"\\q"', "1:1: parse error: unknown escape sequence U+0071 'q'"],
  ['"\\u12"', "1:1: parse error: illegal character U+0022 '\"' in escape sequence"],
  ['"\\ud800"', '1:1: parse error: escape sequence is an invalid Unicode code point'],
  ['foo ~ bar', "1:5: parse error: unexpected character: '~'"],
  ['foo =~ bar', "1:5: parse error: unexpected character after '=': '~'"],
  ['foo = bar', '1:5: parse error: unexpected "="'],
  ['rate(foo[5m]\n,)', '2:1: parse error: trailing commas not allowed in function call args'],
  ['foo{a=~"("}', '1:5: parse error: error parsing regexp: missing closing ): `(`'],
  ['nope(foo)', '1:1: parse error: unknown function with name "nope"'],
  ['{}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
  ['{a=~".*"}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
  ['foo{"bar"}', '1:1: parse error: metric name must not be set twice: "foo" or "bar"'],
  [
    'rate(foo)',
    '1:6: parse error: expected type range vector in call to function "rate", got instant vector',
  ],
  [
    'sum(1)',
    '1:5: parse error: expected type instant vector in aggregation expression, got scalar',
  ],
  ['topk("1", foo)', '1:6: parse error: expected type scalar in aggregation parameter, got string'],
  [
    'topk(foo)',
    '1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1',
  ],
  ['sum()', '1:1: parse error: no arguments for aggregate expression provided'],
  ['time(1)', '1:1: parse error: expected 0 argument(s) in call to "time", got 1'],
  ['round(a, 1, 2)', '1:1: parse error: expected at most 2 argument(s) in call to "round", got 3'],
  [
    'label_join(a)',
    '1:1: parse error: expected at least 3 argument(s) in call to "label_join", got 1',
  ],
  ['1 == 2', '1:3: parse error: comparisons between scalars must use BOOL modifier'],
  ['a + bool b', '1:3: parse error: bool modifier can only be used on comparison operators'],
  ['foo and 1', '1:1: parse error: set operator "and" not allowed in binary scalar expression'],
  ['a and on() group_left() b', '1:1: parse error: no grouping allowed for "and" operation'],
  [
    'a + on(x) group_left(x) b',
    '1:3: parse error: label "x" must not occur in ON and GROUP clause at once',
  ],
  ['a + on(x) 1', '1:1: parse error: vector matching only allowed between instant vectors'],
  [
    '"a" + 1',
    '1:1: parse error: binary expression must contain only scalar and instant vector types',
  ],
  [
    '-foo[5m]',
    '1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "range vector"',
  ],
  [
    'max_over_time(foo[5m:1m][10m:])',
    '1:15: parse error: subquery is only allowed on instant vector, got matrix instead',
  ],
  [
    'info(foo, bar)',
    '1:11: parse error: expected label selectors only, got vector selector instead',
  ],
];

t.test('parse() fails with the text and place that Prometheus gives', async (t) => {
  for (const [text, message] of cases) t.equal(errorOf(text).message, message, text);
});

t.test('parse() suggests the name that was meant', async (t) => {
  t.equal(errorOf('rat(foo[5m])').suggestion, 'rate');
  t.equal(errorOf('Rate(foo[5m])').suggestion, 'rate');
  t.equal(errorOf('smu(foo)').suggestion, 'sum');
  t.equal(errorOf('smu by (x) (foo)').suggestion, 'sum');
  t.equal(errorOf('holt_winters(foo[5m], 1, 1)').suggestion, 'double_exponential_smoothing');
  t.equal(errorOf('histogram_quantil(0.9, foo)').suggestion, 'histogram_quantile');
  t.equal(errorOf('xyzzy(foo)').suggestion, undefined);
  t.equal(errorOf('rat(foo[5m])').mend, 'Did you mean "rate" at line 1, column 1?');
  t.match(errorOf('1 +\n +').mend, 'line 2, column 3');
  t.equal(errorOf('1 +').code, 'bad-query');
});

t.test(
  'parse() refuses a query beyond its bounds instead of exhausting memory or stack',
  async (t) => {
    const deep = 100_000;
    for (const text of [
      '('.repeat(deep),
      `${'('.repeat(deep)}1${')'.repeat(deep)}`,
      `${'-'.repeat(deep)}foo`,
      `${'abs('.repeat(deep)}foo${')'.repeat(deep)}`,
      `${'sum('.repeat(deep)}foo${')'.repeat(deep)}`,
      `1${' + 1'.repeat(deep)}`,
      `1${' ^ 1'.repeat(deep)}`,
      `foo${'[5m:]'.repeat(deep)}`,
      `foo[${'('.repeat(deep)}5m${')'.repeat(deep)}]`,
      `foo[step()${' + step()'.repeat(deep)}]`,
      `foo offset ${'-('.repeat(deep)}step()${')'.repeat(deep)}`,
    ]) {
      t.match(errorOf(text).why, `nested deeper than ${EXPR_DEPTH_MAX}`, text.slice(0, 20));
    }
    const chain = `1${' + 1'.repeat(EXPR_DEPTH_MAX - 2)}`;
    t.doesNotThrow(() => parse(chain));
    t.match(errorOf(`"${'a'.repeat(QUERY_LENGTH_MAX)}"`).why, 'at most');
    t.match(errorOf('"\ud800"').why, 'invalid UTF-8');
  },
);

t.test('caretLine() points at the span', async (t) => {
  const text = 'sum(\n\trate(foo)\n)';
  t.equal(caretLine(text, errorOf(text).span), ' rate(foo)\n      ^^^');
  t.equal(caretLine('1 +', { start: 3, end: 3 }), '1 +\n   ^');
  const long = `${'a + '.repeat(100)}b c`;
  const shown = caretLine(long, errorOf(long).span);
  const [source = '', carets = ''] = shown.split('\n');
  t.ok(source.length <= 106, 'a long line is cut');
  t.equal(source[carets.indexOf('^')], 'c');
});

t.test('parse() throws nothing but PromqlSyntaxError whatever the text', async (t) => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.comment(`SEED=${seed}`);
  const random = generator(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const pieces = [
    ...['sum', 'rate', 'by', 'on', 'group_left', 'bool', 'offset', '@', 'start', 'step', 'fill'],
    ...['(', ')', '{', '}', '[', ']', ',', ':', '=', '=~', '!~', '!=', '"a"', "'", '`', '\\', '#'],
    ...['+', '-', '*', '/', '%', '^', '==', '<', '>=', 'and', 'or', 'unless', 'atan2'],
    ...['1', '.', '5m', '1e', '0x', '_', 'foo', ' ', '\n', 'é', '\ud83d', 'max_of', 'topk', 'inf'],
  ];
  const seeds = [...cases.map(([text]) => text), 'a + on(x) group_left(y) fill(1) b @ end()'];
  for (let i = 0; i < 20_000; i++) {
    let text = pick(seeds);
    for (let edits = Math.ceil(random() * 4); edits > 0; edits--) {
      const at = Math.floor(random() * (text.length + 1));
      const cut = random() < 0.5 ? Math.floor(random() * 4) : 0;
      text =
        text.slice(0, at) + (random() < 0.8 ? pick(pieces) : pick(seeds)) + text.slice(at + cut);
    }
    try {
      parse(text);
    } catch (error) {
      if (!(error instanceof PromqlSyntaxError)) {
        t.fail(`${JSON.stringify(text)}: ${reasonOf(error)}`);
        return;
      }
    }
  }
  t.pass('20000 texts');
});

/** mulberry32: a small seeded generator of numbers in [0, 1). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
