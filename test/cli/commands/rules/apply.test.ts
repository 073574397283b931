import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type FakeRules, startFakeRules } from '../../fake-rules.ts';
import { runMon } from '../../run-mon.ts';

const RULES = `groups:
- name: host
  interval: 30s
  rules:
  - alert: Down
    expr: up == 0
    for: 5m
    labels: { severity: critical }
  - record: job:up:sum
    expr: sum by (job) (up)
`;

interface Setup {
  readonly rules: FakeRules;
  readonly cwd: string;
  readonly mon: (line: string) => ReturnType<typeof runMon>;
}

async function setup(t: Test): Promise<Setup> {
  const rules = await startFakeRules();
  t.teardown(() => rules.api.close());
  const cwd = t.testdir({ 'rules.yml': RULES });
  const mon = (line: string) => runMon([...line.split(' '), '--server', rules.api.url], { cwd });
  return { rules, cwd, mon };
}

t.test('mon rules diff ends with 2 where something would change, apply changes it', async (t) => {
  const { rules, cwd, mon } = await setup(t);
  const differs = await mon('rules diff rules.yml');
  t.equal(differs.code, 2);
  t.equal(
    differs.stdout,
    `
+ group host (rules.yml)
+   interval: 30s
+   alert Down
+     expr: up == 0
+     for: 5m
+     labels.severity: critical
+   record job:up:sum
+     expr: sum by (job) (up)
2 added, 0 changed, 0 removed, 0 unchanged
`.slice(1),
  );
  t.same(rules.groups(), [], 'diff changes nothing');

  const applied = await mon('rules apply rules.yml --yes');
  t.equal(applied.code, 0, applied.stderr);
  t.match(applied.stderr, /^Applied to the set default: 2 added, /);
  t.match(rules.groups(), [{ file: 'rules.yml', name: 'host', interval: '30s' }]);

  const again = await mon('rules apply rules.yml --yes');
  t.equal(again.code, 0);
  t.equal(again.stderr, 'The set default is up to date.\n');
  t.equal((await mon('rules diff rules.yml')).code, 0);

  writeFileSync(
    join(cwd, 'rules.yml'),
    RULES.replace('up == 0', 'up  ==  1').replace('5m', '300s'),
  );
  const changed = await mon('rules diff rules.yml');
  t.equal(changed.code, 2);
  t.equal(
    changed.stdout,
    `
! group host (rules.yml)
!   alert Down
-     expr: up == 0
+     expr: up == 1
0 added, 1 changed, 0 removed, 1 unchanged
`.slice(1),
    'spelling is no difference',
  );
  const csv = await mon('rules diff rules.yml -o csv');
  t.match(csv.stdout, 'changed,rules.yml,host,alerting,Down,expr,up == 0,up == 1');
});

t.test('mon rules apply --prune removes groups, and only then', async (t) => {
  const { rules, cwd, mon } = await setup(t);
  await mon('rules apply rules.yml --yes');
  writeFileSync(join(cwd, 'other.yml'), RULES.replace('host', 'other'));
  await mon('rules apply other.yml --yes');
  t.equal(rules.groups().length, 2, 'without --prune groups stay');
  const kept = await mon('rules diff other.yml');
  t.equal(kept.code, 0);
  t.match(kept.stdout, /1 group not in the files left alone/);
  const pruned = await mon('rules diff other.yml --prune');
  t.equal(pruned.code, 2);
  t.match(pruned.stdout, /^- group host \(rules\.yml\)$/m);
  await mon('rules apply other.yml --prune --yes');
  t.match(rules.groups(), [{ file: 'other.yml', name: 'other' }]);
});

t.test(
  'mon rules apply changes nothing without consent, in a dry run, or with errors',
  async (t) => {
    const { rules, cwd, mon } = await setup(t);
    const dry = await mon('rules apply rules.yml --dry-run');
    t.equal(dry.code, 0);
    t.match(dry.stdout, /^\+ group host/);
    const unasked = await mon('rules apply rules.yml');
    t.equal(unasked.code, 1);
    t.match(unasked.stderr, /^Error: .+ Try this: Add --yes\.\n$/);
    writeFileSync(join(cwd, 'rules.yml'), RULES.replace('up == 0', 'rate(up)'));
    for (const verb of ['diff', 'apply --yes']) {
      const wrong = await mon(`rules ${verb} rules.yml`);
      t.equal(wrong.code, 1, verb);
      t.match(wrong.stderr, /^rules\.yml:6:\d+: /);
      t.match(wrong.stderr, /nothing was changed\.\n$/);
    }
    t.same(rules.groups(), []);
  },
);

t.test('mon rules apply leaves a set alone that changed meanwhile', async (t) => {
  const { rules, mon } = await setup(t);
  rules.interfere();
  const { code, stderr } = await mon('rules apply rules.yml --yes');
  t.equal(code, 1);
  t.match(stderr, /somebody changed it.*Apply again/);
  t.same(rules.groups(), []);
});

t.test('mon rules apply refuses groups that the set could not tell apart', async (t) => {
  const { cwd, mon } = await setup(t);
  mkdirSync(join(cwd, 'nested'));
  writeFileSync(join(cwd, 'nested/rules.yml'), RULES);
  const { code, stderr } = await mon('rules diff rules.yml nested');
  t.equal(code, 1);
  t.match(stderr, /Cannot tell apart the groups "host" of rules\.yml and nested\/rules\.yml/);
});

t.test('mon rules export gives files whose applying changes nothing', async (t) => {
  const { cwd, mon } = await setup(t);
  t.match((await mon('rules export')).stderr, /is empty/);
  await mon('rules apply rules.yml --yes');
  const printed = await mon('rules export');
  t.match(printed.stdout, /^groups:\n {2}- name: host\n {4}interval: 30s\n/);
  const written = await mon('rules export --dir out');
  t.equal(written.code, 0);
  t.match(readFileSync(join(cwd, 'out/rules.yml'), 'utf8'), 'alert: Down');
  t.equal((await mon('rules diff out --prune')).code, 0);
});

t.test('mon rules delete --set removes the set', async (t) => {
  const { rules, mon } = await setup(t);
  await mon('rules apply rules.yml --yes');
  t.match((await mon('rules delete --set default')).stderr, /Add --yes/);
  t.equal(rules.groups().length, 1);
  const removed = await mon('rules delete --set default --yes');
  t.equal(removed.code, 0);
  t.same(rules.groups(), []);
  t.equal((await mon('rules delete')).code, 1);
});
