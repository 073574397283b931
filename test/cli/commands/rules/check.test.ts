import t from 'tap';
import { runMon } from '../../run-mon.ts';

const GOOD = `groups:
- name: host
  rules:
  - alert: Down
    expr: up == 0
    for: 5m
  - record: job:up:sum
    expr: sum by (job) (up)
`;
const BAD = `groups:
- name: host
  rules:
  - alert: Slow
    expr: rate(latency) > 1
    forr: 5m
`;

t.test('mon rules check counts groups and rules of files and directories', async (t) => {
  const cwd = t.testdir({ 'a.yml': GOOD, dir: { 'b.yaml': GOOD, 'notes.txt': 'no rules' } });
  const { code, stdout, stderr } = await runMon(['rules', 'check', 'a.yml', 'dir'], { cwd });
  t.equal(code, 0, stderr);
  t.equal(
    stdout,
    `
FILE        GROUPS  RULES  ERRORS  WARNINGS
a.yml            1      2       0         0
dir/b.yaml       1      2       0         0
`.slice(1),
  );
});

t.test('mon rules check shows every mistake of every file with its place', async (t) => {
  const cwd = t.testdir({ 'a.yml': GOOD, 'b.yml': BAD, 'c.yml': 'groups: [' });
  const args = ['rules', 'check', 'a.yml', 'b.yml', 'c.yml', '-o', 'json'];
  const { code, stdout, stderr } = await runMon(args, { cwd });
  t.equal(code, 1);
  t.match(stderr, /^b\.yml:5:16: .*expected type range vector/m);
  t.match(stderr, /^b\.yml:6:5: .*unknown key 'forr'.*did you mean 'for'/m);
  t.match(stderr, /^c\.yml:1:/m);
  t.match(JSON.parse(stdout), [
    { file: 'a.yml', rules: 2, errors: 0 },
    { file: 'b.yml', errors: 2 },
    { file: 'c.yml', errors: 1 },
  ]);
});

t.test('mon rules check annotates in a GitHub workflow', async (t) => {
  const cwd = t.testdir({ 'b.yml': BAD });
  const env = { GITHUB_ACTIONS: 'true' };
  const { stderr } = await runMon(['rules', 'check', 'b.yml'], { cwd, env });
  t.match(stderr, /^::error file=b\.yml,line=6,col=5::groups\[0\]\.rules\[0\]: unknown key/m);
});

t.test('mon rules check names a file that cannot be read', async (t) => {
  const cwd = t.testdir({ empty: {} });
  for (const path of ['missing.yml', 'empty']) {
    const { code, stderr } = await runMon(['rules', 'check', path], { cwd });
    t.equal(code, 1);
    t.match(stderr, /^Error: Cannot read .+ Try this: .+\n$/);
    t.match(stderr, path);
  }
});
