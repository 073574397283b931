/**
 * Series like those of a small fleet, for benchmarks: what a node exporter, a web service with two
 * histograms and a few sensors say, scraped together with some ms of jitter. Seeded, so that two
 * runs measure the same.
 */
import type { BlockSeries } from '@mon/storage/block/block-series';
import { shardHash } from '@mon/storage/index/series-hash';
import { compareSeries } from '@mon/storage/index/series-order';
import { labelsFromRecord } from '@mon/storage/model/labels';
import { DEFAULT_TENANT } from '@mon/storage/model/tenant';
import { type Random, randomFrom } from '../storage/encoding/seeded-random.ts';

export const HASH_KEY: Uint8Array = Uint8Array.from({ length: 16 }, (_, i) => i);

/** What a series does: the next value after `value`, at the scrape `n`. */
type Step = (value: number, random: Random, n: number) => number;

interface Metric {
  readonly name: string;
  readonly first: (random: Random) => number;
  readonly step: Step;
}

const BOUNDS = ['0.01', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '+Inf'];

const bell = (random: Random) => random.next() + random.next() + random.next() + random.next() - 2;
const round = (value: number, digits: number) => Number(value.toFixed(digits));

const gauge = (name: string, spread: number, digits: number): Metric => ({
  name,
  first: (random) => round(random.next() * 50 * spread, digits),
  step: (value, random) => round(Math.abs(value + bell(random) * spread), digits),
});

const counter = (name: string, mean: number, quiet: number, unit = 1): Metric => ({
  name,
  first: (random) => unit * random.below(1_000_000),
  step: (value, random) =>
    random.next() < quiet
      ? value
      : value + unit * Math.floor(4 * mean * random.next() * random.next()),
});

const still = (name: string): Metric => ({
  name,
  first: (random) => random.below(1000),
  step: (value) => value,
});

const METRICS: readonly Metric[] = [
  ...['user', 'system', 'idle', 'iowait'].map((mode) => gauge(`cpu_${mode}_percent`, 2, 2)),
  ...['nice', 'steal'].map((mode) => counter(`cpu_${mode}_seconds_total`, 1, 0.7)),
  gauge('memory_used_pages', 800, 0),
  { ...gauge('memory_cached_bytes', 1, 0), step: (_, random) => 4096 * random.below(90_000) },
  counter('disk_read_bytes_total', 40, 0.1, 4096),
  counter('disk_written_bytes_total', 900, 0.85, 4096),
  counter('network_received_bytes_total', 3_000_000, 0.1),
  counter('network_sent_packets_total', 2500, 0.1),
  ...['200', '301', '404', '500'].map((code, i) =>
    counter(`requests_${code}_total`, [60, 8, 2, 0.3][i] as number, 0.05),
  ),
  gauge('open_files', 3, 0),
  gauge('load1', 0.3, 2),
  ...['up', 'cores', 'boot_time_seconds'].map(still),
  {
    name: 'temperature_celsius',
    first: () => 55,
    step: (_, random) => 55 + 9 * Math.sin(random.next() * 6.3),
  },
];

/**
 * One sample of each series of `hosts` hosts at each of `scrapes` scrapes 15 s apart, in block order.
 *
 * @param startMs time of the first scrape
 */
export function hostSeries(hosts: number, scrapes: number, startMs: number): BlockSeries[] {
  const series: BlockSeries[] = [];
  for (let host = 0; host < hosts; host++) {
    const random = randomFrom(host + 1);
    const offsetMs = random.below(15_000);
    const timestampsMs = Float64Array.from(
      { length: scrapes },
      (_, n) => startMs + n * 15_000 + offsetMs + random.below(6),
    );
    const add = (record: Record<string, string>, values: Float64Array) => {
      const labels = labelsFromRecord({
        instance: `10.0.${host >> 8}.${host & 255}:9100`,
        job: 'node',
        region: `region-${host % 7}`,
        team: `team-${host % 4}`,
        ...record,
      });
      const hash = shardHash(HASH_KEY, DEFAULT_TENANT, labels);
      series.push({ tenant: DEFAULT_TENANT, labels, shardHash: hash, timestampsMs, values });
    };
    for (const { name, first, step } of METRICS) {
      const values = new Float64Array(scrapes);
      let value = first(random);
      for (let n = 0; n < scrapes; n++) values[n] = value = step(value, random, n);
      add({ __name__: name }, values);
    }
    for (const handler of ['/items', '/orders']) addHistogram(handler, scrapes, random, add);
  }
  return series.sort((a, b) => compareSeries(a.tenant, a.labels, b.tenant, b.labels));
}

function addHistogram(
  handler: string,
  scrapes: number,
  random: Random,
  add: (record: Record<string, string>, values: Float64Array) => void,
): void {
  const buckets = BOUNDS.map(() => new Float64Array(scrapes));
  const sums = new Float64Array(scrapes);
  const totals = BOUNDS.map(() => 0);
  let sum = 0;
  for (let n = 0; n < scrapes; n++) {
    let below = 0;
    for (const [b, column] of buckets.entries()) {
      const hits = Math.floor(random.next() * 12 * Math.exp(-((b - 3) ** 2) / 6) + random.next());
      below += hits;
      totals[b] = (totals[b] as number) + below;
      column[n] = totals[b] as number;
      sum += hits * (b + random.next()) * 0.37;
    }
    sums[n] = sum;
  }
  const name = 'request_duration_seconds';
  for (const [b, column] of buckets.entries()) {
    add({ __name__: `${name}_bucket`, handler, le: BOUNDS[b] as string }, column);
  }
  add({ __name__: `${name}_count`, handler }, buckets.at(-1) as Float64Array);
  add({ __name__: `${name}_sum`, handler }, sums);
}
