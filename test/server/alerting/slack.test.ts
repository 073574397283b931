import type { SlackMessage } from '@mon/server/alerting/receivers/slack-message';
import t, { type Test } from 'tap';
import { AlertingBench, Hook, MINUTE } from './alerting-bench.ts';

async function setUp(t: Test): Promise<{ bench: AlertingBench; hook: Hook }> {
  const hook = await Hook.start();
  const bench = new AlertingBench();
  t.teardown(async () => {
    await bench.alerting.close();
    await hook.close();
  });
  return { bench, hook };
}

function messages(hook: Hook): SlackMessage[] {
  return hook.received.map(({ body }) => JSON.parse(body) as SlackMessage);
}

t.test('slack messages carry severity, value, labels and description', async (t) => {
  const { bench, hook } = await setUp(t);
  await bench.start(`
global: {slack_api_url: "${hook.url}/services/x"}
route: {receiver: slack, group_wait: 0s}
receivers: [{name: slack, slack_configs: [{channel: "#ops", send_resolved: true}]}]`);
  const critical = {
    ...bench.alert('a', { severity: 'critical', team: 'x' }),
    annotations: { summary: 'CPU <90> & more', description: 'It is hot' },
    value: 91234.5,
  };
  const warning = { ...bench.alert('b', { severity: 'warning' }), annotations: {} };
  bench.fire(critical, warning);
  await bench.pass(1000);
  t.match(messages(hook), [
    {
      channel: '#ops',
      text: '[FIRING:2] Down',
      attachments: [
        {
          title: 'CPU &lt;90&gt; &amp; more',
          color: '#d32f2f',
          fields: [
            { title: 'Severity', value: 'critical', short: true },
            { title: 'Value', value: '91.23k', short: true },
            { title: 'Labels', value: 'host=a, team=x' },
            { title: 'Description', value: 'It is hot' },
          ],
        },
        { title: 'Down', color: '#f9a825' },
      ],
    },
  ]);
  bench.resolve(critical, warning);
  await bench.pass(5 * MINUTE);
  t.match(messages(hook)[1], {
    text: '[RESOLVED] Down',
    attachments: [{ title: 'Resolved: CPU &lt;90&gt; &amp; more', color: '#388e3c' }, {}],
  });
});

t.test('SLACK_WEBHOOK_URL makes a receiver slack', async (t) => {
  const { bench, hook } = await setUp(t);
  await bench.start(undefined, { SLACK_WEBHOOK_URL: `${hook.url}/env` });
  t.equal(bench.alerting.receiverWarning('slack'), undefined);
  bench.fire({ ...bench.alert('a'), receivers: ['slack'] });
  await bench.pass(31_000);
  t.equal(hook.received[0]?.path, '/env');
});

t.test('without SLACK_WEBHOOK_URL there is no receiver slack', async (t) => {
  const { bench } = await setUp(t);
  await bench.start(undefined);
  t.match(bench.alerting.receiverWarning('slack'), /"slack" is not configured/);
});

t.test("slack takes Alertmanager's templates", async (t) => {
  const { bench, hook } = await setUp(t);
  await bench.start(`
route: {receiver: team, group_by: [alertname], group_wait: 0s}
receivers:
- name: team
  slack_configs:
  - api_url: ${hook.url}
    title: '{{ template "slack.default.title" . }}'
    text: |-
      {{ range .Alerts.Firing }}{{ .Labels.host }}: {{ .Annotations.summary }}
      {{ end }}
    color: '{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}'
    title_link: '{{ (index .Alerts 0).GeneratorURL }}'
    fields:
    - {title: Common, value: '{{ range .CommonLabels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}'}
    - {title: Rest, value: '{{ (.CommonLabels.Remove .GroupLabels.Names).Names | join "," }}', short: true}`);
  bench.fire(bench.alert('a', { zone: 'x' }), bench.alert('b', { zone: 'x' }));
  await bench.pass(1000);
  t.match(messages(hook), [
    {
      attachments: [
        {
          title: '[FIRING:2] Down',
          text: 'a: a is down\nb: b is down\n',
          color: 'danger',
          title_link: 'http://mon.test/graph',
          fields: [
            { title: 'Common', value: 'alertname=Down zone=x ' },
            { title: 'Rest', value: 'zone', short: true },
          ],
        },
      ],
    },
  ]);
});

t.test('a template that fails is a refusal, not a crash', async (t) => {
  const { bench, hook } = await setUp(t);
  await bench.start(`
route: {receiver: team, group_wait: 0s}
receivers: [{name: team, slack_configs: [{api_url: "${hook.url}", title: '{{ .Alerts.Nope }}'}]}]`);
  bench.fire(bench.alert('a'));
  await bench.pass(1000);
  t.match(bench.alerting.history.list('default' as never), [
    { outcome: 'failed', error: /can't evaluate field Nope/ },
  ]);
});
