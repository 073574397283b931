/**
 * Series for tests of blocks, and a naive reading of them to compare with.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlockReader } from '@mon/storage/block/block-reader';
import type { BlockSelection } from '@mon/storage/block/block-selection';
import type { BlockSeries } from '@mon/storage/block/block-series';
import { type WriteBlockOptions, writeBlock } from '@mon/storage/block/block-writer';
import { shardHash, shardOf } from '@mon/storage/index/series-hash';
import { compareSeries } from '@mon/storage/index/series-order';
import { type Labels, labelsFromRecord, labelsKey } from '@mon/storage/model/labels';
import { labelsTest } from '@mon/storage/model/matcher';
import { bitsOf } from '@mon/storage/model/sample';
import { DEFAULT_TENANT, type TenantId, tenantId } from '@mon/storage/model/tenant';
import type { Test } from 'tap';
import type { Random } from '../encoding/seeded-random.ts';

export const KEY = Uint8Array.from({ length: 16 }, (_, i) => i);
export const HOUR_MS = 3_600_000;
export const SLOT_MS = 2 * HOUR_MS;
export const START_MS = Date.UTC(2026, 0, 5, 7);

export function temporaryFolder(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'mon-block-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export function seriesOf(
  record: Record<string, string>,
  timestampsMs: Float64Array,
  values: Float64Array | ((i: number) => number),
  tenant: TenantId = DEFAULT_TENANT,
): BlockSeries {
  const labels = labelsFromRecord(record);
  return {
    tenant,
    labels,
    shardHash: shardHash(KEY, tenant, labels),
    timestampsMs,
    values:
      typeof values === 'function' ? Float64Array.from(timestampsMs, (_, i) => values(i)) : values,
  };
}

export const sorted = (series: readonly BlockSeries[]): BlockSeries[] =>
  [...series].sort((a, b) => compareSeries(a.tenant, a.labels, b.tenant, b.labels));

export function times(startMs: number, count: number, stepMs = 15_000): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => startMs + i * stepMs);
}

/** Writes and opens a block in a folder of its own. */
export async function openedBlock(
  t: Test,
  series: readonly BlockSeries[],
  options: Partial<WriteBlockOptions> = {},
): Promise<BlockReader> {
  const dir = join(temporaryFolder(t), '00000001');
  await writeBlock({
    dir,
    hashKey: KEY,
    slotWidthMs: SLOT_MS,
    generations: { min: 1, max: 1 },
    sources: [],
    series: sorted(series),
    ...options,
  });
  const block = await BlockReader.open(dir);
  t.teardown(() => block.close());
  return block;
}

/** Series of several tenants, some of whose scrapes share timestamps, with histograms and churn. */
export function randomSeries(random: Random, hosts: number): BlockSeries[] {
  const series: BlockSeries[] = [];
  for (let h = 0; h < hosts; h++) {
    const tenant = tenantId(random.pick(['default', 'a', 'team-b']));
    const host = { host: `host_${h}`, region: random.pick(['eu', 'us', '']), job: 'node' };
    const from = START_MS - random.below(20) * HOUR_MS + random.below(15_000);
    const stamps = times(from, 1 + random.below(900), random.pick([1000, 15_000, 60_000]));
    for (let i = 1; i < stamps.length; i++) stamps[i] = (stamps[i] as number) + random.below(5);
    const add = (record: Record<string, string>, of: (i: number) => number) =>
      series.push(seriesOf({ ...host, ...record }, stamps, of, tenant));
    add({ __name__: 'up' }, () => 1);
    add({ __name__: 'temperature' }, () => random.next() * 40);
    for (const mode of ['user', 'system', 'idle', 'grün'].slice(random.below(4))) {
      add({ __name__: 'cpu', mode }, () => Math.round(random.next() * 1e4) / 100);
    }
    const requests = random.below(50);
    for (let b = 0; b < random.below(80); b++) {
      add({ __name__: 'latency_bucket', le: `${b / 8}` }, (i) => i * requests * b);
    }
    // A series that is there for a short time only.
    const end = stamps.length - random.below(stamps.length);
    const short = stamps.slice(random.below(end), end);
    if (short.length > 0) {
      series.push(seriesOf({ ...host, __name__: 'short', pod: `${h}` }, short, (i) => -i, tenant));
    }
  }
  return series;
}

export const bitText = (values: Float64Array): string =>
  Buffer.from(bitsOf(values).slice().buffer).toString('base64');

/** What a selection gives, as text by series, so that answers can be compared. */
export type Answer = Map<string, string>;

const sampleText = (timestampsMs: Float64Array, values: Float64Array) =>
  `${[...timestampsMs].join()} ${bitText(values)}`;

export async function answerOf(block: BlockReader, selection: BlockSelection): Promise<Answer> {
  const answer: Answer = new Map();
  for await (const batch of block.select(selection)) {
    batch.labels.forEach((labels, i) => {
      const column = batch.timestampColumns[batch.timestampColumn[i] as number] as Float64Array;
      const values = batch.values.subarray(batch.valueOffsets[i], batch.valueOffsets[i + 1]);
      const key = labelsKey(labels);
      if (answer.has(key)) throw new Error(`${key} came twice`);
      answer.set(key, sampleText(column, values));
    });
  }
  return answer;
}

/** The series that a selection is about, cut to its time, by looking at each. */
export function naive(series: readonly BlockSeries[], selection: BlockSelection): BlockSeries[] {
  const { startMs, endMs, shard, tenant } = selection;
  const test = labelsTest(selection.matchers);
  return series.flatMap((one) => {
    if (one.tenant !== tenant || !test(one.labels)) return [];
    if (shardOf(one.shardHash, shard.count) !== shard.index) return [];
    const kept = [...one.timestampsMs.keys()].filter((i) => {
      const at = one.timestampsMs[i] as number;
      return at >= startMs && at <= endMs;
    });
    if (kept.length === 0) return [];
    const [from, to] = [kept[0] as number, (kept.at(-1) as number) + 1];
    const timestampsMs = one.timestampsMs.slice(from, to);
    return [{ ...one, timestampsMs, values: one.values.slice(from, to) }];
  });
}

export function naiveAnswer(series: readonly BlockSeries[], selection: BlockSelection): Answer {
  return new Map(
    naive(sorted(series), selection).map((one) => [
      labelsKey(one.labels),
      sampleText(one.timestampsMs, one.values),
    ]),
  );
}

export const everything = (overrides: Partial<BlockSelection> = {}): BlockSelection => ({
  tenant: DEFAULT_TENANT,
  matchers: [],
  startMs: -(2 ** 53),
  endMs: 2 ** 53,
  shard: { index: 0, count: 1 },
  ...overrides,
});

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

export const labelTexts = (list: readonly Labels[]): string[] => list.map(labelsKey).sort();
