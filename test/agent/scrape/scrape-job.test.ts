import { writeFileSync } from 'node:fs';
import { SETTLE_MS } from '@mon/agent/discover/file-discovery';
import { PLAIN_HTTP } from '@mon/agent/http/http-settings';
import { ScrapeJob, type ScrapeJobSettings } from '@mon/agent/scrape/scrape-job';
import type { ScrapeRound } from '@mon/agent/scrape/target-loop';
import { ManualClock } from '@mon/storage/model/manual-clock';
import t, { type Test } from 'tap';
import { eventually } from '../eventually.ts';
import { startExporter, text } from '../exporter.ts';
import { hostTree } from '../host-tree.ts';
import { sampleLines } from '../sample-lines.ts';

const SETTINGS: ScrapeJobSettings = {
  jobName: 'web',
  intervalMs: 10_000,
  timeoutMs: 10_000,
  metricsPath: '/metrics',
  scheme: 'http',
  params: {},
  honorLabels: false,
  honorTimestamps: true,
  tracksTimestamps: false,
  http: PLAIN_HTTP,
  relabel: [],
  metricRelabel: [],
  bodyBytesMax: 0,
  sampleLimit: 0,
  targetLimit: 0,
  labelLimits: { labels: 0, nameBytes: 0, valueBytes: 0 },
  staticGroups: [],
  fileDiscoveries: [],
};

async function startJob(t: Test, settings: Partial<ScrapeJobSettings>) {
  const clock = new ManualClock(1_000_000_000_000);
  const delivered: string[][] = [];
  const rounds: ScrapeRound[] = [];
  const brokenFiles: string[] = [];
  const job = new ScrapeJob(
    { ...SETTINGS, ...settings },
    {
      clock,
      elapsedSeconds: () => clock.nowMs() / 1000,
      deliver: (columns) => delivered.push(sampleLines(columns)),
      spreadSeed: 'here',
      userAgent: 'mon-agent/test',
      onRound: (round) => rounds.push(round),
      finishLabels: (labels) => labels,
      onDiscoveryFailure: (file, reason) => brokenFiles.push(`${file}: ${reason}`),
    },
  );
  await job.start();
  let isStopped = false;
  t.teardown(() => (isStopped ? undefined : job.stop(() => false)));
  return {
    job,
    clock,
    delivered,
    rounds,
    brokenFiles,
    /** Lets one interval pass and all its rounds end. */
    async interval() {
      const before = rounds.length;
      const count = job.targets().length;
      await clock.advance(10_000);
      await eventually('every target is asked', () => rounds.length === before + count);
    },
    async stop(endsSeries: boolean) {
      isStopped = true;
      await job.stop(() => endsSeries);
    },
  };
}

const own = (address: string) => `instance="${address}", job="web"`;
const group = (...addresses: string[]) => ({ source: 's', addresses, labels: {} });

t.test('ScrapeJob asks as Prometheus does and delivers what came', async (t) => {
  const exporter = await startExporter(t, text('a 1\n'));
  const { address } = exporter;
  const running = await startJob(t, {
    staticGroups: [group(address)],
    params: { m: ['x'] },
    metricsPath: '/m',
  });
  t.match(running.job.targets(), [{ health: 'unknown', url: `http://${address}/m?m=x` }]);
  await running.interval();
  t.equal(exporter.requests[0]?.url, '/m?m=x');
  t.match(exporter.requests[0]?.headers, {
    accept: /^application\/openmetrics-text;version=1\.0\.0.*text\/plain;version=0\.0\.4/,
    'accept-encoding': 'gzip',
    'user-agent': 'mon-agent/test',
    'x-prometheus-scrape-timeout-seconds': '10',
  });
  const [lines = []] = running.delivered;
  t.match(lines[0], new RegExp(`^a\\{${own(address)}\\} 1 `));
  t.match(lines[1], /^up\{.*\} 1 /);
  t.match(running.job.targets(), [{ health: 'up', samplesScraped: 1, lastError: '' }]);
});

t.test('ScrapeJob reads OpenMetrics by its content type', async (t) => {
  const type = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
  const exporter = await startExporter(t, text('# TYPE a counter\na_total 1\n# EOF\n', type));
  const running = await startJob(t, { staticGroups: [group(exporter.address)] });
  await running.interval();
  t.match(running.delivered[0]?.[0], /^a_total/);
  t.match([...running.job.metadata()], [{ metric: 'a', type: 'counter' }]);
  exporter.answer = text('a_total 1\n', type);
  await running.interval();
  t.match(running.rounds[1]?.failure, { code: 'bad-exposition', why: /# EOF/ });
});

t.test('ScrapeJob marks series stale when a scrape fails, and says why', async (t) => {
  const exporter = await startExporter(t, text('a 1\nb 2\n'));
  const running = await startJob(t, { staticGroups: [group(exporter.address)] });
  await running.interval();
  const failures: [typeof exporter.answer, string | RegExp][] = [
    [(_, response) => response.writeHead(503).end(), 'scrape-status'],
    [text('a 1\nb {\n'), 'bad-exposition'],
    [(request) => request.socket.destroy(), 'request-failed'],
  ];
  for (const [answer, code] of failures) {
    exporter.answer = answer;
    await running.interval();
    t.equal(running.rounds.at(-1)?.failure?.code, code);
    t.match(running.job.targets(), [{ health: 'down', lastError: /./ }]);
    t.match(running.delivered.at(-1)?.[0], /^up\{.*\} 0 /);
  }
  t.equal(running.delivered[1]?.filter((line) => line.includes(' stale ')).length, 2);
  t.equal(running.delivered[2]?.filter((line) => line.includes(' stale ')).length, 0);
  exporter.answer = text('a 1\n');
  await running.interval();
  t.match(running.job.targets(), [{ health: 'up' }]);
  t.strictSame(
    running.rounds.map((round) => round.isRepeated),
    [false, false, true, true, false],
  );
});

t.test(
  'ScrapeJob ends series of a target that is gone, not those of a stopping agent',
  async (t) => {
    const exporter = await startExporter(t, text('a 1\n'));
    const gone = await startJob(t, { staticGroups: [group(exporter.address)] });
    await gone.interval();
    await gone.stop(true);
    t.equal(gone.delivered.at(-1)?.length, 6);
    t.ok(gone.delivered.at(-1)?.every((line) => line.includes(' stale ')));
    const stopping = await startJob(t, { staticGroups: [group(exporter.address)] });
    await stopping.interval();
    await stopping.stop(false);
    t.equal(stopping.delivered.length, 1);
  },
);

t.test('ScrapeJob stops in the middle of a scrape without a word', async (t) => {
  const exporter = await startExporter(t, () => {});
  const running = await startJob(t, { staticGroups: [group(exporter.address)] });
  await running.clock.advance(10_000);
  await eventually('the scrape is under way', () => exporter.requests.length === 1);
  await running.stop(true);
  t.equal(running.delivered.length, 0);
});

t.test('ScrapeJob relabels targets, shows the dropped and scrapes doubles once', async (t) => {
  const exporter = await startExporter(t, text('a 1\n'));
  const { address } = exporter;
  const running = await startJob(t, {
    staticGroups: [group(address, 'drop.me:1'), group(address)],
    relabel: [
      { action: 'drop', sourceLabels: ['__address__'], regex: 'drop.*' },
      { targetLabel: 'dc', replacement: 'eu' },
    ],
  });
  t.match(running.job.targets(), [{ labels: ['dc', 'eu', 'instance', address, 'job', 'web'] }]);
  t.equal(running.job.targets().length, 1);
  t.match(running.job.dropped(), { count: 1, targets: [{ reason: /relabeling rule/ }] });
});

t.test('ScrapeJob fails all targets where there are more than target_limit', async (t) => {
  const exporter = await startExporter(t, text('a 1\n'));
  const running = await startJob(t, {
    staticGroups: [group(exporter.address, exporter.address.replace('127.0.0.1', '127.0.0.2'))],
    targetLimit: 1,
  });
  await running.interval();
  t.equal(exporter.requests.length, 0);
  t.match(running.job.targets(), [{ lastError: /target_limit/ }, { lastError: /target_limit/ }]);
});

t.test('ScrapeJob follows target files as they change', async (t) => {
  const exporter = await startExporter(t, text('a 1\n'));
  const tree = hostTree(t, {
    '/web.json': JSON.stringify([{ targets: [exporter.address], labels: { dc: 'eu' } }]),
  });
  const running = await startJob(t, {
    fileDiscoveries: [{ patterns: [`${tree.root}/*.json`], refreshIntervalMs: 300_000 }],
  });
  const labels = running.job.targets()[0]?.labels;
  t.strictSame(labels, ['dc', 'eu', 'instance', exporter.address, 'job', 'web']);
  await running.interval();
  writeFileSync(`${tree.root}/web.json`, '[{"targets": ["other:1"]}]');
  await eventually('the new target is there', () => {
    void running.clock.advance(SETTLE_MS);
    return running.job.targets()[0]?.url === 'http://other:1/metrics';
  });
  // On a busy machine the clock may have come to further rounds meanwhile.
  const isMarkers = (lines: readonly string[]) =>
    lines.length > 0 && lines.every((line) => line.includes(' stale '));
  await eventually('markers came', () => running.delivered.some(isMarkers));
});
