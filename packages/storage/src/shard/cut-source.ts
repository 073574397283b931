/**
 * A frozen generation on its way to maintenance: its series in block order, page by page, each page
 * made when it is asked for.
 */
import type { Generation } from '../head/generation.ts';
import type { Head } from '../head/head.ts';
import { SampleBuffer } from '../head/sample-buffer.ts';
import { sortSeries } from '../head/sort-series.ts';
import type { TenantId } from '../model/tenant.ts';
import { BatchBuilder } from '../querier/batch-builder.ts';
import { SeriesPageWriter } from '../querier/series-page.ts';
import { WorkSlice } from '../threads/work-slice.ts';
import type { CutPage } from './shard-messages.ts';

/** Refs looked at between two looks at the clock. */
const REFS_PER_CHECK = 64;

export async function* cutPages(head: Head, generation: Generation): AsyncGenerator<CutPage> {
  const slice = new WorkSlice();
  const writer = new SeriesPageWriter();
  const builder = new BatchBuilder();
  const samples = new SampleBuffer();
  let tenants: TenantId[] = [];
  let shardHashes: number[] = [];
  const takePage = () => {
    const page = { page: writer.write(builder.take()), tenants, shardHashes };
    tenants = [];
    shardHashes = [];
    return { ...page, shardHashes: Uint32Array.from(page.shardHashes) };
  };
  let step = 0;
  for (const ref of sortSeries(head.series, seriesOf(head, generation))) {
    if ((ref === undefined || step++ % REFS_PER_CHECK === 0) && slice.isOver) await slice.pause();
    if (ref === undefined) continue;
    const count = head.read(generation, ref, { out: samples, at: 0 });
    builder.add(head.series.labels(ref), samples, 0, count);
    tenants.push(head.series.tenant(ref));
    shardHashes.push(head.series.shardHash(ref));
    if (builder.isFull) yield takePage();
  }
  if (builder.seriesCount > 0) yield takePage();
}

/** Refs of all series with samples in a generation. */
function seriesOf(head: Head, generation: Generation): Uint32Array {
  const refs: number[] = [];
  for (let ref = 0; ref < generation.counts.length; ref++) {
    if (head.has(generation, ref)) refs.push(ref);
  }
  return Uint32Array.from(refs);
}
