/**
 * What a new series costs, by part: CPU nanoseconds and bytes. Run by hand: `node
 * test/bench/new-series.ts [hosts]`; a host has 100 series of 13 labels.
 */
import { SERIES_ROW_WORDS, SeriesTable } from '@mon/storage/head/series-table';
import { writeCanonicalLabels } from '@mon/storage/index/canonical-labels';
import { LABEL_PAIR_BYTES, type LabelsKernel } from '@mon/storage/index/labels-kernel';
import { SHARD_TAG } from '@mon/storage/index/series-hash';
import { loadKernel } from '@mon/storage/memory/load-kernel';
import { PAGE_BYTES, ShardMemory } from '@mon/storage/memory/shard-memory';
import { checkLabelPairs } from '@mon/storage/model/label-rules';
import { tenantId } from '@mon/storage/model/tenant';

const HOSTS = Number(process.argv[2] ?? 1000);
const PER_HOST = 100;
const TENANT = tenantId('default');
const KEY = new Uint8Array(16).fill(7);
const ROW_BYTES = 4 * SERIES_ROW_WORDS;

/** Labels of one series, in another order than by name where sent. */
function labelsOf(host: number, series: number): string[] {
  const shared = ['arch', 'x64', 'datacenter', `eu-west-1${'abc'[host % 3]}`];
  shared.push('hostname', `host-${host}`, 'instance', `10.0.${host >> 8}.${host & 255}:9100`);
  shared.push(
    'job',
    'node',
    'os',
    'Ubuntu16.04LTS',
    'rack',
    String(host % 97),
    'region',
    'eu-west-1',
  );
  shared.push('service', `service-${host % 20}`, 'service_environment', 'production');
  shared.push('service_version', '1', 'team', 'SF');
  const metric = `metric_${series % 25}_bytes_total`;
  return ['__name__', metric, ...shared, 'device', `nvme${series / 25}`];
}

function protobuf(labels: readonly string[]): Buffer {
  const fields: Buffer[] = [];
  for (let i = 0; i < labels.length; i += 2) {
    const [name, value] = [Buffer.from(labels[i] as string), Buffer.from(labels[i + 1] as string)];
    fields.push(Buffer.from([0x0a, name.length + value.length + 4, 0x0a, name.length]), name);
    fields.push(Buffer.from([0x12, value.length]), value);
  }
  return Buffer.concat(fields);
}

/** CPU nanoseconds a series. */
function timed(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / (HOSTS * PER_HOST);
}

const memory = new ShardMemory();
const labels = loadKernel<LabelsKernel>('labels', memory.memory);
const input = memory.allocate(16);
const pairs = memory.allocate();
const out = memory.allocate(16);
const rows = memory.allocate();
const scratch = memory.allocate(8);
const table = new SeriesTable(KEY, memory);
const prefix = Buffer.from([SHARD_TAG, ...Buffer.from(TENANT), 0xff]);
memory.bytes.set(prefix, scratch);
memory.bytes.set(KEY, scratch + 64);

let read = 0;
let found = 0;
let added = 0;
let strings = 0;
let sample = 0;
const usedBefore = memory.bytesUsed;
for (let host = 0; host < HOSTS; host++) {
  const sent = Array.from({ length: PER_HOST }, (_, i) => labelsOf(host, i));
  const encoded = sent.map(protobuf);
  const starts: number[] = [];
  let at = input;
  for (const series of encoded) {
    starts.push(at);
    memory.bytes.set(series, at);
    at += series.length;
  }
  starts.push(at);
  read += timed(() => {
    const { words } = table.space;
    let to = out;
    for (let i = 0; i < PER_HOST; i++) {
      const count = labels.readProtobufLabels(
        starts[i] as number,
        starts[i + 1] as number,
        pairs,
        64,
      );
      const bytes = labels.canonicalLabels(pairs, count, to, out + 16 * PAGE_BYTES);
      const row = (rows + ROW_BYTES * i) / 4;
      words[row] = to;
      words[row + 1] = bytes;
      words[row + 2] = labels.shardHash(
        ...([scratch + 64, scratch, prefix.length] as const),
        ...([to, to + bytes, scratch + 128] as const),
      );
      to += bytes;
    }
  });
  found += timed(() => table.findRows(TENANT, rows, PER_HOST));
  added += timed(() => table.addRows(TENANT, rows, PER_HOST));
  const buffer = Buffer.alloc(100_000);
  strings += timed(() => {
    for (const pairsSent of sent) {
      const check = checkLabelPairs(pairsSent);
      if (check.kind === 'labels') sample += writeCanonicalLabels(check.labels, buffer, 0);
    }
  });
}
const series = HOSTS * PER_HOST;
console.table({
  'labels read, sorted, checked, hashed (ns)': Math.round(read),
  'fingerprint and look-up (ns)': Math.round(found),
  'added to the table (ns)': Math.round(added),
  'the same labels checked and encoded as strings (ns)': Math.round(strings),
  'bytes of labels': Math.round(sample / series),
  'label pair bytes sent': LABEL_PAIR_BYTES,
  'table (bytes a series)': Math.round(table.bytes / series),
  'memory (bytes a series)': Math.round((memory.bytesUsed - usedBefore) / series),
});
