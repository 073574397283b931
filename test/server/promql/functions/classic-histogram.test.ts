import { parseBound } from '@mon/server/promql/functions/bucket-groups';
import { formatG } from '@mon/server/promql/functions/remark-texts';
import t from 'tap';
import { callWith, type Row } from './vectors.ts';

const [NAN, INF] = [Number.NaN, Number.POSITIVE_INFINITY];

/** Buckets of one histogram, bounds and counts alternating. */
function buckets(labels: Record<string, string>, ...cells: readonly (string | number)[]): Row[] {
  const rows: Row[] = [];
  for (let i = 0; i < cells.length; i += 2) {
    rows.push([{ __name__: 'h_bucket', ...labels, le: String(cells[i]) }, Number(cells[i + 1])]);
  }
  return rows;
}

function quantile(value: number, rows: readonly Row[]): number | undefined {
  return callWith('histogram_quantile', value, rows).rows[0]?.[1];
}

t.test('histogram_quantile() interpolates within the bucket of the rank', async (t) => {
  const rows = buckets({}, '+Inf', 10, '1', 2, '2', 8);
  t.equal(quantile(0.1, rows), 0.5);
  t.equal(quantile(0.5, rows), 1.5);
  t.equal(quantile(0.8, rows), 2);
  t.equal(quantile(0.95, rows), 2);
  t.equal(quantile(0, rows), 0);
  t.same(callWith('histogram_quantile', 0.5, rows).rows, [[{}, 1.5]]);
});

t.test('histogram_quantile() gives a row per label set without le', async (t) => {
  const rows = [
    ...buckets({ a: '1' }, '1', 1, 'Inf', 1),
    ...buckets({ a: '2' }, '4', 1, '+Inf', 1),
  ];
  t.same(callWith('histogram_quantile', 1, rows).rows, [
    [{ a: '1' }, 1],
    [{ a: '2' }, 4],
  ]);
});

t.test('histogram_quantile() knows nothing below a first bound of zero or less', async (t) => {
  t.equal(quantile(0.1, buckets({}, '0', 5, '1', 10, '+Inf', 10)), 0);
  t.equal(quantile(0.1, buckets({}, '-2', 5, '1', 10, '+Inf', 10)), -2);
});

t.test('histogram_quantile() has no answer for half a histogram', async (t) => {
  t.same(quantile(0.5, buckets({}, '1', 1, '2', 2)), NAN);
  t.same(quantile(0.5, buckets({}, '+Inf', 2)), NAN);
  t.same(quantile(0.5, buckets({}, '1', 0, '+Inf', 0)), NAN);
});

t.test('histogram_quantile() notes a quantile that is none', async (t) => {
  const rows = buckets({}, '1', 1, '+Inf', 1);
  t.equal(quantile(-1, rows), -INF);
  t.equal(quantile(1.5, rows), INF);
  t.same(callWith('histogram_quantile', NAN, rows), {
    rows: [[{}, NAN]],
    notes: [{ kind: 'warning', text: 'quantile value should be between 0 and 1, got NaN', arg: 0 }],
  });
});

t.test('histogram_quantile() notes buckets without a bound and goes on', async (t) => {
  const rows = [...buckets({}, '1', 1, '+Inf', 1), ...buckets({}, 'nope', 1)];
  t.same(callWith('histogram_quantile', 1, rows), {
    rows: [[{}, 1]],
    notes: [
      {
        kind: 'warning',
        text: 'bucket label "le" is missing or has a malformed value of "nope" for metric name "h_bucket"',
        arg: 1,
      },
    ],
  });
});

t.test('histogram_quantile() makes counts monotonic and says where', async (t) => {
  const rows = buckets({}, '1', 10, '2', 8, '3', 20, '4', 15, '+Inf', 20);
  const { rows: answer, notes } = callWith('histogram_quantile', 0.75, rows);
  t.same(answer, [[{}, 2.5]]);
  t.equal(notes.length, 1);
  t.match(notes[0]?.text, /^input to histogram_quantile needed to be fixed for monotonicity/);
  t.match(
    notes[0]?.text,
    'for metric name "h_bucket", from buckets 2 to 4, with a max diff of 5, over 1 samples from 1970-01-01T00:01:00Z to 1970-01-01T00:01:00Z',
  );
});

t.test('histogram_quantile() passes over what rounding did', async (t) => {
  const rows = buckets({}, '1', 10, '2', 10 - 1e-13, '+Inf', 10 + 1e-13);
  t.same(callWith('histogram_quantile', 1, rows), { rows: [[{}, 1]], notes: [] });
});

t.test('histogram_quantile() adds up buckets of one bound', async (t) => {
  t.equal(quantile(0.5, buckets({}, '1', 1, '1.0', 1, '2', 4, '+Inf', 4)), 1);
});

t.test('histogram_quantile() looks at each step by itself', async (t) => {
  const rows: Row[] = [
    [{ le: '1' }, 1, undefined, 3],
    [{ le: '2' }, 2, 2, undefined],
    [{ le: '+Inf' }, 2, 2, undefined],
  ];
  t.same(callWith('histogram_quantile', 1, rows).rows, [[{}, 2, 2, NAN]]);
});

t.test('histogram_quantiles() names each quantile in a label', async (t) => {
  const rows = buckets({ a: 'b' }, '1', 5, '2', 10, '+Inf', 10);
  t.same(callWith('histogram_quantiles', rows, 'q', 0.5, 1).rows, [
    [{ a: 'b', q: '0.5' }, 1],
    [{ a: 'b', q: '1.0' }, 2],
  ]);
  t.throws(() => callWith('histogram_quantiles', rows, 'q', 1, 1), { code: 'query-failed' });
});

t.test('histogram_fraction() is the inverse of histogram_quantile()', async (t) => {
  const rows = buckets({}, '1', 2, '2', 8, '+Inf', 10);
  const fraction = (lower: number, upper: number) =>
    callWith('histogram_fraction', lower, upper, rows).rows[0]?.[1];
  t.equal(fraction(-INF, INF), 1);
  t.equal(fraction(-INF, 1.5), 0.5);
  t.equal(fraction(0, 1), 0.2);
  t.equal(fraction(1, 2), 0.6);
  // What is above the last finite bound counts nowhere but in front of infinity.
  t.equal(fraction(1, 100), 0.6);
  t.equal(fraction(2, INF), 0.2);
  t.equal(fraction(2, 1), 0);
  t.same(fraction(NAN, 1), NAN);
  t.same(callWith('histogram_fraction', 0, 1, buckets({}, '1', 1)).rows[0]?.[1], NAN);
});

t.test('parseBound() reads what Go reads as a float', async (t) => {
  t.equal(parseBound('+Inf'), INF);
  t.equal(parseBound('-infinity'), -INF);
  t.equal(parseBound('1e-3'), 0.001);
  t.equal(parseBound('.5'), 0.5);
  for (const text of ['', 'NaN', 'abc', '1 ', '0x', '1e']) t.equal(parseBound(text), undefined);
});

t.test('formatG() writes numbers as %g', async (t) => {
  const forms: [number, string][] = [
    [0, '0'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [123456, '123456'],
    [1234567, '1.234567e+06'],
    [1.5, '1.5'],
    [-INF, '-Inf'],
  ];
  for (const [value, text] of forms) t.equal(formatG(value), text);
  t.equal(formatG(123.456, 2), '1.2e+02');
  t.equal(formatG(0.123456, 2), '0.12');
  t.equal(formatG(10, 2), '10');
});
