/**
 * The request at hand as columns in the shard's memory, one entry a series: where all decoders
 * leave what they read, and all kernels of the way to the parts look. The frame that kernels take:
 * `kernels/parts/request-frame.ts`.
 *
 * One request at a time; views are taken anew after `reserve`.
 */
import { ScratchRow } from '../memory/scratch-row.ts';
import type { ShardMemory } from '../memory/shard-memory.ts';

const SERIES_COUNT = 2;
const SAMPLE_COUNT = 3;
const FRAME_WORDS = 16;
export const HASH_WORDS = 4;
/** Laid out for so many at first; 2,500 series of one sample are usual. */
const ROOM_MIN = 4096;

type Words = Uint32Array<SharedArrayBuffer>;

export class RequestColumns {
  readonly #memory: ShardMemory;
  readonly #row: ScratchRow;
  readonly #shards: number;
  seriesMax = 0;
  samplesMax = 0;
  #frame!: Words;
  /** Addresses of TimeSeries messages and of their label fields; only bodies have them. */
  seriesFrom!: Words;
  seriesTo!: Words;
  labelsFrom!: Words;
  labelsTo!: Words;
  /** [n+1] */
  sampleOffsets!: Words;
  refs!: Words;
  /** Shard of each series; `shards` for one that goes nowhere. */
  owners!: Words;
  /** By shard: series and samples. */
  counts!: Words;
  /** Words of each series' hash. */
  hashes!: Int32Array<SharedArrayBuffer>;
  timestampsMs!: Float64Array<SharedArrayBuffer>;
  valueBits!: Words;

  constructor(memory: ShardMemory, shards: number) {
    this.#memory = memory;
    this.#row = new ScratchRow(memory);
    this.#shards = shards;
    this.reserve(ROOM_MIN, ROOM_MIN);
  }

  /** Address of the frame. */
  get frameAt(): number {
    return this.#frame.byteOffset;
  }

  get seriesCount(): number {
    return this.#frame[SERIES_COUNT] as number;
  }

  get sampleCount(): number {
    return this.#frame[SAMPLE_COUNT] as number;
  }

  setCounts(series: number, samples: number): void {
    this.#frame[SERIES_COUNT] = series;
    this.#frame[SAMPLE_COUNT] = samples;
  }

  /** Counts a series for the shard that owns it. */
  give(series: number, owner: number): void {
    const samples =
      (this.sampleOffsets[series + 1] as number) - (this.sampleOffsets[series] as number);
    this.owners[series] = owner;
    this.counts[2 * owner] = (this.counts[2 * owner] as number) + 1;
    this.counts[2 * owner + 1] = (this.counts[2 * owner + 1] as number) + samples;
  }

  /** Makes room; what was there before is void where it has to move. */
  reserve(series: number, samples: number): void {
    if (series <= this.seriesMax && samples <= this.samplesMax) return;
    this.seriesMax = Math.max(series, this.seriesMax);
    this.samplesMax = Math.max(samples, this.samplesMax);
    const shards = this.#shards;
    const wide = 16 * this.samplesMax + 4 * HASH_WORDS * this.seriesMax;
    const narrow = 4 * (7 * this.seriesMax + 1 + 2 * shards + FRAME_WORDS);
    let at = this.#row.reserve(wide + narrow);
    const { buffer } = this.#memory;
    this.timestampsMs = new Float64Array(buffer, at, this.samplesMax);
    this.valueBits = new Uint32Array(buffer, at + 8 * this.samplesMax, 2 * this.samplesMax);
    at += 16 * this.samplesMax;
    this.hashes = new Int32Array(buffer, at, HASH_WORDS * this.seriesMax);
    at += 4 * HASH_WORDS * this.seriesMax;
    const words = (length: number): Words => {
      const column = new Uint32Array(buffer, at, length);
      at += 4 * length;
      return column;
    };
    this.seriesFrom = words(this.seriesMax);
    this.seriesTo = words(this.seriesMax);
    this.labelsFrom = words(this.seriesMax);
    this.labelsTo = words(this.seriesMax);
    this.sampleOffsets = words(this.seriesMax + 1);
    this.refs = words(this.seriesMax);
    this.owners = words(this.seriesMax);
    this.counts = words(2 * shards);
    this.#frame = words(FRAME_WORDS);
    const columns = [this.seriesFrom, this.seriesTo, this.labelsFrom, this.labelsTo];
    const rest = [this.sampleOffsets, this.timestampsMs, this.valueBits, this.hashes, this.refs];
    const addresses = [...columns, ...rest, this.owners].map(({ byteOffset }) => byteOffset);
    const room = [this.seriesMax, this.samplesMax, 0, 0];
    this.#frame.set([...room, ...addresses, shards, this.counts.byteOffset]);
  }
}
