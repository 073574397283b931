/** The newest samples as exposition text. */
import { bitsOf, setStaleAt } from '@mon/storage/model/sample';
import { encodeRemoteWrite } from '@mon/storage/protocol/remote-write-encode';
import t from 'tap';
import { NOW_MS, startTestServer, testColumns, writeBody } from '../running-server.ts';

t.test('/federate shows the newest sample of each series', async (t) => {
  const yaml = 'global:\n  external_labels: { region: eu, host: none }\n';
  const server = await startTestServer(t, { yaml });
  const written = await server.write(
    writeBody([
      {
        labels: { __name__: 'up', host: 'b' },
        samples: [
          [NOW_MS - 30_000, 0],
          [NOW_MS - 15_000, 1],
        ],
      },
      {
        labels: { __name__: 'up', host: 'a' },
        samples: [[NOW_MS - 10_000, Number.POSITIVE_INFINITY]],
      },
      { labels: { __name__: 'load', path: 'a"\\b\n' }, samples: [[NOW_MS, 0.5]] },
      { labels: { __name__: 'old' }, samples: [[NOW_MS - 300_000, 1]] },
      { labels: { __name__: 'http.requests', 'status code': '200' }, samples: [[NOW_MS, 7]] },
    ]),
  );
  t.equal(written.status, 204);
  const gone = testColumns([{ labels: { __name__: 'gone' }, samples: [[NOW_MS - 15_000, 0]] }]);
  setStaleAt(bitsOf(gone.values), 0);
  t.equal((await server.write(encodeRemoteWrite(gone))).status, 204);
  const all = ['up', 'load', 'old', 'gone', '{host="a"}', '{__name__="http.requests"}'];
  const query = all.map((match) => `match[]=${encodeURIComponent(match)}`).join('&');
  const answer = await fetch(`${server.url}/federate?${query}`);
  t.equal(answer.status, 200);
  t.match(answer.headers.get('content-type'), /text\/plain; version=0\.0\.4/);
  const text = await answer.text();
  t.same(text.trim().split('\n'), [
    '# TYPE "http.requests" untyped',
    `{"http.requests",host="none",region="eu","status code"="200"} 7 ${NOW_MS}`,
    '# TYPE load untyped',
    `load{host="none",path="a\\"\\\\b\\n",region="eu"} 0.5 ${NOW_MS}`,
    '# TYPE up untyped',
    `up{host="a",region="eu"} +Inf ${NOW_MS - 10_000}`,
    `up{host="b",region="eu"} 1 ${NOW_MS - 15_000}`,
  ]);
});

t.test('/federate wants selectors', async (t) => {
  const server = await startTestServer(t, { yaml: '' });
  for (const query of ['', '?match[]=', '?match[]=rate(up[5m])', '?match[]=up{']) {
    t.equal((await fetch(`${server.url}/federate${query}`)).status, 400, query);
  }
  t.equal(await (await fetch(`${server.url}/federate?match[]=up`)).text(), '');
});
