import type { Collector, MetricFamily } from '@mon/agent/collect/collector';
import { NothingToCollect } from '@mon/agent/collect/collector';
import { HostJob } from '@mon/agent/collect/host-job';
import type { SampleColumns } from '@mon/storage/model/appender';
import { formatLabels, labelsFromRecord, withLabel } from '@mon/storage/model/labels';
import { bitsOf, isStaleAt } from '@mon/storage/model/sample';
import t from 'tap';

const GAUGE: MetricFamily = { name: 'node_x', type: 'gauge', help: 'X.', labels: ['device'] };

function samples({ labels, values }: SampleColumns): Map<string, number | 'stale'> {
  const bits = bitsOf(values);
  return new Map(
    labels.map((set, i) => [formatLabels(set), isStaleAt(bits, i) ? 'stale' : (values[i] ?? 0)]),
  );
}

function job(collectors: Collector[], failures: string[] = []): HostJob {
  let seconds = 0;
  return new HostJob({
    collectors,
    labels: labelsFromRecord({ job: 'node', instance: 'web-01' }),
    finishLabels: (labels) => withLabel(labels, 'dc', 'eu'),
    reportsCollectors: true,
    elapsedSeconds: () => seconds++,
    onFailure: (collector, reason) => failures.push(`${collector}: ${reason}`),
  });
}

t.test(
  'HostJob gives samples with target labels, report series and collector results',
  async (t) => {
    const collector: Collector = { name: 'x', collect: (out) => out.write(GAUGE, 7, ['sda']) };
    const host = job([collector]);
    const columns = await host.collect(1000);
    t.ok(columns.timestampsMs.every((ms) => ms === 1000));
    const found = samples(columns);
    const own = 'dc="eu", instance="web-01", job="node"';
    t.equal(found.get(`node_x{dc="eu", device="sda", instance="web-01", job="node"}`), 7);
    t.equal(found.get(`up{${own}}`), 1);
    t.equal(found.get(`scrape_samples_scraped{${own}}`), 3);
    t.equal(found.get(`scrape_series_added{${own}}`), 3);
    t.equal(found.get(`node_scrape_collector_success{collector="x", ${own}}`), 1);
    t.match(host.metadata(), [{ metric: 'node_x', type: 'gauge', help: 'X.' }]);
  },
);

t.test('HostJob keeps the others going when a collector fails, and says so once', async (t) => {
  const failures: string[] = [];
  let isBroken = true;
  const collectors: Collector[] = [
    {
      name: 'broken',
      collect() {
        if (isBroken) throw new Error('no file');
      },
    },
    {
      name: 'none',
      async collect() {
        throw new NothingToCollect('not here');
      },
    },
    { name: 'x', collect: (out) => out.write(GAUGE, 1, ['sda']) },
  ];
  const host = job(collectors, failures);
  await host.collect(1000);
  const found = samples(await host.collect(2000));
  const success = (name: string) =>
    found.get(
      `node_scrape_collector_success{collector="${name}", dc="eu", instance="web-01", job="node"}`,
    );
  t.strictSame([success('broken'), success('none'), success('x')], [0, 0, 1]);
  t.strictSame(failures, ['broken: no file']);
  isBroken = false;
  await host.collect(3000);
  isBroken = true;
  await host.collect(4000);
  t.equal(failures.length, 2, 'a new failure after a success is told again');
});

t.test('HostJob ends series of a device that is gone, and all at the end', async (t) => {
  let devices = ['sda', 'sdb'];
  const collector: Collector = {
    name: 'x',
    collect(out) {
      for (const device of devices) out.write(GAUGE, 1, [device]);
    },
  };
  const host = job([collector]);
  await host.collect(1000);
  devices = ['sda'];
  const series = (device: string) =>
    `node_x{dc="eu", device="${device}", instance="web-01", job="node"}`;
  const second = samples(await host.collect(2000));
  t.equal(second.get(series('sdb')), 'stale');
  devices = ['sda', 'sdb'];
  t.equal(samples(await host.collect(3000)).get(series('sdb')), 1);
  const last = samples(host.end(4000));
  t.ok([...last.values()].every((value) => value === 'stale'));
  t.equal(last.size, 2 + 2 + 5);
});
