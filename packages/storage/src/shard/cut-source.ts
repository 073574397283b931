/**
 * A frozen generation on its way to maintenance: its series in block order, page by page, each page
 * made when it is asked for.
 */
import type { Generation } from '../head/generation.ts';
import { ANY_TIME, type Head } from '../head/head.ts';
import { SampleBuffer } from '../head/sample-buffer.ts';
import { sortSeries } from '../head/sort-series.ts';
import { assert } from '../model/assert.ts';
import type { Exemplar } from '../model/exemplar.ts';
import { NO_HISTOGRAMS } from '../model/histogram-run.ts';
import { EMPTY_LABELS } from '../model/labels.ts';
import type { TenantId } from '../model/tenant.ts';
import { BatchBuilder } from '../querier/batch-builder.ts';
import { pageBuffers, SeriesPageWriter } from '../querier/series-page.ts';
import { Transferred } from '../threads/call-port.ts';
import { WorkSlice } from '../threads/work-slice.ts';
import { CutLabels } from './cut-labels.ts';
import type { CutPage, CutSize } from './shard-messages.ts';

/** Refs looked at between two looks at the clock. */
const REFS_PER_CHECK = 64;
/** The same where a look at a ref is all there is to do. */
const REFS_PER_LOOK = 4096;
/** Series whose time span is measured; the others are taken to be like them. */
const SERIES_MEASURED = 256;

export class CutSource {
  readonly #head: Head;
  #pages: AsyncGenerator<CutPage, undefined> | undefined;

  constructor(head: Head) {
    this.#head = head;
  }

  /** Begins with a frozen generation, from its start if it has begun before. */
  async begin(number: number): Promise<CutSize> {
    const generation = this.#head.frozen.find((frozen) => frozen.number === number);
    assert(generation !== undefined, `generation ${number} is not frozen`);
    const refs = await seriesOf(this.#head, generation);
    this.#pages = cutPages(this.#head, generation, refs);
    return sizeOf(this.#head, generation, refs);
  }

  async next(): Promise<Transferred<CutPage | null>> {
    assert(this.#pages !== undefined, 'a cut has not begun');
    const { value } = await this.#pages.next();
    if (value === undefined) return new Transferred(null, []);
    return new Transferred(value, pageBuffers(value.page));
  }
}

async function* cutPages(
  head: Head,
  generation: Generation,
  refs: Uint32Array,
): AsyncGenerator<CutPage, undefined> {
  const slice = new WorkSlice();
  const writer = new SeriesPageWriter();
  const builder = new BatchBuilder();
  const labels = new CutLabels(head.series);
  const samples = new SampleBuffer();
  let tenants: TenantId[] = [];
  let shardHashes: number[] = [];
  let fingerprints: number[] = [];
  let exemplars = new Map<number, readonly Exemplar[]>();
  const takePage = (): CutPage => {
    const page = writer.write(builder.take(), labels.take());
    const hashes = {
      shardHashes: Uint32Array.from(shardHashes),
      fingerprints: Uint32Array.from(fingerprints),
    };
    const taken = { page, tenants, ...hashes, exemplars };
    fingerprints = [];
    exemplars = new Map();
    tenants = [];
    shardHashes = [];
    return taken;
  };
  let step = 0;
  for (const ref of sortSeries(head.series, refs)) {
    if ((ref === undefined || step++ % REFS_PER_CHECK === 0) && slice.isOver) await slice.pause();
    if (ref === undefined) continue;
    const hasLate = generation.late.count(ref) > 0;
    const columns = hasLate ? samples : head.decoded;
    const count = hasLate
      ? head.read(generation, ref, { out: samples, at: 0 })
      : head.decode(generation, ref, ANY_TIME);
    const histograms = generation.lanes.histograms(ref)?.run() ?? NO_HISTOGRAMS;
    const some = generation.lanes.exemplars.of(ref);
    if (some.length > 0) exemplars.set(tenants.length, some);
    labels.add(ref);
    builder.add(EMPTY_LABELS, columns, { from: 0, to: count, histograms });
    tenants.push(head.series.tenant(ref));
    shardHashes.push(head.series.shardHash(ref));
    fingerprints.push(...head.series.fingerprint(ref));
    if (builder.isFull) yield takePage();
  }
  if (builder.seriesCount > 0) yield takePage();
}

/** Refs of all series with samples in a generation. */
async function seriesOf(head: Head, generation: Generation): Promise<Uint32Array> {
  const slice = new WorkSlice();
  // Refs given out meanwhile have nothing in a frozen generation.
  const refs = new Uint32Array(head.series.refsEnd);
  let count = 0;
  for (let ref = 0; ref < refs.length; ref++) {
    if (head.has(generation, ref)) refs[count++] = ref;
    if (ref % REFS_PER_LOOK === 0 && slice.isOver) await slice.pause();
  }
  return refs.subarray(0, count);
}

function sizeOf(head: Head, generation: Generation, refs: Uint32Array): CutSize {
  const out = new SampleBuffer();
  const step = Math.max(1, Math.floor(refs.length / SERIES_MEASURED));
  let measured = 0;
  let spanMs = 0;
  for (let i = 0; i < refs.length; i += step) {
    const count = head.read(generation, refs[i] as number, { out, at: 0 });
    measured++;
    if (count === 0) continue;
    spanMs += (out.timestampsMs[count - 1] as number) - (out.timestampsMs[0] as number);
  }
  const meanMs = measured === 0 ? 0 : spanMs / measured;
  return {
    series: refs.length,
    samples: generation.samples,
    spanMs: meanMs * refs.length,
  };
}
