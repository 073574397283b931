/**
 * Takes a request apart: which series each sample belongs to, and which shard owns that.
 *
 * Series met before are known by the hash of their labels as sent. Only others are parsed, checked
 * and hashed for their owner. Nothing is sent or stored before the whole request is understood.
 */
import { randomFillSync } from 'node:crypto';
import { REF_UNKNOWN } from '../head/sample-part.ts';
import type { HashKey } from '../index/series-hash.ts';
import type { ShardMemory } from '../memory/shard-memory.ts';
import type { TransitSpace } from '../memory/transit-space.ts';
import {
  type AppendColumns,
  type BodyFormat,
  REJECTIONS_MAX,
  type Rejection,
} from '../model/appender.ts';
import { MonError } from '../model/error.ts';
import type { Labels } from '../model/labels.ts';
import type { MetricMetadata } from '../model/metadata.ts';
import type { SeriesLanes } from '../model/series-lanes.ts';
import type { TenantId } from '../model/tenant.ts';
import { RemoteWriteWalk, readLabelPairs } from '../protocol/remote-write.ts';
import {
  RemoteWrite2Walk,
  readSeriesMetadata,
  readSymbolPairs,
} from '../protocol/remote-write-2.ts';
import { readLanes1, readLanes2 } from '../protocol/series-lanes.ts';
import { SnappyUnpacker } from '../protocol/snappy-unpacker.ts';
import { BodyDecoder, REQUEST_SAMPLES_MAX } from './body-decoder.ts';
import { type DealtPart, PartDealer } from './part-dealer.ts';
import { newRawHashKey, type RawHashInput, rawHash } from './raw-hash.ts';
import { HASH_WORDS, RequestColumns } from './request-columns.ts';
import type { SeriesCache } from './series-cache.ts';
import { MetadataSieve, SymbolHasher } from './symbol-hash.ts';
import { type UnknownPart, UnknownSeries } from './unknown-series.ts';

/** Addresses between which a body stands in the shard's memory, slack behind it. */
export interface BodyRange {
  readonly from: number;
  readonly to: number;
}

/** A shard's share of a request. */
export interface RoutedPart {
  readonly dealt: DealtPart;
  /** Series of the part whose ref is not known, in the part's order. */
  readonly unknown: UnknownPart | undefined;
}

export interface RoutedRequest {
  readonly parts: readonly RoutedPart[];
  /** Samples in the request, those refused here included. */
  readonly samples: number;
  readonly rejected: number;
  readonly rejections: Rejection[];
  readonly metadata: readonly MetricMetadata[];
  /** Native histograms and exemplars. */
  readonly lanes?: readonly SeriesLanes[];
}

/** How a decoder answers for one series. */
interface SeriesSource {
  /** As sent: name, value, name, value, ...; unchecked. */
  labels(series: number): readonly string[];
  /** Whether the series has a hash to be known by. */
  isHashed(series: number): boolean;
  /** Whether label fields stand where the columns say. */
  readonly hasFields: boolean;
}

/** Hashes of a tenant: of label fields by TypeScript, of joined labels, of symbols, by kernel. */
const HASH_DOMAINS = 4;
const KERNEL_KEY_BYTES = 64;
const NO_LANES: readonly SeriesLanes[] = [];

export class AppendRouter {
  readonly #shards: number;
  readonly #cache: SeriesCache;
  readonly #memory: ShardMemory;
  readonly #columns: RequestColumns;
  readonly #decoder: BodyDecoder;
  readonly #dealer: PartDealer;
  readonly #unknown: UnknownSeries;
  readonly #kernelKeyAt: number;
  readonly #rawKey = newRawHashKey();
  readonly #unpacker = new SnappyUnpacker();
  readonly #walk = new RemoteWriteWalk();
  readonly #walk2 = new RemoteWrite2Walk();
  readonly #symbols = new SymbolHasher(this.#rawKey);
  readonly #sieve = new MetadataSieve(this.#symbols);
  readonly #tenants = new Map<TenantId, number>();

  constructor(setup: {
    readonly key: HashKey;
    readonly shards: number;
    readonly cache: SeriesCache;
    readonly memory: ShardMemory;
    readonly transit: TransitSpace;
  }) {
    const { memory, transit, shards } = setup;
    this.#shards = shards;
    this.#cache = setup.cache;
    this.#memory = memory;
    this.#columns = new RequestColumns(memory, shards);
    this.#decoder = new BodyDecoder(memory);
    this.#dealer = new PartDealer(memory, transit, shards);
    this.#unknown = new UnknownSeries(setup);
    this.#kernelKeyAt = transit.take(KERNEL_KEY_BYTES);
    memory.bytes.set(randomFillSync(new Uint8Array(KERNEL_KEY_BYTES)), this.#kernelKeyAt);
  }

  /**
   * Routes a body that stands in the shard's memory at [from, to).
   *
   * @throws MonError `bad-body`, `overloaded`
   */
  routeInbox(
    { tenant, format }: { readonly tenant: TenantId; readonly format: BodyFormat },
    { from, to }: BodyRange,
  ): RoutedRequest {
    const columns = this.#columns;
    if (format === 'remote-write-1' && this.#decoder.decode(from, to, columns)) {
      columns.counts.fill(0);
      const unknown = this.#cache.findAll(
        this.#kernelKeyAt,
        HASH_DOMAINS * this.#tenantNumber(tenant) + 3,
        columns.frameAt,
      );
      return this.#deal(tenant, unknown, {
        labels: (series) => this.#labelPairs(series),
        isHashed: () => true,
        hasFields: true,
      });
    }
    return this.routeBody({ tenant, format, body: this.#memory.bytes.subarray(from, to) });
  }

  /** @throws MonError `bad-body`, `overloaded` */
  routeBody({
    tenant,
    format,
    body,
  }: {
    readonly tenant: TenantId;
    readonly format: BodyFormat;
    readonly body: Uint8Array;
  }): RoutedRequest {
    return format === 'remote-write-1'
      ? this.#routeLabels(tenant, body)
      : this.#routeSymbols(tenant, body);
  }

  #routeLabels(tenant: TenantId, body: Uint8Array): RoutedRequest {
    const walk = this.#walk;
    walk.walk(this.#unpacker.unpack(body));
    this.#load(walk);
    this.#hashWalk(tenant, walk);
    const source = {
      labels: (series: number) => readLabelPairs(walk, series),
      isHashed: (series: number) => walk.labelsTo[series] !== 0,
      hasFields: false,
    };
    const hasLanes = walk.histogramCount + walk.exemplarCount > 0;
    const lanes = hasLanes ? readLanes1(walk.bytes) : NO_LANES;
    const request = this.#deal(tenant, this.#findEach(source), source);
    return { ...request, metadata: walk.metadata, lanes };
  }

  #routeSymbols(tenant: TenantId, body: Uint8Array): RoutedRequest {
    const walk = this.#walk2;
    walk.walk(this.#unpacker.unpack(body));
    this.#load(walk);
    const domain = HASH_DOMAINS * this.#tenantNumber(tenant) + 2;
    this.#symbols.hashSeries(walk, domain, this.#columns.hashes);
    const source = {
      labels: (series: number) => readSymbolPairs(walk, series),
      isHashed: () => true,
      hasFields: false,
    };
    const hasLanes = walk.histogramCount + walk.exemplarCount > 0;
    const lanes = hasLanes ? readLanes2(walk.bytes, walk) : NO_LANES;
    const request = this.#deal(tenant, this.#findEach(source), source);
    this.#sieve.begin(domain);
    const isNew = (name: number, series: number) => this.#sieve.isNew(walk, name, series);
    const metadata = readSeriesMetadata(walk, isNew);
    return { ...request, metadata, lanes };
  }

  routeColumns({ tenant, columns, lanes = NO_LANES }: AppendColumns): RoutedRequest {
    const { values, labels, sampleOffsets } = columns;
    this.#load({
      seriesCount: labels.length,
      sampleOffsets,
      timestampsMs: wholeTimestamps(columns.timestampsMs),
      valueBits: new Uint32Array(values.buffer, values.byteOffset, values.length * 2),
    });
    this.#hashColumns(tenant, labels);
    const source = {
      labels: (series: number) => labels[series] as Labels,
      isHashed: () => true,
      hasFields: false,
    };
    return { ...this.#deal(tenant, this.#findEach(source), source), lanes };
  }

  /** Puts columns that were made elsewhere where kernels reach them. */
  #load(made: {
    readonly seriesCount: number;
    readonly sampleOffsets: Uint32Array;
    readonly timestampsMs: Float64Array;
    readonly valueBits: Uint32Array;
  }): void {
    const columns = this.#columns;
    const samples = made.sampleOffsets[made.seriesCount] as number;
    refuseLarge(Math.max(made.seriesCount, samples));
    columns.reserve(made.seriesCount, samples);
    columns.setCounts(made.seriesCount, samples);
    columns.counts.fill(0);
    columns.sampleOffsets.set(made.sampleOffsets.subarray(0, made.seriesCount + 1));
    columns.timestampsMs.set(made.timestampsMs.subarray(0, samples));
    columns.valueBits.set(made.valueBits.subarray(0, 2 * samples));
  }

  /** First pass: raw hashes of all series. Scattered labels have none. */
  #hashWalk(tenant: TenantId, walk: RemoteWriteWalk): void {
    const { bytes, labelsFrom, labelsTo } = walk;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const domain = HASH_DOMAINS * this.#tenantNumber(tenant);
    const input: RawHashInput = { view, from: 0, to: 0, domain };
    for (let i = 0; i < walk.seriesCount; i++) {
      input.from = labelsFrom[i] as number;
      input.to = labelsTo[i] as number;
      rawHash(this.#rawKey, input, this.#columns.hashes, i * HASH_WORDS);
    }
  }

  #hashColumns(tenant: TenantId, labels: readonly Labels[]): void {
    const domain = HASH_DOMAINS * this.#tenantNumber(tenant) + 1;
    labels.forEach((pairs, i) => {
      const bytes = Buffer.from(pairs.join('\0'));
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const input = { view, from: 0, to: bytes.length, domain };
      rawHash(this.#rawKey, input, this.#columns.hashes, i * HASH_WORDS);
    });
  }

  /** Second pass, as the kernel makes it; returns how many are unknown. */
  #findEach(source: SeriesSource): number {
    const { seriesCount, sampleOffsets, refs, owners, hashes } = this.#columns;
    let unknown = 0;
    for (let i = 0; i < seriesCount; i++) {
      owners[i] = this.#shards;
      if (sampleOffsets[i + 1] === sampleOffsets[i]) continue;
      const ref = source.isHashed(i) ? this.#cache.find(hashes, i * HASH_WORDS) : -1;
      if (ref < 0) {
        refs[i] = REF_UNKNOWN;
        unknown++;
        continue;
      }
      refs[i] = ref;
      this.#columns.give(i, this.#cache.foundOwner);
    }
    return unknown;
  }

  /** Finds an owner for what is unknown, and deals the samples out. */
  #deal(tenant: TenantId, unknownCount: number, source: SeriesSource): RoutedRequest {
    const columns = this.#columns;
    const bytes = source.hasFields && unknownCount > 0 ? this.#unknown.fieldBytes(columns) : 0;
    this.#unknown.begin(tenant, unknownCount, bytes);
    const refusals = { rejected: 0, rejections: [] };
    if (unknownCount > 0) this.#place(source, refusals);
    const parts = dealParts(this.#dealer, columns, this.#unknown);
    return { parts, samples: columns.sampleCount, ...refusals, metadata: [] };
  }

  /** Gives new series to the shards that own them; says what is wrong with the labels of others. */
  #place(source: SeriesSource, refusals: { rejected: number; rejections: Rejection[] }): void {
    const columns = this.#columns;
    const { seriesCount, sampleOffsets, hashes } = columns;
    const { rejections } = refusals;
    for (
      let i = this.#nextUnknown(source, 0);
      i < seriesCount;
      i = this.#nextUnknown(source, i + 1)
    ) {
      const at = i * HASH_WORDS;
      const hash = source.isHashed(i) ? hashes.subarray(at, at + HASH_WORDS) : undefined;
      const owner = this.#unknown.addPairs(source.labels(i), hash);
      if (typeof owner === 'number') {
        columns.give(i, owner);
        continue;
      }
      const first = sampleOffsets[i] as number;
      const end = sampleOffsets[i + 1] as number;
      refusals.rejected += end - first;
      const { code, reason } = owner;
      for (let k = first; k < end && rejections.length < REJECTIONS_MAX; k++) {
        rejections.push({ index: k, code, reason });
      }
    }
  }

  /** The next series from one on that the kernel does not place. */
  #nextUnknown({ hasFields }: SeriesSource, from: number): number {
    const { seriesCount, refs, sampleOffsets } = this.#columns;
    if (hasFields) return this.#unknown.placeFields(this.#columns, from);
    let i = from;
    for (; i < seriesCount; i++) {
      if (refs[i] === REF_UNKNOWN && sampleOffsets[i] !== sampleOffsets[i + 1]) break;
    }
    return i;
  }

  #labelPairs(series: number): string[] {
    const { seriesFrom, seriesTo, seriesCount } = this.#columns;
    return readLabelPairs({ bytes: this.#memory.bytes, seriesFrom, seriesTo, seriesCount }, series);
  }

  #tenantNumber(tenant: TenantId): number {
    const known = this.#tenants.get(tenant);
    if (known !== undefined) return known;
    this.#tenants.set(tenant, this.#tenants.size);
    return this.#tenants.size - 1;
  }
}

/** Lays the parts of a request out, each with the series that its owner is to look up. */
export function dealParts(
  dealer: PartDealer,
  columns: RequestColumns,
  unknown: UnknownSeries,
): RoutedPart[] {
  const parts: RoutedPart[] = [];
  const dealt = dealer.deal(columns);
  try {
    for (const part of dealt) parts.push({ dealt: part, unknown: unknown.take(part.owner) });
    return parts;
  } catch (error) {
    for (const part of dealt) dealer.giveBack(part);
    for (const part of parts) unknown.give(part.unknown);
    throw error;
  }
}

function refuseLarge(count: number): void {
  if (count <= REQUEST_SAMPLES_MAX) return;
  throw new MonError({
    code: 'bad-body',
    what: 'Cannot take the request',
    why: `it has ${count} series or samples, at most ${REQUEST_SAMPLES_MAX} are taken`,
    mend: 'Send smaller batches.',
  });
}

/** The column with NaN for what is no whole number; admission rejects that. */
function wholeTimestamps(column: Float64Array): Float64Array {
  if (column.every(Number.isSafeInteger)) return column;
  return column.map((ms) => (Number.isSafeInteger(ms) ? ms : Number.NaN));
}
