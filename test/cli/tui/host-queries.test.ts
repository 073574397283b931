import { graphQueries, HOST_QUERIES, type HostFigure, hostRows } from '@mon/cli/tui/host-queries';
import type { JsonVectorEntry } from '@mon/server/api/responses';
import { parse } from '@mon/server/promql/parser/parse';
import t from 'tap';

t.test('HOST_QUERIES and graphQueries() are PromQL', async (t) => {
  for (const [figure, query] of Object.entries(HOST_QUERIES)) {
    t.doesNotThrow(() => parse(query), `${figure}: ${query}`);
  }
  for (const stepMs of [5000, 15_000, 360_000]) {
    for (const { graph, name, query } of graphQueries('we"ird\\host', stepMs)) {
      t.doesNotThrow(() => parse(query), `${graph} ${name}: ${query}`);
      t.match(query, 'instance="we\\"ird\\\\host"');
    }
  }
});

t.test('hostRows() joins the answers by host, in the order of their numbers', async (t) => {
  const answers = Object.fromEntries(
    Object.keys(HOST_QUERIES).map((figure) => [figure, [] as JsonVectorEntry[]]),
  ) as unknown as Record<HostFigure, JsonVectorEntry[]>;
  answers.cpuPercent = [
    { metric: { instance: 'web-10' }, value: [1, '12.5'] },
    { metric: { instance: 'web-2' }, value: [1, 'NaN'] },
  ];
  answers.filesystemPercent = [
    { metric: { instance: 'web-2', mountpoint: '/var' }, value: [1, '91'] },
  ];
  const rows = hostRows(answers);
  t.same(
    rows.map(({ host }) => host),
    ['web-2', 'web-10'],
  );
  t.match(rows[0], { cpuPercent: Number.NaN, filesystemPercent: 91, mountpoint: '/var' });
  t.match(rows[1], { cpuPercent: 12.5, filesystemPercent: undefined, load: undefined });
});
