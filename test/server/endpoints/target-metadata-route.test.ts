import t from 'tap';
import { NOW_MS, startTestServer, writeBody } from '../running-server.ts';

const series = (labels: Record<string, string>, ms = NOW_MS) => ({
  labels,
  samples: [[ms, 1]] as const,
});

t.test('/api/v1/targets/metadata tells by target what is known of its metrics', async (t) => {
  const server = await startTestServer(t);
  const metadata = [
    { metric: 'd', type: 'histogram', help: 'Durations.', unit: 'seconds' },
    { metric: 'up', type: 'gauge', help: 'Whether.', unit: '' },
  ] as const;
  const all = [
    series({ __name__: 'd_bucket', job: 'a', instance: '1', le: '1' }),
    series({ __name__: 'd_count', job: 'a', instance: '1' }),
    series({ __name__: 'up', job: 'a', instance: '1' }),
    series({ __name__: 'up', job: 'b', instance: '2' }),
    series({ __name__: 'up', job: 'c', instance: '3' }, NOW_MS - 3_600_000),
    series({ __name__: 'other', job: 'b', instance: '2' }),
  ];
  t.equal((await server.write(writeBody(all, metadata))).status, 204);
  const ask = async (query: string) =>
    (await server.ask(`/api/v1/targets/metadata?${query}`)).json.data;
  const up = { type: 'gauge', help: 'Whether.', unit: '' };
  const d = { type: 'histogram', help: 'Durations.', unit: 'seconds' };
  const [one, two] = [
    { instance: '1', job: 'a' },
    { instance: '2', job: 'b' },
  ];
  t.same(await ask(''), [
    { target: one, metric: 'd', ...d },
    { target: one, metric: 'up', ...up },
    { target: two, metric: 'up', ...up },
  ]);
  t.same(await ask('metric=d'), [{ target: one, ...d }]);
  t.same(await ask('match_target={job="b"}'), [{ target: two, metric: 'up', ...up }]);
  t.equal(((await ask('limit=1')) as unknown[]).length, 1);
  t.same(await ask('metric=none'), []);
});
