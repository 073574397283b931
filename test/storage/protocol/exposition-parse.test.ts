import { formatLabels, labelsToRecord } from '@mon/storage/model/labels';
import { bitsOf } from '@mon/storage/model/sample';
import { type Exposition, parseExposition } from '@mon/storage/protocol/exposition-parse';
import t from 'tap';

const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

function text(body: string): Exposition {
  return parseExposition(Buffer.from(body), {
    nowMs: 1000,
    contentType: 'text/plain; version=0.0.4',
  });
}

function openMetrics(body: string): Exposition {
  return parseExposition(Buffer.from(body), { nowMs: 1000, contentType: OPENMETRICS });
}

/** Each sample as one line: series, value, timestamp. */
function lines({ columns }: Exposition): string[] {
  return columns.labels.flatMap((labels, i) => {
    const samples: string[] = [];
    for (let j = columns.sampleOffsets[i] ?? 0; j < (columns.sampleOffsets[i + 1] ?? 0); j++)
      samples.push(`${formatLabels(labels)} ${columns.values[j]} ${columns.timestampsMs[j]}`);
    return samples;
  });
}

t.test('parseExposition() reads text 0.0.4', async (t) => {
  const body = [
    '# HELP http_requests_total Requests \\\\ seen,\\nall of them.',
    '# TYPE http_requests_total counter',
    'http_requests_total{method="post",code="200"} 1027 1395066363000',
    'http_requests_total{method="post",code="400",}    3',
    '',
    '# an ordinary comment',
    '#HELP is a comment too',
    '  leading_blanks\t12.47  ',
    'no_space_after_brace{a="b"}4',
    'space_before_brace {a="b"} 5',
    'spaces{ a = "b" , c="d" } 6',
    'escapes{path="C:\\\\DIR\\\\",error="a \\"quote\\"\\nline",kept="\\d"} 7',
    'braces{a="}{,="} 8',
    'empty{gone=""} 9',
    'nothing{} 10 -500',
    'inf +Inf',
    'colon:name_1 1e-3',
    '# TYPE spaces untyped',
  ].join('\n');
  const exposition = text(body);
  t.strictSame(lines(exposition), [
    'http_requests_total{code="200", method="post"} 1027 1395066363000',
    'http_requests_total{code="400", method="post"} 3 1000',
    'leading_blanks 12.47 1000',
    'no_space_after_brace{a="b"} 4 1000',
    'space_before_brace{a="b"} 5 1000',
    'spaces{a="b", c="d"} 6 1000',
    'escapes{error="a \\"quote\\"\\nline", kept="\\\\d", path="C:\\\\DIR\\\\"} 7 1000',
    'braces{a="}{,="} 8 1000',
    'empty 9 1000',
    'nothing 10 -500',
    'inf Infinity 1000',
    'colon:name_1 0.001 1000',
  ]);
  t.strictSame(exposition.metadata, [
    {
      metric: 'http_requests_total',
      type: 'counter',
      help: 'Requests \\ seen,\nall of them.',
      unit: '',
    },
    { metric: 'spaces', type: 'unknown', help: '', unit: '' },
  ]);
});

t.test('parseExposition() reads UTF-8 values and quoted names in both formats', async (t) => {
  const body =
    '# TYPE "io.errors" gauge\n' +
    '{"io.errors","disk name"="größer",plain="ok"} 1\n' +
    'plain_name{"häßlich"="ja"} 2\n';
  for (const exposition of [text(body), openMetrics(`${body}# EOF\n`)]) {
    t.strictSame(exposition.columns.labels.map(labelsToRecord), [
      { __name__: 'io.errors', 'disk name': 'größer', plain: 'ok' },
      { __name__: 'plain_name', häßlich: 'ja' },
    ]);
    t.match(exposition.metadata, [{ metric: 'io.errors', type: 'gauge' }]);
  }
});

t.test('parseExposition() reads OpenMetrics 1.0', async (t) => {
  const body = [
    '# TYPE foo_seconds counter',
    '# UNIT foo_seconds seconds',
    '# HELP foo_seconds Says \\"hello\\".',
    'foo_seconds_total 17.0 1520879607.789',
    'foo_seconds_created 1520872607.123',
    '# TYPE bar histogram',
    'bar_bucket{le="1"} 3 # {trace_id="KOO5S4vxi0o"} 0.67',
    'bar_bucket{le="+Inf"} 4 1.5 # {trace_id="x"} 9.8 1520879607.789',
    'bar_sum 2 # {} 1',
    '# TYPE s stateset',
    's{s="a"} 1',
    '# HELP empty',
    '# EOF',
  ].join('\n');
  for (const exposition of [openMetrics(body), openMetrics(`${body}\n`)]) {
    t.strictSame(lines(exposition), [
      'foo_seconds_total 17 1520879607789',
      'foo_seconds_created 1520872607.123 1000',
      'bar_bucket{le="1"} 3 1000',
      'bar_bucket{le="+Inf"} 4 1500',
      'bar_sum 2 1000',
      's{s="a"} 1 1000',
    ]);
    t.strictSame(exposition.metadata, [
      { metric: 'foo_seconds', type: 'counter', help: 'Says "hello".', unit: 'seconds' },
      { metric: 'bar', type: 'histogram', help: '', unit: '' },
      { metric: 's', type: 'stateset', help: '', unit: '' },
      { metric: 'empty', type: 'unknown', help: '', unit: '' },
    ]);
  }
});

t.test('parseExposition() joins samples of one series that follow each other', async (t) => {
  const { columns } = text('a{x="1"} 1 10\na{x="1"} 2 20\nb 3 10\na{x="1"} 4 30\n');
  t.equal(columns.labels.length, 3);
  t.strictSame([...columns.sampleOffsets], [0, 2, 3, 4]);
  t.strictSame([...columns.values], [1, 2, 3, 4]);
});

t.test('parseExposition() stores an ordinary NaN with the bits Prometheus uses', async (t) => {
  const bits = bitsOf(text('a NaN\n').columns.values);
  t.strictSame([...bits], [1, 0x7ff80000]);
});

t.test(
  'parseExposition() takes an empty body of text and refuses one of OpenMetrics',
  async (t) => {
    t.equal(text('').columns.labels.length, 0);
    t.equal(text('\n\n# x\n').columns.labels.length, 0);
    t.equal(openMetrics('# EOF').columns.labels.length, 0);
    t.throws(() => openMetrics(''), { code: 'bad-exposition', why: /# EOF/ });
  },
);

t.test('parseExposition() says line, column and reason of malformed text', async (t) => {
  const cases: [string, number, number, RegExp][] = [
    ['ok 1\nfoo\n', 2, 4, /nothing is no number/],
    ['ok 1\nfoo bar\n', 2, 5, /"bar" is no number/],
    ['foo 1 2.5\n', 1, 7, /timestamp "2.5"/],
    ['foo 1 2 3\n', 1, 9, /expected the end of the line/],
    ['foo{a="b" 1\n', 1, 12, /brace does not close/],
    ['foo{a="b} 1\nbar 1\n', 1, 1, /quoted text does not end/],
    ['foo{a="b" c="d"} 1\n', 1, 11, /comma or \}/],
    ['foo{a=b} 1\n', 1, 7, /label value in quotes/],
    ['foo{1a="b"} 1\n', 1, 5, /label name/],
    ['foo{a} 1\n', 1, 6, /= after the label name/],
    ['foo{a="b"\nbar 1\n', 1, 10, /brace does not close/],
    ['foo{a="b",a="c"} 1\n', 1, 1, /stands twice/],
    ['{a="b"} 1\n', 1, 1, /no metric name/],
    ['foo{"bar"} 1\n', 1, 10, /= after the label name/],
    ['{"foo","bar"} 1\n', 1, 13, /= after the label name/],
    ['{""} 1\n', 1, 2, /metric name is empty/],
    ['foo{""="b"} 1\n', 1, 5, /label name is empty/],
    ['1foo 1\n', 1, 1, /expected a metric name/],
    ['föö 1\n', 1, 2, /expected a metric name/],
    ['ok 1\r\n', 1, 4, /is no number/],
    ['# TYPE foo thing\n', 1, 11, /no metric type/],
    ['# TYPE foo constructor\n', 1, 11, /no metric type/],
    ['# TYPE 1foo counter\n', 1, 8, /metric name/],
  ];
  for (const [body, line, column, why] of cases) {
    t.throws(
      () => text(body),
      { code: 'bad-exposition', what: new RegExp(`line ${line}, column ${column} `), why },
      body,
    );
  }
});

t.test('parseExposition() says line, column and reason of malformed OpenMetrics', async (t) => {
  const cases: [string, number, number, RegExp][] = [
    ['a 1\n', 2, 1, /does not end with # EOF/],
    ['a 1\n\n# EOF\n', 2, 1, /no empty lines/],
    ['a  1\n# EOF\n', 1, 3, /is no number/],
    ['a 1 \n# EOF\n', 1, 5, /timestamp nothing/],
    ['a 1 NaN\n# EOF\n', 1, 5, /number of seconds/],
    ['# comment\n# EOF\n', 1, 1, /no comments/],
    ['# TYPE a untyped\n# EOF\n', 1, 9, /no metric type/],
    ['# UNIT a_bytes seconds\n# EOF\n', 1, 15, /no suffix/],
    ['a 1 # {x="y} 1\n# EOF\n', 1, 10, /does not close/],
    ['a 1 # {x="y"}\n# EOF\n', 1, 14, /expected one blank/],
    ['a 1 # {x="y"} z\n# EOF\n', 1, 15, /exemplar's value/],
    ['# EOF\na 1\n', 2, 1, /follows # EOF/],
    ['# EOF x\n', 1, 6, /follows # EOF on its line/],
  ];
  for (const [body, line, column, why] of cases) {
    t.throws(
      () => openMetrics(body),
      { code: 'bad-exposition', what: new RegExp(`line ${line}, column ${column} `), why },
      body,
    );
  }
});

t.test('parseExposition() refuses bytes that are not UTF-8', async (t) => {
  const body = Buffer.concat([
    Buffer.from('ok 1\na{b="'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('"} 1\n'),
  ]);
  t.throws(() => parseExposition(body, { nowMs: 0 }), {
    code: 'bad-exposition',
    what: /line 2, column 6/,
    why: /UTF-8/,
  });
});

t.test(
  'parseExposition() fails or reads but never breaks on bodies cut or flipped anywhere',
  async (t) => {
    const whole =
      '# TYPE a counter\na_total{b="c\\n",d="é"} 1.5e3 12 # {x="y"} 1 2\n{"q.r"} 2\n# EOF\n';
    const bytes = Buffer.from(whole);
    const bodies = Array.from(bytes, (_, i) => bytes.subarray(0, i));
    for (let i = 0; i < bytes.length; i++) {
      for (const flip of [0x01, 0x20, 0x80, 0xff]) {
        const copy = Buffer.from(bytes);
        copy[i] = (copy[i] ?? 0) ^ flip;
        bodies.push(copy);
      }
    }
    for (const body of bodies) {
      for (const contentType of [OPENMETRICS, 'text/plain']) {
        try {
          parseExposition(body, { nowMs: 0, contentType });
        } catch (thrown) {
          if ((thrown as { code?: string }).code !== 'bad-exposition') throw thrown;
        }
      }
    }
    t.pass(`${bodies.length} bodies`);
  },
);
