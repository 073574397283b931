import { formatMatchers, parseMatchers } from '@mon/server/alerting/matchers';
import {
  buildRoute,
  groupKeyText,
  groupLabels,
  matchRoutes,
  type RouteSettings,
} from '@mon/server/alerting/route';
import { labelsFromRecord } from '@mon/storage/model/labels';
import t from 'tap';

function route(
  matchers: string,
  settings: Partial<RouteSettings> = {},
  ...routes: RouteSettings[]
): RouteSettings {
  return { matchers: parseMatchers(matchers), continues: false, routes, ...settings };
}

const TREE = buildRoute(
  route(
    '',
    { receiver: 'root', groupBy: new Set(['alertname']), repeatIntervalMs: 1000 },
    route('team="db"', { receiver: 'db' }, route('severity=~"page|critical"', { receiver: 'dba' })),
    route('severity="critical"', { receiver: 'pager', continues: true }),
    route('env!="prod"', { receiver: 'nobody', groupBy: 'all', groupWaitMs: 5 }),
    route('severity="critical", env="prod"', { receiver: 'boss' }),
  ),
);

function receivers(labels: Record<string, string>): string[] {
  return matchRoutes(TREE, labelsFromRecord(labels)).map(({ receiver }) => receiver);
}

t.test('N1: matchRoutes() goes to the deepest route, or stays', async (t) => {
  t.same(receivers({ env: 'prod' }), ['root']);
  t.same(receivers({ team: 'db', severity: 'info' }), ['db']);
  t.same(receivers({ team: 'db', severity: 'page' }), ['dba']);
});

t.test('N2: matchRoutes() takes the first sibling, and further ones after continue', async (t) => {
  t.same(receivers({ severity: 'critical', env: 'dev' }), ['pager', 'nobody']);
  t.same(receivers({ severity: 'critical', env: 'prod' }), ['pager', 'boss']);
  t.same(receivers({ severity: 'info' }), ['nobody'], 'a missing label is empty');
});

t.test('N3: buildRoute() inherits receiver, grouping and times', async (t) => {
  const [db, , nobody] = TREE.routes;
  t.match(db, { groupBy: new Set(['alertname']), groupWaitMs: 30_000, repeatIntervalMs: 1000 });
  t.match(nobody, { groupBy: 'all', groupWaitMs: 5, groupIntervalMs: 300_000 });
  t.equal(db?.routes[0]?.key, '{}/{team="db"}/{severity=~"page|critical"}');
});

t.test('N4: groupLabels() keeps the labels of group_by', async (t) => {
  const labels = labelsFromRecord({ alertname: 'A', host: 'x' });
  const by = (groupBy: ReadonlySet<string> | 'all') => groupLabels({ ...TREE, groupBy }, labels);
  t.same(by(new Set(['alertname', 'nope'])), ['alertname', 'A']);
  t.same(by(new Set()), []);
  t.same(by('all'), labels);
  t.equal(groupKeyText(TREE.key, by('all')), '{}:{alertname="A", host="x"}');
});

t.test('parseMatchers() reads all forms of matchers', async (t) => {
  const read: readonly (readonly [string, string])[] = [
    ['a="b"', '{a="b"}'],
    ['a = b', '{a="b"}'],
    ['{a!="b", c=~"d|e",f!~g}', '{a!="b",c=~"d|e",f!~"g"}'],
    ['a="x,y\\"{}"', '{a="x,y\\"{}"}'],
    ['a=""', '{a=""}'],
    ['a=', '{a=""}'],
    ['"service.name"="x"', '{service.name="x"}'],
    ['a=b c', '{a="b c"}'],
    ['', '{}'],
    ['{}', '{}'],
  ];
  for (const [text, wanted] of read) t.equal(formatMatchers(parseMatchers(text)), wanted, text);
  for (const text of ['a', '="b"', 'a=="b"', 'a="b', 'a=~"("', 'a="b" c="d"', '{a="b"']) {
    t.throws(() => parseMatchers(text), { code: 'bad-matcher' }, text);
  }
});
