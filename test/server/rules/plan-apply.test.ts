import type { GroupDefinition } from '@mon/server/rules/definition';
import { planApply } from '@mon/server/rules/plan-apply';
import { readRuleFile } from '@mon/server/rules/rule-file';
import t from 'tap';

function groups(text: string, file = 'a.yml'): readonly GroupDefinition[] {
  return readRuleFile({ file, text }).file.groups.map((group) => group.definition);
}

const CURRENT = groups(`
groups:
- name: g
  interval: 60s
  rules:
  - alert: Down
    expr: up{job="a",env="x"}==0
    for: 5m
    labels: {severity: warning}
    annotations: {summary: down}
  - record: r
    expr: sum(up)
- name: other
  rules:
  - record: o
    expr: up
`);

t.test('planApply() sees no change where the meaning is the same', async (t) => {
  const wanted = groups(`
groups:
- name: other
  rules: [{record: o, expr: (up)}]
- name: g
  interval: 1m
  rules:
  - alert: Down
    expr: |
      up{env="x", job='a'} == 0
    for: 300s
    annotations: {summary: "down"}
    labels: {severity: warning}
  - {record: r, expr: "sum (up)"}
`);
  const plan = planApply(CURRENT, wanted.slice(1), { prune: false });
  t.equal(plan.hasChanges, false);
  t.same(
    plan.groups.map(({ name, kind }) => `${name} ${kind}`),
    ['g unchanged', 'other kept'],
  );
  t.match(plan, { added: 0, changed: 0, removed: 0, unchanged: 3 });
  t.equal(plan.result[0], CURRENT[0], 'what is stored stays as it was written');
});

t.test('planApply() names added, changed and removed rules with their fields', async (t) => {
  const wanted = groups(`
groups:
- name: g
  interval: 30s
  rules:
  - alert: Down
    expr: up{job="a",env="x"} == 1
    for: 10m
    labels: {severity: critical, team: a}
  - alert: New
    expr: vector(1)
`);
  const plan = planApply(CURRENT, wanted, { prune: true });
  t.match(plan, { added: 1, changed: 1, removed: 2, unchanged: 0, hasChanges: true });
  const [g, other] = plan.groups;
  t.match(g, { kind: 'changed', fields: [{ field: 'interval', before: '1m', after: '30s' }] });
  t.match(g?.rules, [
    {
      kind: 'changed',
      name: 'Down',
      fields: [
        { field: 'annotations.summary', before: 'down', after: undefined },
        { field: 'expr', before: 'up{env="x",job="a"} == 0', after: 'up{env="x",job="a"} == 1' },
        { field: 'for', before: '5m', after: '10m' },
        { field: 'labels.severity', before: 'warning', after: 'critical' },
        { field: 'labels.team', before: undefined, after: 'a' },
      ],
    },
    { kind: 'added', name: 'New', fields: [{ field: 'expr', after: 'vector(1)' }] },
    { kind: 'removed', name: 'r', ruleKind: 'recording' },
  ]);
  t.match(other, { kind: 'removed', rules: [{ kind: 'removed', name: 'o' }] });
  t.same(plan.result, wanted);
});

t.test('planApply() keeps groups that are not in the files unless it prunes', async (t) => {
  const kept = planApply(CURRENT, [], { prune: false });
  t.equal(kept.hasChanges, false);
  t.equal(kept.result.length, 2);
  const pruned = planApply(CURRENT, [], { prune: true });
  t.match(pruned, { removed: 3, result: [], hasChanges: true });
});

t.test('planApply() tells rules of one name apart by their labels', async (t) => {
  const two = (first: string, second: string) =>
    groups(`groups: [{name: g, rules: [
      {alert: A, expr: '${first}', labels: {s: warn}}, {alert: A, expr: '${second}', labels: {s: page}}]}]`);
  const plan = planApply(two('up == 0', 'up == 1'), two('up == 0', 'up == 2'), { prune: false });
  t.same(
    plan.groups[0]?.rules.map(({ kind }) => kind),
    ['unchanged', 'changed'],
  );
});

t.test('planApply() sees a change of order, which decides what a rule can read', async (t) => {
  const order = (...names: string[]) =>
    groups(`groups: [{name: g, rules: [${names.map((n) => `{record: ${n}, expr: up}`).join()}]}]`);
  const plan = planApply(order('a', 'b'), order('b', 'a'), { prune: false });
  t.match(plan.groups[0], { kind: 'changed', fields: [{ field: 'order of rules' }] });
  t.equal(planApply(order('a', 'b'), order('a', 'x', 'b'), { prune: false }).changed, 0);
});

t.test('planApply() tells groups of one name in different files apart', async (t) => {
  const text = 'groups: [{name: g, rules: [{record: a, expr: up}]}]';
  const plan = planApply(groups(text, 'a.yml'), groups(text, 'x/b.yml'), { prune: true });
  t.same(
    plan.groups.map(({ file, kind }) => `${file} ${kind}`),
    ['a.yml removed', 'b.yml added'],
  );
});
