/**
 * Writes a block: series in order in, a sealed directory out.
 *
 * Series come by one after the other, keys go to LevelDB ascending, and the two orders differ (a
 * slot holds all series): everything passes through a KeySorter, which sorts outside of memory.
 * What stays in memory is bounded but for the distinct label pairs and the postings' runs (see
 * PairDictionary, PostingsBuilder). Format: docs/formats/block.md.
 */
import { type ChunkAggregates, encodeAggregates } from '../chunk/chunk-aggregates.ts';
import { encodeColumnHead, type ValueColumn } from '../chunk/column-group.ts';
import { type EncodedSeries, SeriesEncoder } from '../chunk/encoded-series.ts';
import { GroupFormer } from '../chunk/group-former.ts';
import { encodeTimestampHead, type TimestampColumn } from '../chunk/timestamp-page.ts';
import { TimestampTable } from '../chunk/timestamp-table.ts';
import { ByteWriter } from '../encoding/byte-writer.ts';
import type { HashKey } from '../encoding/siphash.ts';
import { isDiskFull } from '../files/file-actions.ts';
import type { Files } from '../files/files.ts';
import { nodeFiles } from '../files/node-files.ts';
import type { FinalPages } from '../index/final-pages.ts';
import { encodeLabelPage } from '../index/label-page.ts';
import { IndexPageBuilder } from '../index/page-builder.ts';
import { encodePostingsPage } from '../index/postings-page.ts';
import { seriesFingerprint } from '../index/series-hash.ts';
import { compareSeries } from '../index/series-order.ts';
import { encodeSeriesPage } from '../index/series-page.ts';
import { encodeTenantCatalog } from '../index/tenant-catalog.ts';
import { LevelDatabase, type LevelWrite } from '../kv/level-database.ts';
import { assert } from '../model/assert.ts';
import { MonError, reasonOf } from '../model/error.ts';
import { labelValue } from '../model/labels.ts';
import { type BlockHeader, encodeHeader, tenantHash } from './block-header.ts';
import {
  aggregatesKey,
  BEYOND_KEYS,
  type BlockKind,
  columnsKey,
  HEADER_KEY,
  KIND,
  pageKey,
  tenantKey,
  timestampsKey,
} from './block-key.ts';
import type { BlockSeries, BlockSummary, GenerationRange } from './block-series.ts';
import { beginValue, endValue } from './block-value.ts';
import { KeySorter } from './key-sorter.ts';
import { LaneWriter, seenRange } from './lane-writer.ts';

/** Entries that the sorter holds in memory. */
const SORTER_BYTES_MAX = 32 * 1024 * 1024;
/** Bytes of one LevelDB batch. */
const BATCH_BYTES = 1024 * 1024;

export interface WriteBlockOptions {
  /** Not there yet; `<dir>.spill` beside it is used meanwhile. */
  readonly dir: string;
  readonly hashKey: HashKey;
  readonly slotWidthMs: number;
  readonly generations: GenerationRange;
  /** Ids of the blocks that go into this one; empty for a cut. */
  readonly sources: readonly string[];
  /** In `compareSeries` order, each once. */
  readonly series: AsyncIterable<BlockSeries> | Iterable<BlockSeries>;
  readonly signal?: AbortSignal;
  readonly files?: Files;
}

/**
 * Writes and seals a block; it is durable when this resolves, and counts when the manifest lists
 * it.
 *
 * @returns undefined where there was no series; then there is no directory either. After an error
 *   nothing is left of it.
 * @throws MonError `disk-full`, `bad-database`; the signal's reason when it aborts
 */
export async function writeBlock(options: WriteBlockOptions): Promise<BlockSummary | undefined> {
  const writing = new BlockWriting(options);
  try {
    for await (const series of options.series) {
      options.signal?.throwIfAborted();
      writing.add(series);
    }
    return await writing.finish();
  } catch (error) {
    const failure = writeFailure(options.dir, error);
    removeUnlisted(options.files ?? nodeFiles, options.dir);
    throw failure;
  } finally {
    writing.close();
  }
}

/** The file system's error as one that says what to do; any other as it is. */
function writeFailure(dir: string, error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error)) return error;
  const isFull = isDiskFull(error);
  return new MonError({
    code: isFull ? 'disk-full' : 'bad-database',
    what: `Cannot write block ${dir}`,
    why: reasonOf(error),
    mend: isFull
      ? 'Free space on the disk of the data directory; mon goes on by itself.'
      : 'Check rights and the disk; the samples stay in the log, and the cut is tried again.',
    retryable: true,
    cause: error,
  });
}

function removeUnlisted(files: Files, dir: string): void {
  try {
    files.remove(dir);
  } catch {
    // What no manifest lists is removed at the next start.
  }
}

class BlockWriting {
  readonly #options: WriteBlockOptions;
  readonly #sorter: KeySorter;
  readonly #table: TimestampTable;
  readonly #encoder: SeriesEncoder;
  readonly #lanes: LaneWriter;
  readonly #former: GroupFormer;
  readonly #index: IndexPageBuilder;
  readonly #out = new ByteWriter(64 * 1024);
  /** Groups with values, by slot. */
  readonly #slotGroups = new Map<number, number>();
  #last: BlockSeries | undefined;
  #samples = 0;
  #spanMs = 0;
  #minTimeMs = Number.POSITIVE_INFINITY;
  #maxTimeMs = Number.NEGATIVE_INFINITY;

  constructor(options: WriteBlockOptions) {
    this.#options = options;
    const { dir, files = nodeFiles } = options;
    this.#sorter = new KeySorter({ path: `${dir}.spill`, bytesMax: SORTER_BYTES_MAX, files });
    this.#table = new TimestampTable(options.hashKey, (slot, page, columns) =>
      this.#addTimestampPage(slot, page, columns),
    );
    this.#encoder = new SeriesEncoder(options.slotWidthMs, this.#table);
    this.#lanes = new LaneWriter({
      slotWidthMs: options.slotWidthMs,
      table: this.#table,
      put: (key, value) => this.#sorter.add(key, value),
    });
    this.#former = new GroupFormer((group) => this.#addGroup(group));
    // Pending pages sort among the final values and take their form while these go out.
    this.#index = new IndexPageBuilder((page, pending) =>
      this.#sorter.add(pageKey(KIND.series, page), pending),
    );
  }

  add(series: BlockSeries): void {
    const { tenant, labels, shardHash, timestampsMs, values } = series;
    const last = this.#last;
    assert(
      last === undefined || compareSeries(last.tenant, last.labels, tenant, labels) < 0,
      'series of a block are not in order',
    );
    assert(timestampsMs.length === values.length, 'a series of a block has uneven columns');
    this.#last = series;
    const { firstMs: firstSeenMs, lastMs: lastSeenMs } = seenRange(series);
    assert(Number.isFinite(firstSeenMs), 'a series of a block has nothing in it');
    this.#samples += timestampsMs.length + (series.histograms?.timestampsMs.length ?? 0);
    this.#spanMs += lastSeenMs - firstSeenMs;
    this.#minTimeMs = Math.min(this.#minTimeMs, firstSeenMs);
    this.#maxTimeMs = Math.max(this.#maxTimeMs, lastSeenMs);
    const follows = this.#former.joinsHistogram(series);
    const isBucket = labelValue(labels, 'le') !== '';
    const chunks = this.#encoder.encodeChunks(timestampsMs, values, { follows, isBucket });
    const lanes = this.#lanes.encode(series);
    const { hashKey } = this.#options;
    const fingerprint = series.fingerprint ?? seriesFingerprint(hashKey, tenant, labels);
    const seen = { firstSeenMs, lastSeenMs };
    this.#former.add({ tenant, labels, shardHash, fingerprint, ...seen, chunks, lanes });
  }

  #addGroup(group: readonly EncodedSeries[]): void {
    const bySlot = new Map<number, ColumnOfSlot[]>();
    group.forEach(({ chunks }, member) => {
      for (const { slot, values: bytes, ...chunk } of chunks) {
        const columns = bySlot.get(slot) ?? [];
        if (columns.length === 0) bySlot.set(slot, columns);
        columns.push({ member, bytes, ...chunk });
      }
    });
    const slots = Float64Array.from(bySlot.keys()).sort();
    const { tenant } = group[0] as EncodedSeries;
    const number = this.#index.addGroup({ tenant, slots, series: group });
    this.#lanes.addGroup(
      number,
      group.map(({ lanes }) => lanes),
    );
    for (const [slot, columns] of bySlot) {
      this.#addColumns(slot, number, columns);
      this.#slotGroups.set(slot, (this.#slotGroups.get(slot) ?? 0) + 1);
    }
  }

  #addColumns(slot: number, group: number, columns: readonly ColumnOfSlot[]): void {
    const out = this.#out;
    beginValue(KIND.columns, out);
    encodeColumnHead(columns, out);
    const headEnd = out.length;
    for (const { bytes } of columns) out.raw(bytes);
    const key = columnsKey(slot, group);
    this.#sorter.add(key, endValue(key, out, headEnd));
    this.#put(KIND.aggregates, aggregatesKey(slot, group), () => {
      out.varint(columns.length);
      let countBefore = 0;
      for (const { aggregates } of columns) {
        encodeAggregates(aggregates, countBefore, out);
        countBefore = aggregates.count;
      }
    });
  }

  #addTimestampPage(slot: number, page: number, columns: readonly TimestampColumn[]): void {
    const out = this.#out;
    beginValue(KIND.timestamps, out);
    encodeTimestampHead(columns, out);
    const headEnd = out.length;
    for (const { bytes } of columns) out.raw(bytes);
    const key = timestampsKey(slot, page);
    this.#sorter.add(key, endValue(key, out, headEnd));
  }

  async finish(): Promise<BlockSummary | undefined> {
    if (this.#last === undefined) return undefined;
    this.#former.finish();
    this.#table.finish();
    const header = this.#makeHeader();
    const index = this.#index.finish(header);
    const pairs = index.pairCount;
    this.#put(KIND.header, HEADER_KEY, () => encodeHeader({ ...header, pairs }, this.#out));
    this.#addIndexPages(index);
    const { minTimeMs, maxTimeMs, series, samples, generations } = header;
    const bytes = await this.#writeSorted(header, index);
    return { minTimeMs, maxTimeMs, series, samples, bytes, generations };
  }

  /** The header, but for the number of pairs. */
  #makeHeader(): BlockHeader {
    const used = new Set([...this.#slotGroups.keys(), ...this.#lanes.slots()]);
    const slots = Float64Array.from(used).sort();
    const hashes = this.#index.tenants.map(({ tenant }) => tenantHash(tenant));
    return {
      slotWidthMs: this.#options.slotWidthMs,
      minTimeMs: this.#minTimeMs,
      maxTimeMs: this.#maxTimeMs,
      // Of no use beyond an estimate of the interval, and not to break the number's form.
      spanMs: Math.min(this.#spanMs, Number.MAX_SAFE_INTEGER),
      series: this.#index.seriesCount,
      samples: this.#samples,
      groups: this.#index.groupCount,
      pairs: 0,
      generations: this.#options.generations,
      sources: this.#options.sources,
      tenantHashes: Uint32Array.from(hashes).sort(),
      slots,
      slotColumns: Uint32Array.from(slots, (slot) => this.#table.countOf(slot)),
      slotGroups: Uint32Array.from(slots, (slot) => this.#slotGroups.get(slot) ?? 0),
      lanes: this.#lanes.groups(slots),
    };
  }

  #addIndexPages(index: FinalPages): void {
    const catalogs = index.catalogs(this.#index.tenants);
    catalogs.forEach((catalog, i) => {
      const key = tenantKey(this.#index.tenants[i]?.tenant ?? '');
      this.#put(KIND.tenant, key, () => encodeTenantCatalog(catalog, this.#out));
    });
    for (let page = 0; page < index.pairPages; page++) {
      this.#put(KIND.labels, pageKey(KIND.labels, page), () =>
        encodeLabelPage(index.labelPage(page), this.#out),
      );
      this.#put(KIND.postings, pageKey(KIND.postings, page), () =>
        encodePostingsPage(index.postingsPage(page), this.#out),
      );
    }
  }

  #put(kind: BlockKind, key: Uint8Array, write: () => void): void {
    beginValue(kind, this.#out);
    write();
    this.#sorter.add(key, endValue(key, this.#out));
  }

  async #writeSorted(header: BlockHeader, index: FinalPages): Promise<number> {
    const database = await LevelDatabase.create(this.#options.dir, this.#options.files);
    try {
      let batch: LevelWrite[] = [];
      let bytes = 0;
      for (const entry of this.#sorter.drain()) {
        const { key } = entry;
        let { value } = entry;
        if (key[0] === KIND.series) {
          beginValue(KIND.series, this.#out);
          encodeSeriesPage(index.seriesPage(value), header, this.#out);
          value = endValue(key, this.#out);
        }
        batch.push({ type: 'put', key, value });
        bytes += key.length + value.length;
        if (bytes < BATCH_BYTES) continue;
        this.#options.signal?.throwIfAborted();
        await database.write(batch, 'buffered');
        batch = [];
        bytes = 0;
      }
      if (batch.length > 0) await database.write(batch, 'buffered');
      return await database.seal(BEYOND_KEYS);
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  close(): void {
    this.#sorter.close();
  }
}

interface ColumnOfSlot extends ValueColumn {
  readonly aggregates: ChunkAggregates;
}
