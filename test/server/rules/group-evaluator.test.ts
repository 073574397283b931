import { GroupEvaluator } from '@mon/server/rules/group-evaluator';
import type { TenantId } from '@mon/storage/model/tenant';
import t from 'tap';
import { diskFull, groupOf, RuleBench, row } from './rule-bench.ts';

const MINUTE = 60_000;
const NEVER = new AbortController().signal;

function evaluatorOf(bench: RuleBench, text: string, queryOffsetMs = 0): GroupEvaluator {
  return new GroupEvaluator(
    {
      tenant: 'default' as TenantId,
      id: 'config/a.yml;g',
      group: groupOf(text),
      queryOffsetMs,
      receivers: () => ['pager'],
    },
    bench.surroundings,
    () => undefined,
  );
}

/** Evaluates `minutes` after the start. */
function at(evaluator: GroupEvaluator, minutes: number): Promise<void> {
  return evaluator.evaluate(1_700_000_000_000 + minutes * MINUTE, NEVER);
}

const RECORD = `
groups:
- name: g
  limit: 2
  labels: {team: infra}
  rules:
  - record: job:up:sum
    expr: sum by (job) (up)
    labels: {tier: "1"}
`;

t.test('R22: evaluate() writes a recording rule under its name and labels', async (t) => {
  const bench = new RuleBench();
  const evaluator = evaluatorOf(bench, RECORD, 2 * MINUTE);
  bench.answers.set('sum by (job) (up)', [row({ job: 'api', tier: '9' }, 3)]);
  await at(evaluator, 5);
  t.same(bench.takeWritten(), ['180 job:up:sum{job="api", team="infra", tier="1"} 3']);
  t.match(evaluator.statuses[0], { health: 'ok', lastError: '' });
});

t.test('R23: evaluate() fails a rule whose series fall together', async (t) => {
  const bench = new RuleBench();
  const evaluator = evaluatorOf(bench, RECORD);
  bench.answers.set('sum by (job) (up)', [row({ tier: '1' }, 1), row({ tier: '2' }, 2)]);
  await at(evaluator, 0);
  t.same(bench.takeWritten(), []);
  t.match(evaluator.statuses[0]?.lastError, /same labelset after applying rule labels/);
});

t.test('R24: evaluate() writes nothing of a rule over its limit', async (t) => {
  const bench = new RuleBench();
  const evaluator = evaluatorOf(bench, RECORD);
  bench.answers.set(
    'sum by (job) (up)',
    ['a', 'b', 'c'].map((job) => row({ job }, 1)),
  );
  await at(evaluator, 0);
  t.same(bench.takeWritten(), []);
  t.match(evaluator.statuses[0], { health: 'err' });
  t.match(evaluator.statuses[0]?.lastError, /exceeded limit of 2 with 3 series/);
});

t.test('R25: evaluate() ends the series that an evaluation no longer gives', async (t) => {
  const bench = new RuleBench();
  const evaluator = evaluatorOf(bench, RECORD);
  bench.answers.set('sum by (job) (up)', [row({ job: 'a' }, 1), row({ job: 'b' }, 2)]);
  await at(evaluator, 0);
  bench.answers.set('sum by (job) (up)', [row({ job: 'b' }, 2)]);
  await at(evaluator, 1);
  await at(evaluator, 2);
  t.same(bench.takeWritten().slice(2), [
    '60 job:up:sum{job="b", team="infra", tier="1"} 2',
    '60 job:up:sum{job="a", team="infra", tier="1"} stale',
    '120 job:up:sum{job="b", team="infra", tier="1"} 2',
  ]);
});

t.test('R26: evaluate() writes before a later rule reads', async (t) => {
  const bench = new RuleBench();
  const evaluator = evaluatorOf(
    bench,
    `
groups:
- name: g
  rules:
  - record: first
    expr: up
  - record: apart
    expr: other
  - record: second
    expr: first * 2
  - record: third
    expr: '{__name__=~"sec.*"}'
`,
  );
  const seen: string[] = [];
  bench.answers.set('up', [row({}, 1)]);
  bench.answers.set('first * 2', [row({}, 2)]);
  bench.beforeAnswer = async ({ expr }) => {
    seen.push(`${expr.kind} after ${bench.written.length}`);
  };
  await at(evaluator, 0);
  t.same(seen, [
    'vector-selector after 0',
    'vector-selector after 0',
    'binary after 1',
    'vector-selector after 2',
  ]);
});

const ALERT = `
groups:
- name: g
  limit: 3
  rules:
  - alert: Hot
    expr: temp > 30
    for: 1m
    labels: {severity: "{{ if gt $value 50.0 }}critical{{ else }}warning{{ end }}", host: ""}
    annotations: {summary: "{{ $labels.room }} in {{ $externalLabels.region }}: {{ $value }}"}
  - alert: Cold
    expr: temp < 5
`;

t.test('R12: evaluate() gives alerts expanded labels and annotations', async (t) => {
  const bench = new RuleBench();
  const evaluator = evaluatorOf(bench, ALERT);
  bench.answers.set('temp > 30', [row({ __name__: 'temp', room: 'a', host: 'x' }, 60)]);
  await at(evaluator, 0);
  t.same(bench.takeSent(), [], 'nobody is told of pending alerts');
  await at(evaluator, 1);
  t.match(bench.sent, [
    {
      labels: ['alertname', 'Hot', 'room', 'a', 'severity', 'critical'],
      annotations: { summary: 'a in eu: 60' },
      value: 60,
      startsAtMs: 1_700_000_060_000,
      endsAtMs: undefined,
      generatorUrl: 'http://mon.test/graph?g0.expr=temp+%3E+30&g0.tab=1',
      receivers: ['pager'],
    },
  ]);
});

t.test('R13: evaluate() writes ALERTS and ALERTS_FOR_STATE and ends them', async (t) => {
  const bench = new RuleBench();
  const evaluator = evaluatorOf(bench, ALERT);
  bench.answers.set('temp > 30', [row({ room: 'a' }, 40)]);
  await at(evaluator, 0);
  await at(evaluator, 1);
  bench.answers.delete('temp > 30');
  await at(evaluator, 2);
  const labels = 'alertname="Hot"';
  const rest = 'room="a", severity="warning"}';
  t.same(bench.takeWritten(), [
    `0 ALERTS{${labels}, alertstate="pending", ${rest} 1`,
    `0 ALERTS_FOR_STATE{${labels}, ${rest} 1700000000`,
    `60 ALERTS{${labels}, alertstate="firing", ${rest} 1`,
    `60 ALERTS_FOR_STATE{${labels}, ${rest} 1700000000`,
    `60 ALERTS{${labels}, alertstate="pending", ${rest} stale`,
    `120 ALERTS{${labels}, alertstate="firing", ${rest} stale`,
    `120 ALERTS_FOR_STATE{${labels}, ${rest} stale`,
  ]);
  t.same(bench.takeSent(), ['Hot/a/warning firing', 'Hot/a/warning resolved']);
});

t.test('R9: evaluate() fails a rule whose alerts fall together', async (t) => {
  const bench = new RuleBench();
  const evaluator = evaluatorOf(bench, ALERT);
  bench.answers.set('temp > 30', [row({ host: 'a' }, 40), row({ host: 'b' }, 40)]);
  await at(evaluator, 0);
  t.match(evaluator.statuses[0]?.lastError, /same labelset after applying alert labels/);
});

t.test('R10: evaluate() resolves all alerts of a rule over its limit', async (t) => {
  const bench = new RuleBench();
  const evaluator = evaluatorOf(bench, ALERT);
  bench.answers.set('temp < 5', [row({ room: 'a' }, 1)]);
  await at(evaluator, 0);
  bench.answers.set(
    'temp < 5',
    ['a', 'b', 'c', 'd'].map((room) => row({ room }, 1)),
  );
  await at(evaluator, 1);
  t.same(bench.takeSent(), ['Cold/a firing', 'Cold/a resolved']);
  t.match(evaluator.statuses[1], { health: 'err', alerts: new Map() });
});

t.test('R11: evaluate() leaves the alerts of a failing rule, and other rules go on', async (t) => {
  const bench = new RuleBench();
  const evaluator = evaluatorOf(bench, ALERT);
  bench.answers.set('temp > 30', [row({ room: 'a' }, 40)]);
  await at(evaluator, 0);
  bench.answers.set('temp < 5', [row({ room: 'b' }, 1)]);
  bench.beforeAnswer = async ({ expr }) => {
    if (expr.kind === 'binary' && expr.operator === '>') throw diskFull();
  };
  await at(evaluator, 1);
  t.equal(evaluator.statuses[0]?.alerts.size, 1);
  t.match(evaluator.statuses, [{ health: 'err' }, { health: 'ok' }]);
  bench.beforeAnswer = async () => {};
  await at(evaluator, 2);
  t.match(bench.takeSent(), ['Cold/b firing', 'Hot/a/warning firing', 'Cold/b firing']);
});

t.test('evaluate() tells of alerts even while nothing can be written', async (t) => {
  const bench = new RuleBench();
  const evaluator = evaluatorOf(bench, ALERT);
  bench.answers.set('temp < 5', [row({ room: 'b' }, 1)]);
  bench.appendFault = diskFull();
  await at(evaluator, 0);
  t.same(bench.takeSent(), ['Cold/b firing']);
  t.match(evaluator.statuses[1], { health: 'err', lastError: /no space left/ });
});

t.test('evaluate() shows a failing template in its place', async (t) => {
  const bench = new RuleBench();
  const evaluator = evaluatorOf(
    bench,
    `
groups:
- name: g
  rules:
  - alert: A
    expr: up
    annotations: {a: '{{ query "x" | first }}', b: fine}
`,
  );
  bench.answers.set('up', [row({}, 1)]);
  await at(evaluator, 0);
  t.match(bench.sent[0]?.annotations, {
    a: /^<error expanding template: .*no elements>$/,
    b: 'fine',
  });
  t.match(await bench.registry.exposition(), /mon_rule_template_failures_total 1/);
});
