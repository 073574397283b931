/**
 * A real Prometheus scrapes a real node_exporter and writes to mon; a real promtool reads from mon.
 *
 * The programs come from Debian's packages (`test/peers/install.sh`); without them this skips.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labelsFromRecord } from '@mon/storage/model/labels';
import { encodeRemoteWrite } from '@mon/storage/protocol/remote-write-encode';
import t from 'tap';
import { eventually, freePort, instant, MON, startMon } from '../e2e/started-mon.ts';

const PROGRAMS = ['prometheus', 'promtool', 'prometheus-node-exporter'];
const missing = PROGRAMS.filter((name) => spawnSync('which', [name]).status !== 0);
const skip = missing.length > 0 ? `not installed: ${missing.join(', ')}` : false;

function start(t: { teardown(fn: () => void): void }, command: string, args: string[]): void {
  const child: ChildProcess = spawn(command, args, { stdio: 'ignore' });
  t.teardown(() => {
    child.kill('SIGKILL');
  });
}

t.test('a real Prometheus fills mon, promtool reads it', { skip }, async (t) => {
  const mon = await startMon({ args: ['server'] });
  t.teardown(async () => {
    await mon.stop();
    mon.remove();
  });
  const [exporter, prometheus] = [await freePort(), await freePort()];
  start(t, 'prometheus-node-exporter', [`--web.listen-address=127.0.0.1:${exporter}`]);
  const dir = t.testdir();
  writeFileSync(
    join(dir, 'prometheus.yml'),
    `global: { scrape_interval: 1s, external_labels: { via: prometheus } }
scrape_configs:
- job_name: node
  static_configs: [{ targets: ["127.0.0.1:${exporter}"] }]
- job_name: federate
  metrics_path: /federate
  honor_labels: true
  params: { "match[]": ["node_load1{via='prometheus',federated=''}"] }
  metric_relabel_configs: [{ target_label: federated, replacement: "yes" }]
  static_configs: [{ targets: ["${new URL(mon.url).host}"] }]
remote_write:
- url: ${mon.url}/api/v1/write
  queue_config: { batch_send_deadline: 1s }
  metadata_config: { send_interval: 2s }
`,
  );
  start(t, 'prometheus', [
    `--config.file=${join(dir, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(dir, 'data')}`,
    `--web.listen-address=127.0.0.1:${prometheus}`,
    '--log.level=error',
  ]);
  await eventually('node_load1 by way of Prometheus', async () => {
    const series = await instant(
      mon.url,
      '{__name__=~"node_load1|up", via="prometheus", federated="", job="node"}',
    );
    return series.length === 2 ? true : undefined;
  });
  await eventually('node_load1 federated by Prometheus', async () => {
    const series = await instant(`http://127.0.0.1:${prometheus}`, 'node_load1{federated="yes"}');
    return series.length > 0 ? true : undefined;
  });
  const promtool = (...args: string[]) =>
    execFileSync('promtool', ['query', ...args], { encoding: 'utf8' });
  t.match(promtool('instant', mon.url, 'up{job="node"}'), /up\{.*via="prometheus".*\} => 1 @/);
  t.match(promtool('range', mon.url, 'count({via="prometheus"})'), /\d+ @\[/);
  const series = promtool('series', '--match=node_uname_info', mon.url);
  t.match(series, /__name__="node_uname_info"/);
  t.match(promtool('labels', mon.url, 'job'), /^node$/m);
  const metadata = await eventually(
    'metadata',
    async () => {
      const answer = await fetch(`${mon.url}/api/v1/metadata?metric=node_load5`);
      const body = (await answer.json()) as { data: Record<string, { type: string }[]> };
      return body.data['node_load5']?.[0];
    },
    90_000,
  );
  t.equal(metadata.type, 'gauge');
});

t.test('a real Prometheus reads from mon', { skip }, async (t) => {
  const mon = await startMon({ args: ['server'] });
  t.teardown(async () => {
    await mon.stop();
    mon.remove();
  });
  const now = Date.now();
  const written = encodeRemoteWrite({
    labels: [labelsFromRecord({ __name__: 'kept_by_mon', host: 'a' })],
    sampleOffsets: Uint32Array.of(0, 3),
    timestampsMs: Float64Array.of(now - 120_000, now - 90_000, now - 60_000),
    values: Float64Array.of(1, 5, 9.5),
  });
  t.equal((await fetch(`${mon.url}/api/v1/write`, { method: 'POST', body: written })).status, 204);
  const port = await freePort();
  const dir = t.testdir();
  const file = join(dir, 'prometheus.yml');
  writeFileSync(file, `remote_read: [{ url: "${mon.url}/api/v1/read", read_recent: true }]\n`);
  start(t, 'prometheus', [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(dir, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=error',
  ]);
  const found = await eventually('the series by way of Prometheus', async () => {
    const query = 'sum_over_time(kept_by_mon{host=~"a|b"}[5m])';
    const series = await instant(`http://127.0.0.1:${port}`, query).catch(() => []);
    return series[0];
  });
  t.match(found, { metric: { host: 'a' }, value: [Number, '15.5'] });
});

t.test('mon agent fills a real Prometheus, which takes remote write 1.0', { skip }, async (t) => {
  const port = await freePort();
  const dir = t.testdir();
  writeFileSync(join(dir, 'prometheus.yml'), 'global: {}\n');
  start(t, 'prometheus', [
    `--config.file=${join(dir, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(dir, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--web.enable-remote-write-receiver',
    '--log.level=error',
  ]);
  const url = `http://127.0.0.1:${port}`;
  const config = join(dir, 'agent.yml');
  writeFileSync(
    config,
    `remote_write: [{ url: "${url}/api/v1/write" }]
agent: { host: { interval: 1s }, self_interval: 1s, statsd: { enabled: false } }
`,
  );
  start(t, process.execPath, [MON, 'agent', 'run', '--config', config, '--spool-dir', dir]);
  await eventually('node_load1 by way of the agent', async () => {
    const series = await instant(url, 'node_load1').catch(() => []);
    return series.length > 0 ? series : undefined;
  });
  const sent = 'mon_agent_send_bytes_total';
  await eventually('bytes sent by remote write 1.0', async () => {
    const series = await instant(url, `${sent}{protocol="remote-write-1"} > 0`);
    return series.length > 0 ? series : undefined;
  });
  t.same(await instant(url, `${sent}{protocol="mon-wire"}`), []);
});
