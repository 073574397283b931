import { compileApiRule, readApiRule } from '@mon/server/rules/api-rule';
import t from 'tap';

const EXAMPLE = {
  name: 'HighCPUUsage',
  query: "avg(cpu_usage_percent{service='api'}) > 80",
  duration: '5m',
  severity: 'warning',
  labels: { team: 'platform' },
  annotations: { summary: 'High CPU usage on {{ $labels.host }}' },
  notifications: ['slack', 'pagerduty'],
};

t.test('readApiRule() reads a rule, single quotes in PromQL included', async (t) => {
  const { body, compiled } = readApiRule(EXAMPLE, undefined);
  t.match(body, {
    name: 'HighCPUUsage',
    forMs: 300_000,
    severity: 'warning',
    notifications: ['slack', 'pagerduty'],
    active: true,
  });
  t.same(compiled.definition.labels, { team: 'platform', severity: 'warning' });
});

t.test('readApiRule() keeps what a change leaves out', async (t) => {
  const { body } = readApiRule(EXAMPLE, undefined);
  t.same(readApiRule({ active: false }, body).body, { ...body, active: false });
  t.same(readApiRule({ labels: {}, duration: '0s' }, body).body, { ...body, labels: {}, forMs: 0 });
});

t.test('readApiRule() reports all mistakes at once', async (t) => {
  t.throws(
    () =>
      readApiRule(
        { ...EXAMPLE, severity: 'warnign', duration: 'soon', nme: 'x', notifications: 'slack' },
        undefined,
      ),
    {
      code: 'bad-rule',
      why: /duration: must be a duration.*severity: must be one of critical.*did you mean 'warning'.*notifications: must be a list.*unknown key 'nme'/s,
    },
  );
  t.throws(() => readApiRule({ name: 'A', query: 'up(', labels: { 'a b': 'c' } }, undefined), {
    code: 'bad-rule',
    why: /query, character 4: could not parse expression.*labels\.a b: invalid label name/s,
  });
  t.throws(() => readApiRule({ name: 'A', query: 'up[5m]' }, undefined), {
    code: 'bad-rule',
    why: /query, character 1: is a matrix/,
  });
  t.throws(() => readApiRule({}, undefined), {
    code: 'bad-rule',
    why: 'name is missing\nquery is missing',
  });
  t.throws(() => readApiRule({ ...EXAMPLE, annotations: { a: '{{ $x }}' } }, undefined), {
    code: 'bad-rule',
    why: /annotations\.a, character 4: template: undefined variable/,
  });
});

t.test('compileApiRule() takes what was stored', async (t) => {
  t.same(compileApiRule(readApiRule(EXAMPLE, undefined).body).mistakes, []);
});
