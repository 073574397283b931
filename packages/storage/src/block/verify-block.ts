/**
 * Reads a whole block: every checksum, every column, every count that the header names.
 */
import { aggregateChunk, decodeAggregates, encodeAggregates } from '../chunk/chunk-aggregates.ts';
import { TIMESTAMP_COLUMNS_PER_PAGE } from '../chunk/timestamp-page.ts';
import { ChainDecoder } from '../chunk/value-chain.ts';
import type { ByteReader } from '../encoding/byte-reader.ts';
import { ByteWriter } from '../encoding/byte-writer.ts';
import { MalformedBytes } from '../encoding/malformed-bytes.ts';
import { decodeLabelPage, PAIRS_PER_PAGE } from '../index/label-page.ts';
import { decodePostings, decodePostingsPage } from '../index/postings-page.ts';
import { decodeSeriesPage, SERIES_PER_PAGE } from '../index/series-page.ts';
import { decodeTenantCatalog } from '../index/tenant-catalog.ts';
import type { DatabaseEntries } from '../kv/database-entries.ts';
import { MonError } from '../model/error.ts';
import { type BlockHeader, decodeHeader } from './block-header.ts';
import {
  aggregatesKey,
  BEYOND_KEYS,
  type BlockKind,
  HEADER_KEY,
  KIND,
  type ParsedKey,
  parseKey,
} from './block-key.ts';
import { checkValue, contentOf, corruptBlock, readingValue } from './block-value.ts';
import { lanesIn } from './lane-groups.ts';
import { LaneReader } from './lane-reader.ts';
import { readColumnHeads } from './series-samples.ts';
import { TimestampColumns } from './timestamp-columns.ts';

/** More problems than these are not listed. */
const PROBLEMS_MAX = 100;
/** Timestamps kept decoded are bounded by this. */
const HELD_SAMPLES = 256 * 1024;

export interface BlockVerification {
  readonly values: number;
  readonly samples: number;
  /** What is wrong, `corrupt-block` each; at most 100 of them. */
  readonly problems: readonly MonError[];
}

export async function verifyBlock(
  database: DatabaseEntries,
  header: BlockHeader,
  signal?: AbortSignal,
): Promise<BlockVerification> {
  const verifying = new Verifying(database, header);
  const range = { gte: new Uint8Array(0), lt: BEYOND_KEYS };
  for await (const page of database.pages(range)) {
    signal?.throwIfAborted();
    for (const [key, value] of page) verifying.noting(() => verifying.takeValue(key, value));
  }
  verifying.noting(() => verifying.compareCounts());
  return verifying.outcome;
}

class Verifying {
  readonly #database: DatabaseEntries;
  readonly #header: BlockHeader;
  readonly #columns: TimestampColumns;
  readonly #lanes: LaneReader;
  readonly #problems: MonError[] = [];
  readonly #found = new Map<string, number>();
  #values = 0;
  #samples = 0;

  constructor(database: DatabaseEntries, header: BlockHeader) {
    this.#database = database;
    this.#header = header;
    const range = { startMs: -Infinity, endMs: Infinity, heldSamples: HELD_SAMPLES };
    this.#lanes = new LaneReader(database, header, range);
    this.#columns = new TimestampColumns(database, { slotWidthMs: header.slotWidthMs, ...range });
  }

  get outcome(): BlockVerification {
    return { values: this.#values, samples: this.#samples, problems: this.#problems };
  }

  noting(check: () => void): void {
    try {
      check();
    } catch (error) {
      if (!(error instanceof MonError) || error.code !== 'corrupt-block') throw error;
      if (this.#problems.length < PROBLEMS_MAX) this.#problems.push(error);
    }
  }

  takeValue(key: Uint8Array, value: Uint8Array): void {
    const { dir } = this.#database;
    const parsed = parseKey(key);
    if (parsed === undefined) throw corruptBlock(dir, key, 'no such key belongs into a block');
    this.#values++;
    this.#count(countedAs(parsed));
    if (parsed.kind === 'columns') {
      this.#takeColumns(key, value, parsed);
      return;
    }
    if (parsed.kind === 'histograms') {
      this.#takeHistograms(key, value, parsed.slot);
      return;
    }
    const { kind } = parsed;
    readingValue(dir, key, () => {
      const reader = contentOf(key[0] as BlockKind, value);
      if (kind === 'timestamps') {
        this.#takeTimestamps(parsed);
        return;
      }
      checkValue(key, value);
      if (kind === 'exemplars') this.#lanes.decodeExemplars(key, value);
      else if (kind !== 'aggregates') this.#takeIndex(kind, reader);
    });
  }

  #takeHistograms(key: Uint8Array, value: Uint8Array, slot: number): void {
    for (const { run } of this.#lanes.decodeHistograms({ slot, key, value }, () => true)) {
      this.#samples += run.timestampsMs.length;
    }
  }

  #takeIndex(kind: 'header' | 'labels' | 'postings' | 'series' | 'tenant', reader: ByteReader) {
    switch (kind) {
      case 'header':
        decodeHeader(reader);
        break;
      case 'labels':
        this.#count('label pairs', decodeLabelPage(reader).names.length);
        break;
      case 'postings':
        decodePostingsPage(reader).lists.forEach(decodePostings);
        break;
      case 'series':
        this.#count('series', decodeSeriesPage(reader, this.#header).count);
        break;
      case 'tenant':
        decodeTenantCatalog(reader);
        break;
    }
  }

  /** Reads the columns as a query does; these keep their checksums apart. */
  #takeTimestamps({ slot, page }: { readonly slot: number; readonly page: number }): void {
    const first = page * TIMESTAMP_COLUMNS_PER_PAGE;
    const index = this.#header.slots.indexOf(slot);
    const end = Math.min(
      first + TIMESTAMP_COLUMNS_PER_PAGE,
      this.#header.slotColumns[index] ?? first,
    );
    for (let column = first; column < end; column++) this.#columns.timesOf(slot, column);
    this.#columns.limitMemory();
  }

  #takeColumns(
    key: Uint8Array,
    value: Uint8Array,
    { slot, group }: { readonly slot: number; readonly group: number },
  ): void {
    const { dir } = this.#database;
    const heads = readColumnHeads(dir, key, value);
    const aggregates = new ByteWriter();
    aggregates.varint(heads.count);
    const decoder = new ChainDecoder(value, heads);
    for (let i = 0; i < heads.count; i++) {
      const values = new Float64Array(heads.counts[i] as number);
      readingValue(dir, key, () => {
        decoder.decode(i);
        decoder.copy({ from: 0, to: values.length }, values);
        const { count } = this.#columns.timesOf(slot, heads.timestamps[i] as number);
        if (count !== values.length) {
          throw new MalformedBytes(`column ${i} has ${values.length} values, ${count} timestamps`);
        }
      });
      this.#samples += values.length;
      encodeAggregates(aggregateChunk(values), heads.counts[i - 1] ?? 0, aggregates);
    }
    this.#columns.limitMemory();
    this.#compareAggregates(aggregatesKey(slot, group), aggregates.view());
  }

  /** The stored aggregates must be those of the samples, byte by byte. */
  #compareAggregates(key: Uint8Array, expected: Uint8Array): void {
    const { dir } = this.#database;
    const value = this.#database.getSync(key);
    if (value === undefined) throw corruptBlock(dir, key, 'it is missing');
    readingValue(dir, key, () => {
      const reader = contentOf(KIND.aggregates, value);
      if (Buffer.compare(reader.raw(reader.left), expected) !== 0) {
        throw new MalformedBytes('the aggregates are not those of the samples');
      }
      const again = contentOf(KIND.aggregates, value);
      let countBefore = 0;
      for (let left = again.varint(); left > 0; left--) {
        countBefore = decodeAggregates(again, countBefore).count;
      }
    });
  }

  #count(what: string, n = 1): void {
    this.#found.set(what, (this.#found.get(what) ?? 0) + n);
  }

  /** What the header names must all be there: LevelDB loses values without an error. */
  compareCounts(): void {
    const header = this.#header;
    const expected: Record<string, number> = {
      'label pages': pages(header.pairs, PAIRS_PER_PAGE),
      'label pairs': header.pairs,
      'postings pages': pages(header.pairs, PAIRS_PER_PAGE),
      'series pages': pages(header.series, SERIES_PER_PAGE),
      series: header.series,
      tenants: header.tenantHashes.length,
    };
    header.slots.forEach((slot, i) => {
      expected[`aggregates of slot ${slot}`] = header.slotGroups[i] as number;
      expected[`columns of slot ${slot}`] = header.slotGroups[i] as number;
      expected[`histograms of slot ${slot}`] = lanesIn(header.lanes.histograms, i);
      expected[`exemplars of slot ${slot}`] = lanesIn(header.lanes.exemplars, i);
      const columns = header.slotColumns[i] as number;
      expected[`timestamp pages of slot ${slot}`] = pages(columns, TIMESTAMP_COLUMNS_PER_PAGE);
    });
    for (const [what, count] of Object.entries(expected)) {
      const found = this.#found.get(what) ?? 0;
      this.noting(() => {
        if (found === count) return;
        const why = `the block has ${found} ${what}, and the header says ${count}`;
        throw corruptBlock(this.#database.dir, HEADER_KEY, why);
      });
    }
    if (this.#samples !== header.samples) {
      const why = `the block has ${this.#samples} samples, and the header says ${header.samples}`;
      throw corruptBlock(this.#database.dir, HEADER_KEY, why);
    }
  }
}

function pages(count: number, perPage: number): number {
  return Math.ceil(count / perPage);
}

/** Under what name a value counts. */
function countedAs(parsed: ParsedKey): string {
  switch (parsed.kind) {
    case 'aggregates':
    case 'columns':
    case 'exemplars':
    case 'histograms':
      return `${parsed.kind} of slot ${parsed.slot}`;
    case 'timestamps':
      return `timestamp pages of slot ${parsed.slot}`;
    case 'labels':
      return 'label pages';
    case 'tenant':
      return 'tenants';
    default:
      return `${parsed.kind} pages`;
  }
}
