import { outcomeJson } from '@mon/server/api/query-json';
import type { Annotation, QueryResult } from '@mon/server/promql/query-result';
import { labelsFromRecord } from '@mon/storage/model/labels';
import t from 'tap';

const stats = { seriesRead: 2, samplesRead: 3, elapsedMs: 4 };

function written(
  result: QueryResult,
  { limit = 0, withStats = false, annotations = [] as Annotation[] } = {},
) {
  const text = [...outcomeJson({ result, annotations, stats }, { limit, withStats })].join('');
  return JSON.parse(text);
}

const A = labelsFromRecord({ __name__: 'a', host: 'x"y' });
const B = labelsFromRecord({ __name__: 'b' });

t.test('outcomeJson() writes scalars, strings and vectors', async (t) => {
  t.same(written({ kind: 'scalar', timeMs: 1500, value: -0 }), {
    status: 'success',
    data: { resultType: 'scalar', result: [1.5, '-0'] },
  });
  t.same(written({ kind: 'string', timeMs: 1000, value: '"\n' }).data, {
    resultType: 'string',
    result: [1, '"\n'],
  });
  const vector: QueryResult = {
    kind: 'vector',
    timeMs: 2000,
    labels: [A, B],
    values: Float64Array.of(1, Number.NaN),
  };
  t.same(written(vector).data.result, [
    { metric: { __name__: 'a', host: 'x"y' }, value: [2, '1'] },
    { metric: { __name__: 'b' }, value: [2, 'NaN'] },
  ]);
  const cut = written(vector, { limit: 1 });
  t.equal(cut.data.result.length, 1);
  t.same(cut.warnings, ['results truncated due to limit']);
});

t.test('outcomeJson() writes a matrix without its gaps', async (t) => {
  const matrix: QueryResult = {
    kind: 'matrix',
    startMs: 1000,
    stepMs: 500,
    steps: 3,
    labels: [A, []],
    values: Float64Array.of(1, 2, 3, 4, 5, 6),
    presence: Uint8Array.of(1, 0, 1, 0, 1, 0),
  };
  t.same(written(matrix).data, {
    resultType: 'matrix',
    result: [
      {
        metric: { __name__: 'a', host: 'x"y' },
        values: [
          [1, '1'],
          [2, '3'],
        ],
      },
      { metric: {}, values: [[1.5, '5']] },
    ],
  });
  t.same(written({ ...matrix, labels: [] }).data.result, []);
});

t.test('outcomeJson() writes raw samples at their own times', async (t) => {
  const shared = Float64Array.of(1000, 2001);
  const raw: QueryResult = {
    kind: 'raw-matrix',
    labels: [A, B, B],
    timestampsMs: [shared, shared, Float64Array.of(3000)],
    values: [Float64Array.of(1, 2), Float64Array.of(3, 4), Float64Array.of(5)],
  };
  t.same(
    written(raw).data.result.map((entry: { values: unknown }) => entry.values),
    [
      [
        [1, '1'],
        [2.001, '2'],
      ],
      [
        [1, '3'],
        [2.001, '4'],
      ],
      [[3, '5']],
    ],
  );
});

t.test('outcomeJson() puts annotations and statistics beside the result', async (t) => {
  const annotations: Annotation[] = [
    { kind: 'warning', text: 'w' },
    { kind: 'info', text: 'i' },
  ];
  const answer = written({ kind: 'scalar', timeMs: 0, value: 1 }, { annotations, withStats: true });
  t.same(answer.warnings, ['w']);
  t.same(answer.infos, ['i']);
  t.match(answer.data.stats, { seriesRead: 2, samples: { totalQueryableSamples: 3 } });
});
