/**
 * Series of the request at hand that the cache does not know: their canonical labels, collected,
 * and dealt out to the shards that own them as rows and bytes.
 *
 * Labels that stand in the shard's memory pass a kernel; what that does not take, and what comes as
 * strings, is checked by `model/label-rules.ts`, which names the fault.
 */
import { SERIES_ROW, SERIES_ROW_HASH, SERIES_ROW_WORDS } from '../head/series-table.ts';
import { CANONICAL_BYTES_MAX, writeCanonicalLabels } from '../index/canonical-labels.ts';
import {
  LABEL_PAIR_BYTES,
  type LabelsKernel,
  PLACING,
  PLACING_WORDS,
} from '../index/labels-kernel.ts';
import { type HashKey, SHARD_TAG, shardOf } from '../index/series-hash.ts';
import { loadKernel } from '../memory/load-kernel.ts';
import { ScratchRow } from '../memory/scratch-row.ts';
import type { ShardMemory } from '../memory/shard-memory.ts';
import type { TransitSpace } from '../memory/transit-space.ts';
import { checkLabelPairs, LABELS_MAX, type LabelFault } from '../model/label-rules.ts';
import type { TenantId } from '../model/tenant.ts';
import type { RequestColumns } from './request-columns.ts';

const ROW_BYTES = 4 * SERIES_ROW_WORDS;
const HASH_WORDS = 4;
/** Scratch: key, prefix, pairs, room for what is hashed. */
const PREFIX_AT = 16;
const PREFIX_BYTES_MAX = 8192;
const PAIRS_AT = PREFIX_AT + PREFIX_BYTES_MAX;
/** More pairs than are taken, since those with an empty value do not count. */
const PAIRS_MAX = 4 * LABELS_MAX;
const HASHED_AT = PAIRS_AT + PAIRS_MAX * LABEL_PAIR_BYTES;
const PLACING_AT = Math.ceil((HASHED_AT + CANONICAL_BYTES_MAX + PREFIX_BYTES_MAX) / 8) * 8;
const COUNTS_AT = PLACING_AT + 4 * PLACING_WORDS;

/** Unknown series of one shard, in transit: rows, then their labels. */
export interface UnknownPart {
  readonly address: number;
  readonly count: number;
  readonly bytes: number;
}

export class UnknownSeries {
  readonly #memory: ShardMemory;
  readonly #kernel: LabelsKernel;
  readonly #transit: TransitSpace;
  readonly #shards: number;
  readonly #scratch: ScratchRow;
  readonly #scratchAt: number;
  readonly #rows: ScratchRow;
  readonly #labels: ScratchRow;
  /** Rows that there is room for, and bytes of labels. */
  #rowsMax = 0;
  #labelBytesMax = 0;
  #count = 0;
  #labelBytes = 0;
  #prefixBytes = 0;
  #view: Int32Array | undefined;
  /** By shard: rows, and bytes of labels. */
  readonly #counts: Uint32Array<SharedArrayBuffer>;
  readonly #placing: Uint32Array<SharedArrayBuffer>;

  constructor(setup: {
    readonly key: HashKey;
    readonly shards: number;
    readonly memory: ShardMemory;
    readonly transit: TransitSpace;
  }) {
    const { memory } = setup;
    this.#memory = memory;
    this.#kernel = loadKernel<LabelsKernel>('labels', memory.memory);
    this.#transit = setup.transit;
    this.#shards = setup.shards;
    this.#scratch = new ScratchRow(memory);
    this.#scratchAt = this.#scratch.reserve(COUNTS_AT + 8 * setup.shards);
    this.#rows = new ScratchRow(memory);
    this.#labels = new ScratchRow(memory);
    const { buffer } = memory;
    this.#placing = new Uint32Array(buffer, this.#scratchAt + PLACING_AT, PLACING_WORDS);
    this.#counts = new Uint32Array(buffer, this.#scratchAt + COUNTS_AT, 2 * setup.shards);
    memory.bytes.set(setup.key, this.#scratchAt);
  }

  /**
   * Forgets the request before.
   *
   * @param count series that may be added
   * @param labelBytes bytes that their labels may take beside those that come as strings
   */
  begin(tenant: TenantId, count: number, labelBytes: number): void {
    this.#count = 0;
    this.#labelBytes = 0;
    this.#counts.fill(0);
    this.#rowsMax = count;
    this.#labelBytesMax = labelBytes + CANONICAL_BYTES_MAX;
    this.#rows.reserve(count * ROW_BYTES);
    this.#labels.reserve(this.#labelBytesMax);
    const prefix = Buffer.from(`\0${tenant}\0`);
    prefix[0] = SHARD_TAG;
    prefix[prefix.length - 1] = 0xff;
    this.#memory.bytes.set(prefix, this.#scratchAt + PREFIX_AT);
    this.#prefixBytes = prefix.length;
  }

  /** Bytes that the label fields (remote write 1.0) of a request's unknown series have. */
  fieldBytes(columns: RequestColumns): number {
    return this.#kernel.unknownBytes(columns.frameAt);
  }

  /**
   * Adds a request's unknown series from one on, whose label fields stand in the memory, and gives
   * each to the shard that owns it.
   *
   * @returns the first whose labels are to be looked at one by one, else their number
   */
  placeFields(columns: RequestColumns, series: number): number {
    const at = this.#scratchAt;
    const labels = this.#labels.reserve(this.#labelBytesMax);
    this.#placing.set([
      ...[at + PAIRS_AT, PAIRS_MAX, at, at + PREFIX_AT, this.#prefixBytes, at + HASHED_AT],
      ...[labels + this.#labelBytes, labels + this.#labelBytesMax],
      ...[this.#rows.reserve(this.#rowsMax * ROW_BYTES), this.#count, this.#counts.byteOffset],
    ]);
    const end = this.#kernel.placeUnknown(columns.frameAt, series, this.#placing.byteOffset);
    this.#count = this.#placing[PLACING.rowCount] as number;
    this.#labelBytes = (this.#placing[PLACING.labels] as number) - labels;
    return end;
  }

  /** Adds a series as sent: the shard that owns it, or what is wrong with it. */
  addPairs(pairs: readonly string[], hash: Int32Array | undefined): number | LabelFault {
    const check = checkLabelPairs(pairs);
    if (check.kind === 'fault') return check.fault;
    this.#reserve();
    const out = this.#labels.reserve(this.#labelBytesMax) + this.#labelBytes;
    const text = Buffer.from(this.#memory.buffer);
    const bytes = writeCanonicalLabels(check.labels, text, out) - out;
    const row = this.#rows.reserve(this.#rowsMax * ROW_BYTES) + this.#count * ROW_BYTES;
    const words = this.#words();
    words[row / 4 + SERIES_ROW.at] = out;
    words[row / 4 + SERIES_ROW.bytes] = bytes;
    words[row / 4 + SERIES_ROW.shardHash] = this.#kernel.shardHash(
      ...([this.#scratchAt, this.#scratchAt + PREFIX_AT, this.#prefixBytes] as const),
      ...([out, out + bytes, this.#scratchAt + HASHED_AT] as const),
    );
    return this.#added(row, hash, 0);
  }

  /** Hands a shard's series over; the piece of transit is the caller's. @throws MonError */
  take(owner: number): UnknownPart | undefined {
    const count = this.#counts[2 * owner] as number;
    if (count === 0) return undefined;
    const bytes = count * ROW_BYTES + (this.#counts[2 * owner + 1] as number);
    const address = this.#transit.take(bytes);
    const rows = this.#rows.reserve(this.#rowsMax * ROW_BYTES);
    this.#kernel.collectRows(
      ...([rows, this.#count, this.#shards, owner] as const),
      ...([address, address + count * ROW_BYTES] as const),
    );
    return { address, count, bytes };
  }

  /** Gives back what `take` handed over. */
  give(part: UnknownPart | undefined): void {
    if (part !== undefined) this.#transit.give(part.address);
  }

  #added(row: number, hashes: Int32Array | undefined, hashAt: number): number {
    const words = this.#words();
    const at = row / 4;
    for (let i = 0; i < HASH_WORDS; i++) {
      words[at + SERIES_ROW_HASH + i] = hashes === undefined ? 0 : (hashes[hashAt + i] as number);
    }
    const owner = shardOf((words[at + SERIES_ROW.shardHash] as number) >>> 0, this.#shards);
    const bytes = words[at + SERIES_ROW.bytes] as number;
    this.#counts[2 * owner] = (this.#counts[2 * owner] as number) + 1;
    this.#counts[2 * owner + 1] = (this.#counts[2 * owner + 1] as number) + bytes;
    this.#count++;
    this.#labelBytes += bytes;
    return owner;
  }

  /** All of the memory. */
  #words(): Int32Array {
    const { buffer } = this.#memory;
    if (this.#view?.buffer !== buffer) this.#view = new Int32Array(buffer);
    return this.#view;
  }

  /** Makes room for a series of any size; what was there moves. */
  #reserve(): void {
    if (this.#labelBytes + CANONICAL_BYTES_MAX <= this.#labelBytesMax) return;
    const before = this.#labels.reserve(this.#labelBytesMax);
    const kept = this.#memory.bytes.slice(before, before + this.#labelBytes);
    this.#labelBytesMax = 2 * this.#labelBytesMax + CANONICAL_BYTES_MAX;
    const after = this.#labels.reserve(this.#labelBytesMax);
    this.#memory.bytes.set(kept, after);
    const rows = this.#rows.reserve(this.#rowsMax * ROW_BYTES);
    const words = new Uint32Array(this.#memory.buffer, rows, this.#count * SERIES_ROW_WORDS);
    for (let i = 0; i < words.length; i += SERIES_ROW_WORDS) {
      words[i] = (words[i] as number) - before + after;
    }
  }
}
