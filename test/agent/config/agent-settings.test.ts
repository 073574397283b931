import { COLLECTOR_NAMES } from '@mon/agent/collect/collectors';
import {
  type AgentConfig,
  loadAgentConfig,
  readAgentConfig,
} from '@mon/agent/config/agent-settings';
import { formatMistake, SettingsError } from '@mon/storage/settings/mistake';
import t from 'tap';
import { hostTree } from '../host-tree.ts';

const read = (text: string): Promise<AgentConfig> =>
  readAgentConfig({ file: '/etc/mon/agent.yml', text, environment: { TOKEN: 's3cret' } });

/** All mistakes of a text that is refused, one a line. */
async function mistakes(text: string): Promise<string[]> {
  try {
    await read(text);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof SettingsError)) throw thrown;
    return thrown.mistakes.map(formatMistake);
  }
}

t.test('readAgentConfig() gives defaults for an empty file', async (t) => {
  const { settings, warnings } = await read('');
  t.strictSame(warnings, []);
  t.match(settings, {
    externalLabels: {},
    scrapeJobs: [],
    remotes: [],
    spool: { dir: undefined, bytesMax: 1024 ** 3 },
    host: { isEnabled: true, intervalMs: 15_000, job: 'node', collectors: COLLECTOR_NAMES },
    statsd: { isEnabled: true, host: '127.0.0.1', port: 8125, flushIntervalMs: 10_000 },
  });
});

t.test('readAgentConfig() reads a prometheus.yml as Prometheus does', async (t) => {
  const { settings, warnings } = await read(`
global:
  scrape_interval: 30s
  external_labels: { dc: eu }
rule_files: [rules/*.yml]
alerting: { alertmanagers: [] }
scrape_configs:
  - job_name: node
    static_configs:
      - targets: ['web-01:9100', 'web-02:9100']
        labels: { env: prod }
  - job_name: app
    scrape_interval: 5s
    scrape_timeout: 2s
    metrics_path: /actuator
    scheme: https
    params: { module: [a, b] }
    honor_labels: true
    honor_timestamps: false
    basic_auth: { username: me, password_file: secret.txt }
    tls_config: { ca_file: ca.pem, insecure_skip_verify: true }
    body_size_limit: 10MB
    sample_limit: 1000
    label_limit: 30
    file_sd_configs:
      - files: [targets/*.json, /abs/x.yml]
        refresh_interval: 1m
    relabel_configs:
      - source_labels: [__address__]
        regex: '(.*):.*'
        target_label: host
    metric_relabel_configs:
      - action: labeldrop
        regex: tmp_.*
remote_write:
  - url: https://mon.example/api/v1/write
    authorization: { credentials: { env: TOKEN } }
    headers: { X-Scope-OrgID: team-a }
    queue_config: { max_samples_per_send: 500, batch_send_deadline: 5s }
    write_relabel_configs:
      - { source_labels: [__name__], regex: go_.*, action: Drop }
  - { url: http://127.0.0.1:9500/api/v1/write, name: local }
`);
  t.strictSame(warnings, []);
  t.strictSame(settings.externalLabels, { dc: 'eu' });
  const [node, app] = settings.scrapeJobs;
  t.match(node, {
    jobName: 'node',
    intervalMs: 30_000,
    timeoutMs: 10_000,
    metricsPath: '/metrics',
    staticGroups: [{ addresses: ['web-01:9100', 'web-02:9100'], labels: { env: 'prod' } }],
  });
  t.match(app, {
    intervalMs: 5000,
    timeoutMs: 2000,
    metricsPath: '/actuator',
    scheme: 'https',
    params: { module: ['a', 'b'] },
    honorLabels: true,
    honorTimestamps: false,
    http: {
      basicAuth: {
        username: { kind: 'inline', value: 'me' },
        password: { kind: 'file', path: '/etc/mon/secret.txt' },
      },
      tls: { ca: { kind: 'file', path: '/etc/mon/ca.pem' }, insecureSkipVerify: true },
    },
    bodyBytesMax: 10 * 1024 ** 2,
    sampleLimit: 1000,
    labelLimits: { labels: 30, nameBytes: 0 },
    fileDiscoveries: [
      { patterns: ['/etc/mon/targets/*.json', '/abs/x.yml'], refreshIntervalMs: 60_000 },
    ],
    relabel: [{ sourceLabels: ['__address__'], regex: '(.*):.*', targetLabel: 'host' }],
    metricRelabel: [{ action: 'labeldrop', regex: 'tmp_.*' }],
  });
  t.match(settings.remotes, [
    {
      name: 'mon.example/api/v1/write',
      url: 'https://mon.example/api/v1/write',
      http: {
        authorization: { type: 'Bearer', credentials: { kind: 'inline', value: 's3cret' } },
        headers: { 'X-Scope-OrgID': { kind: 'inline', value: 'team-a' } },
      },
      batchSamplesMax: 500,
      batchAgeMs: 5000,
      relabel: [{ action: 'drop', regex: 'go_.*' }],
    },
    { name: 'local', batchSamplesMax: 2000, timeoutMs: 30_000 },
  ]);
});

t.test('readAgentConfig() reads the agent section', async (t) => {
  const { settings } = await read(`
agent:
  spool: { dir: /var/lib/x, bytes: 64MB }
  host:
    interval: 5s
    instance: named
    labels: { rack: r1 }
    collectors: { filesystem: false, netdev: off }
  statsd: { listen: '[::1]:9125', flush_interval: 2s, series_limit: 5 }
`);
  t.match(settings, {
    spool: { dir: '/var/lib/x', bytesMax: 64 * 1024 ** 2 },
    host: { intervalMs: 5000, instance: 'named', labels: { rack: 'r1' } },
    statsd: { host: '::1', port: 9125, flushIntervalMs: 2000, seriesMax: 5 },
  });
  t.notOk(settings.host.collectors.includes('filesystem'));
  t.notOk(settings.host.collectors.includes('netdev'));
  t.equal(settings.host.collectors.length, COLLECTOR_NAMES.length - 2);
});

t.test('readAgentConfig() lists every mistake with its line', async (t) => {
  const found = await mistakes(`scrape_configs:
  - job_nam: x
  - job_name: a
    scrape_interval: soon
    static_configs:
      - targets: [http://x/metrics]
    relabel_configs:
      - { action: hashmod, target_label: x }
      - { action: labeldrop, regex: a, target_label: b }
      - { regex: '(?!x)', target_label: y }
      - { action: replace }
    oauth2: {}
    basic_auth: { username: a, password: b, password_file: c }
    file_sd_configs: [{ files: [targets.txt] }]
remote_write:
  - url: mon:9500
  - { url: http://a/, tls_config: { cert_file: x } }
agent:
  statsd: { listen: '8125' }
  host: { collectors: { cup: false } }
`);
  const wanted = [
    /agent\.yml:2:5: .*unknown key 'job_nam'; did you mean 'job_name'\?/,
    /agent\.yml:2:\d+: .*job_name is missing/,
    /agent\.yml:4:22: .*scrape_interval: must be a duration/,
    /agent\.yml:6:19: .*no host:port/,
    /agent\.yml:8:9: .*hashmod needs a modulus/,
    /agent\.yml:9:9: .*labeldrop takes no target_label/,
    /agent\.yml:10:18: .*regex/,
    /agent\.yml:11:9: .*replace needs a target_label/,
    /agent\.yml:12:13: .*cannot do it yet/,
    /agent\.yml:13:17: .*both password and password_file/,
    /agent\.yml:14:33: .*must end in \.json/,
    /agent\.yml:16:10: .*must be a URL/,
    /agent\.yml:17:35: .*without its key/,
    /agent\.yml:19:21: .*must be HOST:PORT/,
    /agent\.yml:20:25: .*unknown key 'cup'; did you mean 'cpu'\?/,
  ];
  for (const pattern of wanted)
    t.ok(
      found.some((line) => pattern.test(line)),
      String(pattern),
      { found },
    );
});

t.test('readAgentConfig() checks jobs against each other and the global section', async (t) => {
  const found = await mistakes(`global: { scrape_interval: 10s, scrape_timeout: 5s }
scrape_configs:
  - { job_name: a, scrape_interval: 1s, scrape_timeout: 2s }
  - { job_name: b }
  - { job_name: b }
`);
  t.equal(found.length, 2);
  t.match(found[0], /:3:\d+: .*longer than its scrape_interval/);
  t.match(found[1], /:5:\d+: .*second job of the name 'b'/);
  t.match(
    (await read('scrape_configs: [{ job_name: a, scrape_interval: 1s }]')).settings.scrapeJobs,
    [{ timeoutMs: 1000 }],
    'the timeout is shortened to the interval',
  );
  t.match(await mistakes('remote_write: [{ url: http://a/x }, { url: http://a/x }]'), [
    /two entries of the name 'a\/x'/,
  ]);
});

t.test('readAgentConfig() warns of what Prometheus knows and mon does not use yet', async (t) => {
  const { warnings } = await read(`scrape_configs:
  - job_name: a
    kubernetes_sd_configs: [{ role: pod }]
    scrape_protocols: [PrometheusProto]
remote_write:
  - { url: http://a/, send_exemplars: true, queue_config: { max_shards: 5 } }
`);
  t.strictSame(warnings.map(({ line, path }) => `${line} ${path.split('.').at(-1)}`).sort(), [
    '3 kubernetes_sd_configs',
    '4 scrape_protocols',
    '6 max_shards',
  ]);
});

t.test('loadAgentConfig() reads the files that scrape_config_files names', async (t) => {
  const tree = hostTree(t, {
    '/agent.yml': 'scrape_config_files: [jobs/*.yml]\nscrape_configs: [{ job_name: a }]\n',
    '/jobs/b.yml': 'scrape_configs: [{ job_name: b }]\n',
    '/jobs/c.yml': 'scrape_configs: [{ job_name: c, scrape_interval: 5s }]\n',
  });
  const load = () => loadAgentConfig(`${tree.root}/agent.yml`, {});
  const { settings } = await load();
  t.match(settings.scrapeJobs, [
    { jobName: 'a' },
    { jobName: 'b' },
    { jobName: 'c', intervalMs: 5000 },
  ]);
  tree.write('/jobs/b.yml', 'scrape_configs: [{ job_nam: b }]\n');
  tree.write('/jobs/c.yml', 'scrape_configs: [{ job_name: a }]\n');
  await t.rejects(load(), { code: 'bad-config', why: /jobs\/b\.yml:1:20/ });
  await t.rejects(load(), { code: 'bad-config', why: /jobs\/c\.yml:1:18: .*second job/ });
  await t.rejects(loadAgentConfig(`${tree.root}/missing.yml`, {}), { code: 'config-unreadable' });
});
