import { resolveServerConfig, type ServerFlags } from '@mon/server/config/server-config';
import { formatMistake } from '@mon/storage/settings/mistake';
import t from 'tap';

const surroundings = { hostname: 'web-1', cpus: 2, cwd: '/srv', environment: {} };

function resolve(yaml: string | undefined, flags: ServerFlags = {}) {
  const source = yaml === undefined ? undefined : { file: '/etc/mon/mon.yml', text: yaml };
  return resolveServerConfig({ source, flags, surroundings });
}

t.test('resolveServerConfig() has defaults for everything', async (t) => {
  t.match(resolve(undefined), {
    listen: { host: '127.0.0.1', port: 9500 },
    insecureNoAuth: false,
    dataDir: '/srv/mon-data',
    retentionMs: 450 * 86_400_000,
    shards: 2,
    fsync: 'always',
    aheadMaxMs: 600_000,
    limits: { body_size: 32 * 1024 * 1024, query_concurrency: 16 },
    compactionSchedule: /^\d+ \* \* \* \*$/,
    global: { evaluationIntervalMs: 60_000 },
    ruleFiles: [],
    warnings: [],
  });
});

t.test('resolveServerConfig() reads the file, and flags win', async (t) => {
  const yaml = `
server:
  listen: 127.0.0.1:9600
  data_dir: samples
  retention: 90d
  shards: 3
  fsync: 100ms
  max_ahead: 1h
  limits: {query_timeout: 30s, body_size: 1MB}
jobs:
  compaction: {schedule: "7 * * * *"}
  retention: {schedule: off}
rule_files: [rules/*.yml]
`;
  t.match(resolve(yaml), {
    listen: { port: 9600 },
    dataDir: '/etc/mon/samples',
    retentionMs: 90 * 86_400_000,
    shards: 3,
    fsync: { intervalMs: 100 },
    aheadMaxMs: 3_600_000,
    limits: { query_timeout: 30_000, body_size: 1024 * 1024 },
    compactionSchedule: '7 * * * *',
    retentionSchedule: 'off',
    ruleFiles: ['/etc/mon/rules/*.yml'],
  });
  const flags = {
    listen: ':1',
    dataDir: 'here',
    retention: 'off',
    shards: 1,
    insecureNoAuth: true,
  };
  t.match(resolve(yaml, flags), {
    listen: { host: '::', port: 1 },
    dataDir: '/srv/here',
    retentionMs: undefined,
    shards: 1,
    insecureNoAuth: true,
  });
});

t.test('resolveServerConfig() takes a prometheus.yml and names what it does not use', async (t) => {
  const yaml = `
global: {scrape_interval: 15s, evaluation_interval: 15s}
alerting:
  alertmanagers:
    - static_configs: [{targets: ['localhost:9093']}]
rule_files: [first.rules]
scrape_configs:
  - job_name: prometheus
    static_configs: [{targets: ['localhost:9090']}]
storage: {tsdb: {out_of_order_time_window: 30m}}
`;
  const config = resolve(yaml);
  t.equal(config.global.evaluationIntervalMs, 15_000);
  t.match(config.warnings.map(formatMistake), [
    /^\/etc\/mon\/mon\.yml:5:5: warning: alerting\.alertmanagers: is known/,
    "/etc/mon/mon.yml:10:1: warning: 'storage' is known, but mon does not use it yet",
  ]);
});

t.test('resolveServerConfig() reports all mistakes at once', async (t) => {
  const yaml = `
server:
  lisen: 127.0.0.1:1
  retention: soon
  shards: 0
  limits: {body_size: huge, query_timout: 1s}
jobs:
  compaction: {schedule: "61 * * * *"}
sever: {}
`;
  try {
    resolve(yaml);
    t.fail('no error');
  } catch (thrown) {
    const { message } = thrown as Error;
    for (const part of [
      "3:3: server: unknown key 'lisen'; did you mean 'listen'?",
      '4:14: server.retention:',
      '5:11: server.shards: is 0, less than the least allowed, 1',
      "6:23: server.limits.body_size: must be a size such as 64MB, not 'huge'",
      "did you mean 'query_timeout'?",
      '8:26: jobs.compaction.schedule: must be a cron expression or off',
      "9:1: unknown key 'sever'; did you mean 'server'?",
    ]) {
      t.match(message, part);
    }
  }
});

t.test('resolveServerConfig() refuses wrong flags', async (t) => {
  t.throws(() => resolve(undefined, { listen: 'nowhere' }), { code: 'bad-listen-address' });
  t.throws(() => resolve(undefined, { retention: '-1d' }), { code: 'bad-retention' });
  t.throws(() => resolve(undefined, { retention: '0' }), { code: 'bad-retention' });
  t.throws(() => resolve(undefined, { shards: 65 }), { code: 'bad-shards' });
  t.throws(() => resolve(undefined, { shards: 1.5 }), { code: 'bad-shards' });
});
