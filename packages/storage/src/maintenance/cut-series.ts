/**
 * The series of a frozen generation of all shards, in block order, each once: what goes into the
 * directory of a cut. One page of each shard is in memory, and the next on its way.
 */
import { BinaryHeap } from '../block/binary-heap.ts';
import type { BlockSeries } from '../block/block-series.ts';
import { compareSeries } from '../index/series-order.ts';
import { METRIC_NAME } from '../model/labels.ts';
import { laneRun } from '../model/queryable.ts';
import type { TenantId } from '../model/tenant.ts';
import { SeriesPageReader } from '../querier/series-page.ts';
import type { CutCalls, CutSize, NoCalls } from '../shard/shard-messages.ts';
import type { CallPort } from '../threads/call-port.ts';

export type ShardCutPort = CallPort<CutCalls, NoCalls>;

/** What all shards together froze. */
export async function cutSize(
  ports: readonly ShardCutPort[],
  generation: number,
): Promise<CutSize> {
  const sizes = await Promise.all(ports.map((port) => port.call('begin', generation)));
  return sizes.reduce((sum, size) => ({
    series: sum.series + size.series,
    samples: sum.samples + size.samples,
    spanMs: sum.spanMs + size.spanMs,
  }));
}

interface Input {
  readonly series: AsyncGenerator<BlockSeries>;
  readonly current: BlockSeries;
}

/** After `cutSize`, which began the cut in every shard. */
export async function* cutSeries(ports: readonly ShardCutPort[]): AsyncGenerator<BlockSeries> {
  const heap = new BinaryHeap<Input>(({ current: a }, { current: b }) =>
    compareSeries(a.tenant, a.labels, b.tenant, b.labels),
  );
  const advance = async (series: AsyncGenerator<BlockSeries>) => {
    const { value, done } = await series.next();
    if (!done) heap.push({ series, current: value });
  };
  const names = new Map([METRIC_NAME, 'le'].map((name) => [name, name] as const));
  for (const port of ports) await advance(seriesOfShard(port, names));
  for (let top = heap.pop(); top !== undefined; top = heap.pop()) {
    yield top.current;
    await advance(top.series);
  }
}

async function* seriesOfShard(
  port: ShardCutPort,
  names: Map<string, string>,
): AsyncGenerator<BlockSeries> {
  const reader = new SeriesPageReader(names);
  let ahead = port.call('nextPage', null);
  for (;;) {
    const cut = await ahead;
    if (cut === null) return;
    ahead = port.call('nextPage', null);
    const batch = reader.read(cut.page);
    const lane = batch.histograms;
    for (let i = 0; i < batch.labels.length; i++) {
      const exemplars = cut.exemplars.get(i);
      const column = batch.timestampColumn[i] as number;
      yield {
        tenant: cut.tenants[i] as TenantId,
        labels: batch.labels[i] as string[],
        shardHash: cut.shardHashes[i] as number,
        fingerprint: [cut.fingerprints[2 * i] as number, cut.fingerprints[2 * i + 1] as number],
        timestampsMs: batch.timestampColumns[column] as Float64Array,
        values: batch.values.subarray(batch.valueOffsets[i], batch.valueOffsets[i + 1]),
        ...(lane === undefined ? {} : { histograms: laneRun(lane, i) }),
        ...(exemplars === undefined ? {} : { exemplars }),
      };
    }
  }
}
