import { readAlertmanagerFile } from '@mon/server/alerting/config/alerting-settings';
import { formatMistake, SettingsError } from '@mon/storage/settings/mistake';
import t from 'tap';

function mistakesIn(text: string): string[] {
  try {
    const read = readAlertmanagerFile({ file: 'am.yml', text, environment: {} });
    return read.warnings.map(formatMistake);
  } catch (thrown) {
    if (!(thrown instanceof SettingsError)) throw thrown;
    return thrown.mistakes.map((mistake) => formatMistake(mistake).replace('am.yml:', ''));
  }
}

t.test('readAlertmanagerFile() reads routes, receivers and inhibition', async (t) => {
  const { value, warnings } = readAlertmanagerFile({
    file: '/etc/am.yml',
    environment: {},
    text: `
global:
  resolve_timeout: 5m
  http_config: {basic_auth: {username: me, password_file: /run/pw}}
route:
  receiver: all
  group_by: ['...']
  routes:
  - match: {a: b}
    match_re: {c: d.*}
    matchers: ['e!="f"', g=~"h|i"]
    group_wait: 1s
    repeat_interval: 1d
    continue: true
    receiver: hook
receivers:
- name: all
- name: hook
  webhook_configs:
  - {url: "http://x/", max_alerts: 5, send_resolved: false}
  - {url_file: secret-url, http_config: {bearer_token: t}}
templates: [templates/*.tmpl]
inhibit_rules:
- source_match: {severity: critical}
  target_matchers: [severity="warning"]
  equal: [host]
`,
  });
  t.same(value.route.groupBy, 'all');
  t.same(value.route.routes[0], {
    matchers: [
      { kind: '=', name: 'a', value: 'b' },
      { kind: '=~', name: 'c', value: 'd.*' },
      { kind: '!=', name: 'e', value: 'f' },
      { kind: '=~', name: 'g', value: 'h|i' },
    ],
    continues: true,
    routes: [],
    receiver: 'hook',
    groupWaitMs: 1000,
    repeatIntervalMs: 86_400_000,
  });
  const [first, second] = value.receivers[1]?.webhooks ?? [];
  t.match(first, { alertsMax: 5, sendsResolved: false, timeoutMs: 10_000 });
  t.match(first?.http, { basicAuth: { password: { kind: 'file', path: '/run/pw' } } });
  t.match(second?.url, { kind: 'file', path: '/etc/secret-url' });
  t.match(second?.http, { authorization: { type: 'Bearer' } });
  t.same(value.templates, ['/etc/templates/*.tmpl']);
  t.match(value.inhibitRules, [{ equal: ['host'] }]);
  t.match(warnings, [{ line: 3, what: /does not use it yet/ }]);
});

t.test('readAlertmanagerFile() lists everything that is wrong or not supported', async (t) => {
  t.same(
    mistakesIn(`
route:
  receiver: nobody
  group_by: [a, a]
  group_interval: 0s
  matchers: [a="b"]
  routes:
  - receiver: other
    mute_time_intervals: [night]
    matchers: [oops]
receivers:
- name: x
  pagerduty_configs: [{routing_key: k}]
  email_configs: [{to: a@b}]
  slack_configs:
  - text: '{{ .Foo | nope }}'
  webhook_configs:
  - max_alerts: 1
    http_config: {proxy_url: http://p}
- name: x
time_intervals: [{name: night}]
routs: 1
`),
    [
      "3:13: route.receiver: undefined receiver 'nobody'; add it under receivers",
      "4:13: route.group_by: 'a' stands twice",
      '5:19: route.group_interval: is 0s, less than the least allowed, 1',
      "8:15: route.routes[0].receiver: undefined receiver 'other'; add it under receivers",
      '9:26: route.routes[0].mute_time_intervals: time intervals are not supported yet; remove it',
      '10:16: route.routes[0].matchers[0]: "oops" is no matcher; write it like severity="critical"',
      '13:22: receivers[0].pagerduty_configs: the receiver pagerduty is not supported yet; remove it',
      '14:18: receivers[0].email_configs: the receiver email is not supported yet; remove it',
      '16:22: receivers[0].slack_configs[0].text: template: function "nope" not defined',
      '19:30: receivers[0].webhook_configs[0].http_config.proxy_url: a proxy is not supported yet; remove it',
      '21:17: time_intervals: time intervals are not supported yet; remove it',
      "22:1: unknown key 'routs'; did you mean 'route'?",
    ],
  );
});

t.test('readAlertmanagerFile() checks the root route and receivers', async (t) => {
  t.match(mistakesIn('receivers: []'), [/route is missing/]);
  t.match(mistakesIn('route: {group_wait: 1s}'), [/must name a receiver/]);
  t.match(mistakesIn('route: {receiver: default, matchers: [a="b"]}'), [/has no matchers/]);
  t.match(mistakesIn('route: {receiver: a}\nreceivers: [{name: a}, {name: a}]'), [
    /'a' stands twice/,
  ]);
  t.match(mistakesIn('route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{}]}]'), [
    /one of url and url_file/,
  ]);
  t.match(mistakesIn('route: {receiver: a}\nreceivers: [{name: a, slack_configs: [{}]}]'), [
    /no Slack webhook is set/,
  ]);
});
