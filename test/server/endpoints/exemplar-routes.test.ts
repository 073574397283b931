import type { Exemplar } from '@mon/storage/model/exemplar';
import { labelsFromRecord } from '@mon/storage/model/labels';
import { encodeSeriesLanes } from '@mon/storage/protocol/series-lanes-encode';
import { packSnappy } from '@mon/storage/protocol/snappy';
import t from 'tap';
import { someHistogram } from '../../storage/histogram-fixture.ts';
import { NOW_MS, startTestServer } from '../running-server.ts';

const exemplar = (secondsAgo: number, id: string): Exemplar => ({
  labels: ['trace_id', id],
  value: 0.25,
  timestampMs: NOW_MS - secondsAgo * 1000 + 12,
});
const bucket = (le: string) => labelsFromRecord({ __name__: 'd_bucket', job: 'a', le });

t.test('/api/v1/query_exemplars gives exemplars in the shape of Prometheus', async (t) => {
  const server = await startTestServer(t);
  const body = packSnappy(
    encodeSeriesLanes([
      { pairs: bucket('1'), histograms: [], exemplars: [exemplar(60, 'a'), exemplar(30, 'b')] },
      { pairs: bucket('+Inf'), histograms: [], exemplars: [exemplar(20, 'c')] },
      {
        pairs: labelsFromRecord({ __name__: 'native' }),
        histograms: [{ timestampMs: NOW_MS, histogram: someHistogram() }],
        exemplars: [],
      },
    ]),
  );
  const answer = await server.write(body);
  t.equal(answer.status, 204);
  t.match(answer.headers, {
    'x-prometheus-remote-write-samples-written': '0',
    'x-prometheus-remote-write-histograms-written': '1',
    'x-prometheus-remote-write-exemplars-written': '3',
  });
  const query = 'histogram_quantile(0.9, sum by (le) (rate(d_bucket{le!="+Inf"}[5m]))) + 1';
  const wanted = [
    {
      seriesLabels: { __name__: 'd_bucket', job: 'a', le: '1' },
      exemplars: [
        { labels: { trace_id: 'a' }, value: '0.25', timestamp: (NOW_MS - 59_988) / 1000 },
        { labels: { trace_id: 'b' }, value: '0.25', timestamp: (NOW_MS - 29_988) / 1000 },
      ],
    },
  ];
  const path = `/api/v1/query_exemplars?query=${encodeURIComponent(query)}`;
  t.same((await server.ask(path)).json, { status: 'success', data: wanted });
  t.same((await server.form('/api/v1/query_exemplars', { query })).json.data, wanted);
  const late = await server.ask(`${path}&start=${NOW_MS / 1000 - 40}&end=${NOW_MS / 1000}`);
  t.same(late.json.data, [{ ...wanted[0], exemplars: wanted[0]?.exemplars.slice(1) }]);
  t.same((await server.ask('/api/v1/query_exemplars?query=1')).json.data, []);
  t.same((await server.ask('/api/v1/query_exemplars?query=up')).json.data, []);
});

t.test('/api/v1/query_exemplars refuses what it does not understand', async (t) => {
  const server = await startTestServer(t);
  for (const query of ['', 'query=up{', 'query=up&start=x', 'query=up&start=2&end=1']) {
    t.match(await server.ask(`/api/v1/query_exemplars?${query}`), {
      status: 400,
      json: { errorType: 'bad_data' },
    });
  }
});
