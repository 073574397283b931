import t from 'tap';
import { runMon } from '../../run-mon.ts';

const PROMETHEUS = `global:
  scrape_interval: 15s
scrape_configs:
  - job_name: node
    static_configs: [{ targets: ['127.0.0.1:9100'] }]
rule_files: [rules.yml]
alerting:
  config_file: alertmanager.yml
`;
const ALERTMANAGER = `route: { receiver: hook }
receivers:
  - name: hook
    webhook_configs: [{ url: http://127.0.0.1:1/ }]
`;
const RULES = `groups:
- name: a
  rules:
  - { alert: Down, expr: up == 0 }
`;

t.test('mon config check takes a prometheus.yml, an alertmanager.yml, a rule file', async (t) => {
  const cwd = t.testdir({
    'prometheus.yml': PROMETHEUS,
    'alertmanager.yml': ALERTMANAGER,
    'rules.yml': RULES,
    'mon.yml': 'server: { retention: 30d }\nagent: { host: { interval: 15s } }\n',
  });
  const files = ['prometheus.yml', 'alertmanager.yml', 'rules.yml', 'mon.yml'];
  const { code, stdout, stderr } = await runMon(['config', 'check', ...files], { cwd });
  t.equal(code, 0, stderr);
  t.equal(
    stdout,
    `
FILE              KIND          ERRORS  WARNINGS
prometheus.yml    mon                0         0
alertmanager.yml  alertmanager       0         0
rules.yml         rules              0         0
mon.yml           mon                0         0
`.slice(1),
  );
});

t.test('mon config check shows every mistake of every program, and of named files', async (t) => {
  const cwd = t.testdir({
    'prometheus.yml': PROMETHEUS.replace('job_name', 'job_nam').replace('15s', 'soon'),
    'alertmanager.yml': ALERTMANAGER.replace('receiver: hook', 'receiver: pager'),
    'rules.yml': RULES.replace('up == 0', 'rate(up)'),
    'named.yml': 'rule_files: [rules.yml]\nalerting: { config_file: alertmanager.yml }\n',
  });
  const first = await runMon(['config', 'check', 'prometheus.yml'], { cwd });
  t.equal(first.code, 1);
  t.match(first.stderr, /^prometheus\.yml:2:20: global\.scrape_interval: /m);
  t.match(first.stderr, /^prometheus\.yml:4:5: scrape_configs\[0\]: .*job_nam.*job_name/m);
  const shared = first.stderr.split('\n').filter((line) => line.includes('scrape_interval'));
  t.equal(shared.length, 1, 'what both programs read is told once');

  const named = await runMon(['config', 'check', 'named.yml'], { cwd });
  t.equal(named.code, 1);
  t.match(named.stderr, /rules\.yml:4:\d+: groups\[0\]\.rules\[0\]\.expr/);
  t.match(named.stderr, /alertmanager\.yml:1:\d+: .*pager/);
});

t.test('mon config check tells what is known and not used as a warning', async (t) => {
  const cwd = t.testdir({ 'p.yml': 'tracing: {}\nrule_files: [none/*.yml]\n' });
  const lenient = await runMon(['config', 'check', 'p.yml'], { cwd });
  t.equal(lenient.code, 0);
  t.match(lenient.stderr, /p\.yml:1:1: warning: .*tracing/);
  t.match(lenient.stderr, /warning: rule_files: no file matches/);
  const strict = await runMon(['config', 'check', 'p.yml', '--strict'], { cwd });
  t.equal(strict.code, 1);
});

t.test('mon config check names what is no YAML, and what it cannot read', async (t) => {
  const cwd = t.testdir({ 'a.yml': 'a: [\n' });
  const broken = await runMon(['config', 'check', 'a.yml'], { cwd });
  t.equal(broken.code, 1);
  t.match(broken.stderr, /^a\.yml:\d+:\d+: /m);
  const missing = await runMon(['config', 'check', 'missing.yml'], { cwd });
  t.equal(missing.code, 1);
  t.match(missing.stderr, /^Error: Cannot read the configuration missing\.yml/);
});
