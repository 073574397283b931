/**
 * Reads what is intact of a damaged block, series by series, and names what is not.
 *
 * The readers of intact blocks do the reading. Where they throw, less is asked of them: the series
 * slot by slot, then half of them, then one alone, until what is lost is one chunk. So whatever the
 * format holds is salvaged by the code that reads it. Postings and aggregates are not needed: who
 * writes the series anew makes them anew.
 */
import type { BlockHeader } from '../block/block-header.ts';
import { KIND, parseKey } from '../block/block-key.ts';
import { BlockPages, PageCache } from '../block/block-pages.ts';
import type { BlockSeries, BlockSummary } from '../block/block-series.ts';
import { checkValue, contentOf } from '../block/block-value.ts';
import type { MatchedSeries } from '../block/matched-series.ts';
import { SamplesReader } from '../block/series-samples.ts';
import { type HashKey, seriesFingerprint } from '../index/series-hash.ts';
import { SERIES_PER_PAGE, type SeriesPage } from '../index/series-page.ts';
import { decodeTenantCatalog, type TenantCatalog } from '../index/tenant-catalog.ts';
import type { DatabaseEntries } from '../kv/database-entries.ts';
import { formatLabels, type Labels } from '../model/labels.ts';
import { DEFAULT_TENANT, type TenantId, tenantId } from '../model/tenant.ts';
import { isDamage } from './damage.ts';
import { LostChunks } from './lost-chunks.ts';
import type { Loss } from './part-report.ts';
import { LaneSalvage, type SavedLanes } from './salvage-lanes.ts';
import { rebuiltHeader, storedHeader, withHeader } from './salvaged-header.ts';

const HELD_SAMPLES = 256 * 1024;
const NO_TIMES = new Float64Array(0);

export interface SalvageOptions {
  readonly entries: DatabaseEntries;
  /** What the manifest says of the block. */
  readonly summary: BlockSummary | undefined;
  readonly hashKey: HashKey;
  readonly onLoss: (loss: Loss) => void;
  readonly signal?: AbortSignal;
}

/** Samples of one series: as much as is intact. */
interface Saved {
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
}

/** Of one series, with its native histograms and exemplars, where there are some. */
interface SavedSeries extends Pick<BlockSeries, 'histograms' | 'exemplars'> {
  readonly samples: Saved;
}

interface Known {
  readonly matched: MatchedSeries;
  readonly labels: Labels;
  readonly tenant: TenantId;
}

export class BlockSalvage {
  readonly header: BlockHeader;
  readonly #options: SalvageOptions;
  readonly #entries: DatabaseEntries;
  readonly #pages: BlockPages;
  readonly #losses: LostChunks;
  readonly #lanes: LaneSalvage;
  readonly #catalogs = new Map<TenantId, TenantCatalog>();
  /** Whose catalogs are damaged; a fingerprint tells which series are theirs. */
  readonly #otherTenants = new Set<TenantId>([DEFAULT_TENANT]);
  /** Slots that the series being read have lost, by place in its page. */
  #lost: number[][] = [];

  private constructor(options: SalvageOptions, header: BlockHeader) {
    this.header = header;
    this.#options = options;
    this.#entries = withHeader(options.entries, header);
    this.#pages = new BlockPages(this.#entries, new PageCache());
    this.#losses = new LostChunks(header, options.onLoss);
    this.#lanes = new LaneSalvage(this.#entries, header);
  }

  /** Undefined where not even times and counts of the block are known: then all of it is lost. */
  static async open(options: SalvageOptions): Promise<BlockSalvage | undefined> {
    const { entries, summary } = options;
    const header = storedHeader(entries) ?? (summary && (await rebuiltHeader(entries, summary)));
    if (header === undefined) return undefined;
    const salvage = new BlockSalvage(options, header);
    await salvage.#readCatalogs();
    return salvage;
  }

  /** Every series with what is left of it, in series order; losses are told on the way. */
  async *series(): AsyncGenerator<BlockSeries> {
    const pages = Math.ceil(this.header.series / SERIES_PER_PAGE);
    for (let number = 0; number < pages; number++) {
      this.#options.signal?.throwIfAborted();
      const page = attempt(() => this.#pages.seriesPage(number));
      if (page === undefined) this.#losePage(number);
      else yield* this.#ofPage(page, number * SERIES_PER_PAGE);
    }
    this.#losses.finish();
  }

  async *#ofPage(page: SeriesPage, firstOrdinal: number): AsyncGenerator<BlockSeries> {
    const known = Array.from({ length: page.count }, (_, row) =>
      this.#known(page, row, firstOrdinal + row),
    );
    this.#lost = known.map(() => []);
    const saved = new Map<Known, SavedSeries>();
    const found = known.filter((one) => one !== undefined);
    const reader = this.#reader(this.header.minTimeMs, this.header.maxTimeMs);
    const perBatch = Math.max(1, Math.floor(HELD_SAMPLES / (reader.samplesPerSeries + 1)));
    let row = 0;
    for (let from = 0; from < found.length; from += perBatch) {
      const batch = found.slice(from, from + perBatch);
      const all = await this.#read(reader, batch);
      const lanes = await this.#readLanes(batch);
      for (const [i, one] of batch.entries()) {
        saved.set(one, { samples: all[i] as Saved, ...laneParts(lanes, i) });
      }
      const last = batch.at(-1) as Known;
      for (; row <= last.matched.row; row++) {
        const one = known[row];
        if (one === undefined) this.#loseSeries(firstOrdinal + row);
        else yield* this.#tell(one, row, saved);
      }
      reader.columns.limitMemory();
    }
    for (; row < known.length; row++) this.#loseSeries(firstOrdinal + row);
  }

  *#tell(one: Known, row: number, saved: Map<Known, SavedSeries>): Generator<BlockSeries> {
    const { tenant, labels, matched } = one;
    const { samples, ...lanes } = saved.get(one) as SavedSeries;
    saved.delete(one);
    const lost = [...new Set(this.#lost[row])].sort((a, b) => a - b);
    this.#losses.take(formatLabels(labels), lost);
    if (samples.values.length === 0 && Object.keys(lanes).length === 0) return;
    const shardHash = matched.page.shardHashes[matched.row] as number;
    yield { tenant, labels, shardHash, ...samples, ...lanes };
  }

  #readLanes(batch: readonly Known[]): Promise<SavedLanes> {
    const series = batch.map(({ matched }) => matched);
    return this.#lanes.read(series, (place, slot) => {
      this.#lost[(batch[place] as Known).matched.row]?.push(slot);
    });
  }

  #reader(startMs: number, endMs: number): SamplesReader {
    const range = { startMs, endMs, heldSamples: HELD_SAMPLES };
    return new SamplesReader(this.#entries, this.header, range);
  }

  async #read(reader: SamplesReader, batch: readonly Known[]): Promise<Saved[]> {
    const whole = await this.#tryRead(reader, batch);
    if (whole !== undefined) return whole;
    const { slots, slotWidthMs } = this.header;
    const parts: Saved[][] = batch.map(() => []);
    for (const index of slotsOf(batch)) {
      const slot = slots[index] as number;
      const ofSlot = this.#reader(slot * slotWidthMs, (slot + 1) * slotWidthMs - 1);
      const read = await this.#readSlot(ofSlot, batch, slot);
      for (const [i, saved] of read.entries()) parts[i]?.push(saved);
    }
    return parts.map(joined);
  }

  /** Some series of one slot: what cannot be read is looked for by halves. */
  async #readSlot(reader: SamplesReader, batch: readonly Known[], slot: number): Promise<Saved[]> {
    const whole = await this.#tryRead(reader, batch);
    if (whole !== undefined) return whole;
    if (batch.length === 1) {
      this.#lost[(batch[0] as Known).matched.row]?.push(slot);
      return [{ timestampsMs: NO_TIMES, values: NO_TIMES }];
    }
    const middle = batch.length >> 1;
    const low = await this.#readSlot(reader, batch.slice(0, middle), slot);
    return [...low, ...(await this.#readSlot(reader, batch.slice(middle), slot))];
  }

  async #tryRead(reader: SamplesReader, batch: readonly Known[]): Promise<Saved[] | undefined> {
    try {
      const { times, values, valueOffsets } = await reader.read(batch.map((one) => one.matched));
      return times.map((run, i) => {
        const [from = 0, to] = valueOffsets.subarray(i, i + 2);
        return { timestampsMs: reader.columns.join(run), values: values.slice(from, to) };
      });
    } catch (error) {
      if (isDamage(error)) return undefined;
      throw error;
    }
  }

  /** Labels and tenant of a series; undefined where they are lost. */
  #known(page: SeriesPage, row: number, ordinal: number): Known | undefined {
    const labels = attempt(() => this.#pages.labelsReader()(page, row));
    if (labels === undefined) return undefined;
    const tenant = this.#tenantOf(page, row, { ordinal, labels });
    return tenant === undefined ? undefined : { matched: { page, row }, labels, tenant };
  }

  #tenantOf(
    page: SeriesPage,
    row: number,
    { ordinal, labels }: { readonly ordinal: number; readonly labels: Labels },
  ): TenantId | undefined {
    for (const [tenant, { firstSeries, endSeries }] of this.#catalogs) {
      if (ordinal >= firstSeries && ordinal < endSeries) return tenant;
    }
    for (const tenant of this.#otherTenants) {
      const [high, low] = seriesFingerprint(this.#options.hashKey, tenant, labels);
      if (page.fingerprints[2 * row] === high && page.fingerprints[2 * row + 1] === low) {
        return tenant;
      }
    }
    return undefined;
  }

  async #readCatalogs(): Promise<void> {
    const range = { gte: Uint8Array.of(KIND.tenant), lt: Uint8Array.of(KIND.tenant + 1) };
    for await (const page of this.#entries.pages(range)) {
      for (const [key, value] of page) {
        const parsed = parseKey(key);
        if (parsed?.kind !== 'tenant') continue;
        const tenant = tenantId(parsed.tenant);
        const catalog = attempt(() => {
          const reader = contentOf(KIND.tenant, value);
          checkValue(key, value);
          return decodeTenantCatalog(reader);
        });
        if (catalog === undefined) this.#otherTenants.add(tenant);
        else this.#catalogs.set(tenant, catalog);
      }
    }
  }

  #losePage(number: number): void {
    const first = number * SERIES_PER_PAGE;
    const count = Math.min(SERIES_PER_PAGE, this.header.series - first);
    this.#losses.take(this.#place(first), [...this.header.slots], count);
    this.#losses.finish();
  }

  #loseSeries(ordinal: number): void {
    this.#losses.take(this.#place(ordinal), [...this.header.slots]);
  }

  /** What is known of a series whose labels are lost. */
  #place(ordinal: number): string {
    for (const { metrics, metricStarts, firstSeries, endSeries } of this.#catalogs.values()) {
      if (ordinal < firstSeries || ordinal >= endSeries) continue;
      const i = metricStarts.findLastIndex((start) => start <= ordinal);
      return `${metrics[i]}{...}, series ${ordinal}`;
    }
    return `series ${ordinal}`;
  }
}

function laneParts(
  { histograms, exemplars }: SavedLanes,
  place: number,
): Pick<BlockSeries, 'histograms' | 'exemplars'> {
  const run = histograms.get(place);
  const some = exemplars.get(place);
  return {
    ...(run === undefined ? {} : { histograms: run }),
    ...(some === undefined ? {} : { exemplars: some }),
  };
}

/** Indexes of slots that any of some series may have, ascending. */
function slotsOf(batch: readonly Known[]): number[] {
  const indexes = new Set<number>();
  for (const { matched } of batch) {
    const { page, row } = matched;
    const runs = page.groupSlots[(page.groups[row] as number) - (page.groups[0] as number)] ?? [];
    for (let i = 0; i < runs.length; i += 2) {
      for (let slot = runs[i] as number; slot < (runs[i + 1] as number); slot++) indexes.add(slot);
    }
  }
  return [...indexes].sort((a, b) => a - b);
}

function joined(parts: readonly Saved[]): Saved {
  const count = parts.reduce((sum, { values }) => sum + values.length, 0);
  const whole = { timestampsMs: new Float64Array(count), values: new Float64Array(count) };
  let at = 0;
  for (const { timestampsMs, values } of parts) {
    whole.timestampsMs.set(timestampsMs, at);
    whole.values.set(values, at);
    at += values.length;
  }
  return whole;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}
