import { compareNatural } from '@mon/server/promql/functions/natural-order';
import t from 'tap';
import { callWith, type Row } from './vectors.ts';

t.test('label_replace() fills the groups of a whole match into the label', async (t) => {
  const rows: Row[] = [
    [{ __name__: 'm', src: 'a-12' }, 1],
    [{ __name__: 'm', src: 'b' }, 2],
  ];
  const replaced = (...args: readonly string[]) =>
    callWith('label_replace', rows, ...args).rows.map(([labels]) => labels);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a group of the expression
  t.same(replaced('dst', '$2/${1}', 'src', '(.)-(.*)'), [
    { __name__: 'm', src: 'a-12', dst: '12/a' },
    { __name__: 'm', src: 'b' },
  ]);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a group of the expression
  t.same(replaced('dst', '${n}!', 'src', '(?P<n>.*)'), [
    { __name__: 'm', src: 'a-12', dst: 'a-12!' },
    { __name__: 'm', src: 'b', dst: 'b!' },
  ]);
  // An expression has to match from end to end.
  t.same(replaced('dst', 'x', 'src', '1'), [
    { __name__: 'm', src: 'a-12' },
    { __name__: 'm', src: 'b' },
  ]);
  // A missing label is empty; a lone dollar and a group that is none come out as Go has them.
  t.same(replaced('dst', 'a$$1$1x', 'nope', '()'), [
    { __name__: 'm', src: 'a-12', dst: 'a$1' },
    { __name__: 'm', src: 'b', dst: 'a$1' },
  ]);
  // The name given back stays, though the row was to lose it.
  t.same(replaced('__name__', '$1', 'src', '(.).*'), [
    { __name__: 'a', src: 'a-12' },
    { __name__: 'b', src: 'b' },
  ]);
});

t.test('label_replace() merges rows only where they never have a value together', async (t) => {
  const apart: Row[] = [
    [{ a: '1' }, 1, undefined],
    [{ b: '1' }, 5, 6],
    [{ a: '2' }, undefined, 2],
  ];
  t.same(callWith('label_replace', apart, 'a', 'x', 'a', '.+').rows, [
    [{ a: 'x' }, 1, 2],
    [{ b: '1' }, 5, 6],
  ]);
  const together: Row[] = [
    [{ a: '1' }, 1],
    [{ a: '2' }, 2],
  ];
  t.throws(() => callWith('label_replace', together, 'a', '', 'a', '.*'), {
    code: 'query-failed',
    why: 'vector cannot contain metrics with the same labelset',
  });
});

t.test('label_replace() refuses what is no expression and no label', async (t) => {
  const rows: Row[] = [[{ a: '1' }, 1]];
  t.throws(() => callWith('label_replace', rows, 'a', '', 'a', '('), {
    code: 'query-failed',
    why: 'invalid regular expression in label_replace(): (',
  });
  t.throws(() => callWith('label_replace', rows, '', '', 'a', '.*'), {
    code: 'query-failed',
    why: 'invalid destination label name in label_replace(): ',
  });
  t.throws(() => callWith('label_replace', rows, '\uFFFD', '', 'a', '.*'), {
    code: 'query-failed',
  });
});

t.test('label_join() joins the values of labels in the order named', async (t) => {
  const rows: Row[] = [[{ __name__: 'm', a: '1', b: '2' }, 7]];
  t.same(callWith('label_join', rows, 'c', '-', 'b', 'nope', 'a').rows, [
    [{ __name__: 'm', a: '1', b: '2', c: '2--1' }, 7],
  ]);
  t.same(callWith('label_join', rows, 'a', '-').rows, [[{ __name__: 'm', b: '2' }, 7]]);
  t.throws(() => callWith('label_join', rows, 'c', '-', ''), { code: 'query-failed' });
});

t.test('sort() and sort_desc() order by value, NaN last', async (t) => {
  const rows: Row[] = [
    [{ i: 'a' }, Number.NaN],
    [{ i: 'b' }, 2],
    [{ i: 'c' }, Number.NEGATIVE_INFINITY],
    [{ i: 'd' }, 10],
  ];
  const order = (name: string) => callWith(name, rows).rows.map(([{ i }]) => i);
  t.same(order('sort'), ['c', 'b', 'd', 'a']);
  t.same(order('sort_desc'), ['d', 'b', 'c', 'a']);
});

t.test('sort_by_label() orders by labels in natural order, then by all', async (t) => {
  const rows: Row[] = ['node10', 'node9', 'node1'].flatMap((node): Row[] => [
    [{ node, zone: 'b' }, 1],
    [{ node, zone: 'a' }, 1],
  ]);
  const order = (name: string, ...labels: string[]) =>
    callWith(name, rows, ...labels).rows.map(([{ node, zone }]) => `${node}${zone}`);
  t.same(order('sort_by_label', 'node'), [
    ...['node1a', 'node1b', 'node9a', 'node9b', 'node10a', 'node10b'],
  ]);
  t.same(order('sort_by_label_desc', 'zone', 'node'), [
    ...['node10b', 'node9b', 'node1b', 'node10a', 'node9a', 'node1a'],
  ]);
});

t.test('sort() leaves rows of more than one step as they are', async (t) => {
  const rows: Row[] = [
    [{ i: 'a' }, 2, 1],
    [{ i: 'b' }, 1, 2],
  ];
  t.same(callWith('sort', rows).rows, rows);
});

t.test('compareNatural() takes digits for numbers', async (t) => {
  const sorted = ['', '1', '2', '10', 'a', 'a1', 'a1b', 'a2', 'a10', 'b'];
  t.same([...sorted].reverse().sort(compareNatural), sorted);
  t.equal(compareNatural('a', 'a'), 0);
  const long = '9'.repeat(30);
  t.ok(compareNatural(long, `${long}0`) < 0);
});

t.test('functions of native histograms give nothing for floats', async (t) => {
  for (const name of ['avg', 'count', 'sum', 'stddev', 'stdvar']) {
    t.same(callWith(`histogram_${name}`, [[{ a: 'b' }, 1]]).rows, [], name);
  }
});
