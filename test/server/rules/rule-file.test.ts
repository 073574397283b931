import { readRuleFile } from '@mon/server/rules/rule-file';
import { formatMistake, SettingsError } from '@mon/storage/settings/mistake';
import t from 'tap';

/** Mistakes as `line:column: ...`, warnings included. */
function mistakesIn(text: string): string[] {
  try {
    const { warnings } = readRuleFile({ file: 'rules/a.yml', text });
    return warnings.map((mistake) => formatMistake(mistake).replace('rules/a.yml:', ''));
  } catch (thrown) {
    if (!(thrown instanceof SettingsError)) throw thrown;
    return thrown.mistakes.map((mistake) => formatMistake(mistake).replace('rules/a.yml:', ''));
  }
}

t.test('readRuleFile() reads groups, recording and alerting rules', async (t) => {
  const { file, warnings } = readRuleFile({
    file: 'rules/node.yml',
    text: `
groups:
  - name: node
    interval: 30s
    limit: 10
    query_offset: 1m
    labels: { team: infra, tier: 1 }
    rules:
      - record: instance:node_cpu:rate5m
        expr: sum by (instance) (rate(node_cpu_seconds_total[5m]))
        labels: { tier: 2 }
      - alert: HostDown
        expr: up == 0
        for: 5m
        keep_firing_for: 10m
        labels: { severity: critical }
        annotations: { summary: "{{ $labels.instance }} is down" }
  - name: empty
    interval: 0s
`,
  });
  t.same(warnings, []);
  const [node, empty] = file.groups;
  t.match(node?.definition, {
    name: 'node',
    file: 'node.yml',
    intervalMs: 30_000,
    limit: 10,
    queryOffsetMs: 60_000,
    labels: { team: 'infra', tier: '1' },
  });
  const [record, alert] = node?.rules ?? [];
  t.same(record?.kind === 'recording' && record.labels, ['team', 'infra', 'tier', '2']);
  t.match(alert?.definition, { name: 'HostDown', forMs: 300_000, keepFiringForMs: 600_000 });
  t.same(
    alert?.kind === 'alerting' && alert.labels.map(({ name }) => name),
    ['team', 'tier', 'severity'],
    "a group's labels stand before a rule's own",
  );
  t.same(empty?.definition, { name: 'empty', file: 'node.yml', limit: 0, labels: {}, rules: [] });
});

t.test('readRuleFile() takes an empty file', async (t) => {
  t.same(readRuleFile({ file: 'a.yml', text: '' }).file.groups, []);
  t.same(readRuleFile({ file: 'a.yml', text: 'groups:\n' }).file.groups, []);
});

t.test('readRuleFile() reports all mistakes of a file at once, with line and column', async (t) => {
  t.same(
    mistakesIn(`groups:
- name: a
  intervall: 1m
  rules:
  - record: x
    alert: y
    expr: up
  - expr: up
  - alert: NoExpr
  - record: bad-name
    expr: up
    for: 5m
    annotations: {a: b}
  - alert: Labels
    expr: up
    labels:
      1st: x
      __name__: x
    annotations:
      "a b": c
  - record: fine
    expr: sum(rate(up[5m])
- name: a
  rules: 5
- rules: []
`),
    [
      "3:3: groups[0]: unknown key 'intervall'; did you mean 'interval'?",
      "6:12: groups[0].rules[0].alert: only one of 'record' and 'alert' must be set; make two rules of it",
      "8:5: groups[0].rules[1]: one of 'record' or 'alert' must be set; name the rule",
      "9:5: groups[0].rules[2]: field 'expr' must be set in rule; write a PromQL expression",
      "10:13: groups[0].rules[3].record: invalid recording rule name 'bad-name'; use letters, digits, _ and :, and no digit in front",
      "12:10: groups[0].rules[3].for: invalid field 'for' in recording rule; remove it",
      "13:18: groups[0].rules[3].annotations: invalid field 'annotations' in recording rule; remove it",
      "17:7: groups[0].rules[4].labels: invalid label name '1st'; use letters, digits and _, and no digit in front",
      "18:7: groups[0].rules[4].labels: invalid label name '__name__'; the name of the series is set by record",
      "20:7: groups[0].rules[4].annotations: invalid annotation name 'a b'; use letters, digits and _, and no digit in front",
      '22:27: groups[0].rules[5].expr: could not parse expression: unclosed left parenthesis',
      "23:9: groups[1].name: group 'a' is repeated in the same file; rename one of the two",
      '24:10: groups[1].rules: must be a list, not \'5\'; start each entry with "- "',
      '25:3: groups[2]: name is missing; it must be text',
    ],
  );
});

t.test('readRuleFile() points into expressions, however they are written', async (t) => {
  const expressions: readonly (readonly [string, string])[] = [
    ['expr: sum(rate(up[5m])', '5:27'],
    ['expr: "sum(rate(up[5m])"', '5:28'],
    ["expr: 'up{a=\"''\"} ='", '5:23'],
    ['expr: "up{a=\\"b\\"} ="', '5:24'],
    ['expr: |\n      sum(\n        rat(up)\n      )', '7:9'],
    ['expr: >-\n      up\n      == on bar', '7:13'],
    ['expr: up\n      == on bar', '6:13'],
  ];
  for (const [expr, place] of expressions) {
    const [found = ''] = mistakesIn(`groups:\n- name: a\n  rules:\n  - alert: X\n    ${expr}\n`);
    t.ok(
      found.startsWith(`${place}: groups[0].rules[0].expr: could not parse`),
      `${place} ${found}`,
    );
  }
});

t.test('readRuleFile() points into templates', async (t) => {
  t.same(
    mistakesIn(`groups:
- name: a
  rules:
  - alert: X
    expr: up
    labels: {host: "{{ $label.host }}"}
    annotations:
      summary: |
        Host {{ $labels.host }}
        is {{ huminize $value }}
`),
    [
      '6:24: groups[0].rules[0].labels.host: template: undefined variable "$label"',
      '10:15: groups[0].rules[0].annotations.summary: template: function "huminize" not defined',
    ],
  );
});

t.test('readRuleFile() warns of what is odd but valid', async (t) => {
  t.same(
    mistakesIn(`groups:
- name: a
  partial_response_strategy: warn
  rules:
  - alert: X
    expr: up
  - alert: X
    expr: down
  - record: service.requests
    expr: up
`),
    [
      '3:30: warning: groups[0].partial_response_strategy: is known, but mon does not use it yet',
      "7:12: warning: groups[0].rules[1].alert: 'X' stands twice with the same labels; add a label to one",
      '9:13: warning: groups[0].rules[2].record: has a dot in its name and must be quoted in PromQL; prefer _',
    ],
  );
});

t.test('readRuleFile() warns of expressions of the wrong type', async (t) => {
  const typed = (expr: string) =>
    mistakesIn(`groups: [{name: a, rules: [{alert: X, expr: '${expr}'}]}]`);
  t.match(typed('up[5m]'), [/warning: .* is a matrix, which no rule can use/]);
  t.match(typed('"x"'), [/warning: .* is a string/]);
  t.same(typed('1 > bool 0'), []);
});
