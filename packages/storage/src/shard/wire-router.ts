/**
 * Takes a frame apart: which of our series each sample belongs to, and which shard owns it.
 *
 * A series of the dictionary is resolved once, by its labels; afterwards its number is enough. What
 * is new to its owner goes there with its labels, and is found in the cache of series afterwards.
 */
import { REF_UNKNOWN } from '../head/sample-part.ts';
import type { HashKey } from '../index/series-hash.ts';
import type { ShardMemory } from '../memory/shard-memory.ts';
import type { TransitSpace } from '../memory/transit-space.ts';
import { REJECTIONS_MAX, type Rejection } from '../model/appender.ts';
import { assert } from '../model/assert.ts';
import { checkLabelPairs, type LabelFault } from '../model/label-rules.ts';
import type { Labels } from '../model/labels.ts';
import { WireSamples } from '../protocol/mon-wire-reader.ts';
import { readLanes1 } from '../protocol/series-lanes.ts';
import { dealParts, type RoutedRequest } from './append-router.ts';
import { PartDealer } from './part-dealer.ts';
import { newRawHashKey, RAW_HASH_WORDS, rawHash } from './raw-hash.ts';
import { RequestColumns } from './request-columns.ts';
import type { SeriesCache } from './series-cache.ts';
import { UnknownSeries } from './unknown-series.ts';
import { OWNER_REJECTED, OWNER_UNKNOWN, type WireSession } from './wire-session.ts';

/** What becomes of a series: known, new to its owner, or its samples are rejected. */
type Resolution =
  | { readonly kind: 'known' }
  | { readonly kind: 'new'; readonly labels: Labels; readonly hash: Int32Array }
  | { readonly kind: 'rejected'; readonly fault: LabelFault };

/** What routing finds beside the columns. */
interface Findings {
  /** By number in the dictionary, of those that are new to their owner. */
  readonly fresh: Map<number, Resolution>;
  readonly rejections: Rejection[];
  rejected: number;
}

const KNOWN: Resolution = { kind: 'known' };

export class WireRouter {
  readonly #shards: number;
  readonly #cache: SeriesCache;
  readonly #columns: RequestColumns;
  readonly #dealer: PartDealer;
  readonly #unknown: UnknownSeries;
  readonly #rawKey = newRawHashKey();
  /** Offsets that are filled with their own numbers, and how far. */
  #numbered: { readonly offsets: Uint32Array; to: number };
  /** What the frame at hand is read into: the columns that are dealt out. */
  readonly samples: WireSamples;

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
    const columns = new RequestColumns(memory, shards);
    this.#columns = columns;
    this.#numbered = { offsets: columns.sampleOffsets, to: 0 };
    this.#dealer = new PartDealer(memory, transit, shards);
    this.#unknown = new UnknownSeries(setup);
    this.samples = new WireSamples((samples) => {
      columns.reserve(samples, samples);
      return columns;
    });
  }

  /**
   * Routes what was read into `samples`.
   *
   * @throws MonError `bad-wire-frame`, `overloaded`
   */
  route(session: WireSession): RoutedRequest {
    session.growTables();
    const columns = this.#columns;
    const { sampleCount, series, metadata, lanes } = this.samples;
    // Read before anything is laid out, for it may be refused.
    const histograms = lanes.length === 0 ? [] : readLanes1(lanes);
    const { refs, owners, counts } = columns;
    const { owners: ownerOf, refs: refOf } = session;
    const shards = this.#shards;
    const found: Findings = { fresh: new Map(), rejections: [], rejected: 0 };
    this.#unknown.begin(session.tenant, sampleCount, 0);
    columns.setCounts(sampleCount, sampleCount);
    counts.fill(0);
    for (let k = 0; k < sampleCount; k++) {
      const number = series[k] as number;
      let owner = ownerOf[number] as number;
      refs[k] = refOf[number] as number;
      if (owner >= OWNER_REJECTED) owner = this.#resolveSample(session, k, found);
      owners[k] = owner;
      if (owner !== shards) counts[2 * owner + 1] = (counts[2 * owner + 1] as number) + 1;
    }
    // Each sample stands as a series of its own.
    for (let owner = 0; owner < shards; owner++)
      counts[2 * owner] = counts[2 * owner + 1] as number;
    this.#numberSamples(sampleCount);
    const { rejected, rejections } = found;
    const parts = dealParts(this.#dealer, columns, this.#unknown);
    const request = { parts, samples: sampleCount, rejected, rejections, metadata };
    return histograms.length === 0 ? request : { ...request, lanes: histograms };
  }

  /** Offsets of series with one sample each; they stay from frame to frame while not moved. */
  #numberSamples(sampleCount: number): void {
    const { sampleOffsets } = this.#columns;
    if (sampleOffsets !== this.#numbered.offsets)
      this.#numbered = { offsets: sampleOffsets, to: 0 };
    for (let k = this.#numbered.to; k <= sampleCount; k++) sampleOffsets[k] = k;
    this.#numbered.to = Math.max(this.#numbered.to, sampleCount + 1);
  }

  /** The owner of a sample whose series the session's tables do not have; `shards` for none. */
  #resolveSample(session: WireSession, sample: number, found: Findings): number {
    const number = this.samples.series[sample] as number;
    let resolution = found.fresh.get(number);
    if (resolution === undefined) {
      resolution = this.#resolve(session, number);
      if (resolution.kind === 'new') found.fresh.set(number, resolution);
    }
    switch (resolution.kind) {
      case 'known':
        this.#columns.refs[sample] = session.refs[number] as number;
        return session.owners[number] as number;
      case 'new':
        this.#columns.refs[sample] = REF_UNKNOWN;
        return this.#ownerOf(resolution);
      case 'rejected':
        found.rejected++;
        if (found.rejections.length < REJECTIONS_MAX) {
          found.rejections.push({ index: sample, ...resolution.fault });
        }
        return this.#shards;
    }
  }

  /** Notes a new series, once for each sample, and says which shard owns it. */
  #ownerOf({ labels, hash }: { readonly labels: Labels; readonly hash: Int32Array }): number {
    const owner = this.#unknown.addPairs(labels, hash);
    assert(typeof owner === 'number', 'labels that passed do not pass again');
    return owner;
  }

  #resolve(session: WireSession, number: number): Resolution {
    const check = checkLabelPairs(session.reader.labelPairs(number));
    if (check.kind === 'fault') {
      session.owners[number] = OWNER_REJECTED;
      return { kind: 'rejected', fault: check.fault };
    }
    const { labels } = check;
    const hash = this.#hash(session, labels);
    const ref = this.#cache.find(hash, 0);
    if (ref >= 0) {
      session.refs[number] = ref;
      session.owners[number] = this.#cache.foundOwner;
      return KNOWN;
    }
    session.owners[number] = OWNER_UNKNOWN;
    return { kind: 'new', labels, hash };
  }

  #hash({ tenant }: WireSession, labels: Labels): Int32Array {
    const bytes = Buffer.from(`${tenant}\0${labels.join('\0')}`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const hash = new Int32Array(RAW_HASH_WORDS);
    rawHash(this.#rawKey, { view, from: 0, to: bytes.length, domain: 0 }, hash, 0);
    return hash;
  }
}
