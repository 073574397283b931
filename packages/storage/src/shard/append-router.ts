/**
 * Takes a request apart: which series each sample belongs to, and which shard owns that.
 *
 * Series met before are known by the raw hash of their labels as sent. Only others are parsed,
 * checked and hashed for their owner. Nothing is sent or stored before the whole request is
 * understood.
 */
import { REF_UNKNOWN, SamplePart } from '../head/sample-part.ts';
import { type HashKey, shardHash, shardOf } from '../index/series-hash.ts';
import type { TransitSpace } from '../memory/transit-space.ts';
import {
  type AppendBody,
  type AppendColumns,
  REJECTIONS_MAX,
  type Rejection,
} from '../model/appender.ts';
import { checkLabelPairs } from '../model/label-rules.ts';
import type { Labels } from '../model/labels.ts';
import type { MetricMetadata } from '../model/metadata.ts';
import type { TenantId } from '../model/tenant.ts';
import { RemoteWriteWalk, readLabelPairs } from '../protocol/remote-write.ts';
import {
  RemoteWrite2Walk,
  readSeriesMetadata,
  readSymbolPairs,
} from '../protocol/remote-write-2.ts';
import { SnappyUnpacker } from '../protocol/snappy-unpacker.ts';
import { newRawHashKey, RAW_HASH_WORDS, type RawHashInput, rawHash } from './raw-hash.ts';
import type { SeriesCache } from './series-cache.ts';
import { MetadataSieve, SymbolHasher } from './symbol-hash.ts';

/** A shard's share of a request. */
export interface RoutedPart {
  readonly owner: number;
  readonly part: SamplePart;
  /** [m] number in the request of each series' first sample. */
  readonly firstSamples: Uint32Array;
  /** [m+1] the part's offsets as they were, for admission changes them and a peer takes them. */
  sampleOffsets: Uint32Array;
  /** Series of the part whose ref is not known: where they stand, their labels and raw hashes. */
  readonly unknown: UnknownSeries[];
}

export interface UnknownSeries {
  /** Index in the part. */
  readonly index: number;
  readonly labels: Labels;
  readonly shardHash: number;
  /** Under which the ref is to be remembered; undefined where the label bytes were not together. */
  readonly hash: Int32Array | undefined;
}

interface NewSeries {
  readonly labels: Labels;
  readonly shardHash: number;
}

export interface RoutedRequest {
  readonly parts: readonly RoutedPart[];
  /** Samples in the request, those refused here included. */
  readonly samples: number;
  readonly rejected: number;
  readonly rejections: Rejection[];
  readonly metadata: readonly MetricMetadata[];
}

/** Samples of a request before they are dealt out, as columns with one entry a series. */
interface RequestColumns {
  readonly seriesCount: number;
  readonly sampleOffsets: Uint32Array;
  readonly timestampsMs: Float64Array;
  readonly valueBits: Uint32Array;
  labels(series: number): readonly string[];
  /** Whether the series has a raw hash to be known by. */
  isHashed(series: number): boolean;
}

const REJECTED = -1;
/** Hashes of a tenant: of label fields, of joined labels, of symbols. */
const HASH_DOMAINS = 3;

export class AppendRouter {
  readonly #key: HashKey;
  readonly #shards: number;
  readonly #cache: SeriesCache;
  /** What parts are made of. */
  readonly #transit: TransitSpace;
  readonly #rawKey = newRawHashKey();
  readonly #unpacker = new SnappyUnpacker();
  readonly #walk = new RemoteWriteWalk();
  readonly #walk2 = new RemoteWrite2Walk();
  readonly #symbols = new SymbolHasher(this.#rawKey);
  readonly #sieve = new MetadataSieve(this.#symbols);
  readonly #tenants = new Map<TenantId, number>();
  /** By series of the request at hand. */
  #owners = new Int32Array(256);
  #refs = new Uint32Array(256);
  #hashes = new Int32Array(256 * RAW_HASH_WORDS);

  constructor(setup: {
    readonly key: HashKey;
    readonly shards: number;
    readonly cache: SeriesCache;
    readonly transit: TransitSpace;
  }) {
    this.#transit = setup.transit;
    this.#key = setup.key;
    this.#shards = setup.shards;
    this.#cache = setup.cache;
  }

  /** @throws MonError `bad-body` */
  routeBody({ tenant, format, body }: AppendBody): RoutedRequest {
    return format === 'remote-write-1'
      ? this.#routeLabels(tenant, body)
      : this.#routeSymbols(tenant, body);
  }

  #routeLabels(tenant: TenantId, body: Uint8Array): RoutedRequest {
    const walk = this.#walk;
    walk.walk(this.#unpacker.unpack(body));
    this.#reserve(walk.seriesCount);
    this.#hashWalk(tenant, walk);
    const request = this.#deal(tenant, {
      seriesCount: walk.seriesCount,
      sampleOffsets: walk.sampleOffsets,
      timestampsMs: walk.timestampsMs,
      valueBits: walk.valueBits,
      labels: (series) => readLabelPairs(walk, series),
      isHashed: (series) => walk.labelsTo[series] !== 0,
    });
    if (walk.histogramCount === 0) return { ...request, metadata: walk.metadata };
    return withoutHistograms({ ...request, metadata: walk.metadata }, walk.histogramCount);
  }

  #routeSymbols(tenant: TenantId, body: Uint8Array): RoutedRequest {
    const walk = this.#walk2;
    walk.walk(this.#unpacker.unpack(body));
    this.#reserve(walk.seriesCount);
    const domain = HASH_DOMAINS * this.#tenantNumber(tenant) + 2;
    this.#symbols.hashSeries(walk, domain, this.#hashes);
    const request = this.#deal(tenant, {
      seriesCount: walk.seriesCount,
      sampleOffsets: walk.sampleOffsets,
      timestampsMs: walk.timestampsMs,
      valueBits: walk.valueBits,
      labels: (series) => readSymbolPairs(walk, series),
      isHashed: () => true,
    });
    this.#sieve.begin(domain);
    const isNew = (name: number, series: number) => this.#sieve.isNew(walk, name, series);
    const metadata = readSeriesMetadata(walk, isNew);
    if (walk.histogramCount === 0) return { ...request, metadata };
    return withoutHistograms({ ...request, metadata }, walk.histogramCount);
  }

  routeColumns({ tenant, columns }: AppendColumns): RoutedRequest {
    this.#reserve(columns.labels.length);
    this.#hashColumns(tenant, columns.labels);
    const { values } = columns;
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
    return this.#deal(tenant, {
      seriesCount: columns.labels.length,
      sampleOffsets: columns.sampleOffsets,
      timestampsMs: wholeTimestamps(columns.timestampsMs),
      valueBits: bits,
      labels: (series) => columns.labels[series] as Labels,
      isHashed: () => true,
    });
  }

  /**
   * First pass: raw hashes of all series. Scattered labels and series without samples have none.
   */
  #hashWalk(tenant: TenantId, walk: RemoteWriteWalk): void {
    const { bytes, labelsFrom, labelsTo } = walk;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const input: RawHashInput = {
      view,
      from: 0,
      to: 0,
      domain: HASH_DOMAINS * this.#tenantNumber(tenant),
    };
    for (let i = 0; i < walk.seriesCount; i++) {
      input.from = labelsFrom[i] as number;
      input.to = labelsTo[i] as number;
      rawHash(this.#rawKey, input, this.#hashes, i * RAW_HASH_WORDS);
    }
  }

  #hashColumns(tenant: TenantId, labels: readonly Labels[]): void {
    const domain = HASH_DOMAINS * this.#tenantNumber(tenant) + 1;
    labels.forEach((pairs, i) => {
      const bytes = Buffer.from(pairs.join('\0'));
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const at = i * RAW_HASH_WORDS;
      rawHash(this.#rawKey, { view, from: 0, to: bytes.length, domain }, this.#hashes, at);
    });
  }

  /** Second pass: looks all series up, parses the unknown ones, and deals the samples out. */
  #deal(tenant: TenantId, request: RequestColumns): RoutedRequest {
    const unknown = new Map<number, NewSeries>();
    const rejections: Rejection[] = [];
    let rejected = 0;
    for (let i = 0; i < request.seriesCount; i++) {
      const first = request.sampleOffsets[i] as number;
      const count = (request.sampleOffsets[i + 1] as number) - first;
      if (count === 0) {
        this.#owners[i] = REJECTED;
        continue;
      }
      const isHashed = request.isHashed(i);
      const ref = isHashed ? this.#cache.find(this.#hashes, i * RAW_HASH_WORDS) : -1;
      this.#refs[i] = ref;
      if (ref >= 0) {
        this.#owners[i] = this.#cache.foundOwner;
        continue;
      }
      const check = checkLabelPairs(request.labels(i));
      if (check.kind === 'labels') {
        const hash = shardHash(this.#key, tenant, check.labels);
        this.#owners[i] = shardOf(hash, this.#shards);
        unknown.set(i, { labels: check.labels, shardHash: hash });
        continue;
      }
      this.#owners[i] = REJECTED;
      rejected += count;
      const { code, reason } = check.fault;
      for (let k = first; k < first + count && rejections.length < REJECTIONS_MAX; k++) {
        rejections.push({ index: k, code, reason });
      }
    }
    const parts = this.#fillParts(request, unknown);
    const samples = request.sampleOffsets[request.seriesCount] as number;
    return { parts, samples, rejected, rejections, metadata: [] };
  }

  #fillParts(request: RequestColumns, unknown: ReadonlyMap<number, NewSeries>): RoutedPart[] {
    const { seriesCount, sampleOffsets, timestampsMs, valueBits } = request;
    const byOwner = this.#emptyParts(request);
    for (let i = 0; i < seriesCount; i++) {
      const owner = this.#owners[i] as number;
      if (owner === REJECTED) continue;
      const routed = byOwner[owner] as RoutedPart;
      const { part } = routed;
      const index = part.seriesCount++;
      const added = unknown.size === 0 ? undefined : unknown.get(i);
      if (added === undefined) part.refs[index] = this.#refs[i] as number;
      else {
        part.refs[index] = REF_UNKNOWN;
        const hash = request.isHashed(i) ? this.#hashAt(i) : undefined;
        routed.unknown.push({ index, ...added, hash });
      }
      const first = sampleOffsets[i] as number;
      const end = sampleOffsets[i + 1] as number;
      let at = part.sampleCount;
      part.sampleOffsets[index] = at;
      routed.firstSamples[index] = first;
      for (let k = first; k < end; k++, at++) {
        part.timestampsMs[at] = timestampsMs[k] as number;
        part.valueBits[2 * at] = valueBits[2 * k] as number;
        part.valueBits[2 * at + 1] = valueBits[2 * k + 1] as number;
      }
      part.sampleCount = at;
      part.sampleOffsets[index + 1] = at;
    }
    const parts = byOwner.filter((routed) => routed !== undefined);
    for (const routed of parts) routed.sampleOffsets = routed.part.sampleOffsets.slice();
    return parts;
  }

  /** Parts of the right size, with nothing in them yet. */
  #emptyParts(request: RequestColumns): (RoutedPart | undefined)[] {
    const series = new Uint32Array(this.#shards);
    const samples = new Uint32Array(this.#shards);
    for (let i = 0; i < request.seriesCount; i++) {
      const owner = this.#owners[i] as number;
      if (owner === REJECTED) continue;
      series[owner] = (series[owner] as number) + 1;
      const count = (request.sampleOffsets[i + 1] as number) - (request.sampleOffsets[i] as number);
      samples[owner] = (samples[owner] as number) + count;
    }
    const parts: RoutedPart[] = [];
    try {
      return Array.from(series, (seriesCount, owner) => {
        if (seriesCount === 0) return undefined;
        const part = SamplePart.inTransit(this.#transit, seriesCount, samples[owner] as number);
        part.seriesCount = 0;
        part.sampleCount = 0;
        const firstSamples = new Uint32Array(seriesCount);
        const { sampleOffsets } = part;
        parts.push({ owner, part, firstSamples, sampleOffsets, unknown: [] });
        return parts.at(-1);
      });
    } catch (error) {
      for (const { part } of parts) this.#transit.give(part.address);
      throw error;
    }
  }

  #hashAt(series: number): Int32Array {
    const at = series * RAW_HASH_WORDS;
    return this.#hashes.slice(at, at + RAW_HASH_WORDS);
  }

  #tenantNumber(tenant: TenantId): number {
    const known = this.#tenants.get(tenant);
    if (known !== undefined) return known;
    this.#tenants.set(tenant, this.#tenants.size);
    return this.#tenants.size - 1;
  }

  #reserve(series: number): void {
    if (series <= this.#owners.length) return;
    const capacity = Math.max(series, this.#owners.length * 2);
    this.#owners = new Int32Array(capacity);
    this.#refs = new Uint32Array(capacity);
    this.#hashes = new Int32Array(capacity * RAW_HASH_WORDS);
  }
}

/** The column with NaN for what is no whole number; admission rejects that. */
function wholeTimestamps(column: Float64Array): Float64Array {
  if (column.every(Number.isSafeInteger)) return column;
  return column.map((ms) => (Number.isSafeInteger(ms) ? ms : Number.NaN));
}

function withoutHistograms(request: RoutedRequest, histograms: number): RoutedRequest {
  const { samples, rejections } = request;
  const reason = `native histograms are not stored yet; ${histograms} were left out`;
  if (rejections.length < REJECTIONS_MAX) {
    rejections.push({ index: samples, code: 'native-histogram', reason });
  }
  const rejected = request.rejected + histograms;
  return { ...request, samples: samples + histograms, rejected };
}
