import { staleHistogram } from '@mon/storage/model/histogram';
import { labelsFromRecord } from '@mon/storage/model/labels';
import { encodeSeriesLanes } from '@mon/storage/protocol/series-lanes-encode';
import { packSnappy } from '@mon/storage/protocol/snappy';
import t from 'tap';
import { someHistogram } from '../../storage/histogram-fixture.ts';
import { NOW_MS, startTestServer, writeBody } from '../running-server.ts';

t.test('/api/v1/query gives the native histograms of a range selector', async (t) => {
  const server = await startTestServer(t);
  const histograms = [
    { timestampMs: NOW_MS - 400_000, histogram: someHistogram(3) },
    { timestampMs: NOW_MS - 60_000, histogram: someHistogram(4) },
    { timestampMs: NOW_MS - 30_000, histogram: staleHistogram() },
  ];
  const pairs = labelsFromRecord({ __name__: 'd', job: 'a' });
  const body = encodeSeriesLanes([{ pairs, histograms, exemplars: [] }]);
  t.equal((await server.write(packSnappy(body))).status, 204);
  const floats = [{ labels: { __name__: 'd', job: 'b' }, samples: [[NOW_MS - 1000, 7]] as const }];
  t.equal((await server.write(writeBody(floats))).status, 204);
  const answer = await server.ask(`/api/v1/query?query=d[5m]&time=${NOW_MS / 1000}`);
  t.match(answer.json, {
    status: 'success',
    data: {
      resultType: 'matrix',
      result: [
        {
          metric: { job: 'a' },
          values: [],
          histograms: [
            [
              NOW_MS / 1000 - 60,
              {
                count: '10',
                sum: '16.5',
                buckets: [
                  [3, '-2.938735877055719e-39', '2.938735877055719e-39', '1'],
                  [0, '1', '1.0905077326652577', '3'],
                  [0, '1.0905077326652577', '1.189207115002721', '4'],
                  [0, '1.414213562373095', '1.5422108254079407', '2'],
                ],
              },
            ],
          ],
        },
        { metric: { job: 'b' }, values: [[NOW_MS / 1000 - 1, '7']] },
      ],
    },
  });
  const result = (answer.json.data as { result: Record<string, unknown>[] }).result;
  t.notOk('histograms' in (result[1] ?? {}));
  const plain = await server.ask(`/api/v1/query?query=d&time=${NOW_MS / 1000}`);
  t.equal((plain.json.data as { result: unknown[] }).result.length, 1, 'floats alone, for now');
});
