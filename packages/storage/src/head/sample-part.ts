/**
 * Samples on their way into one shard's head: series by ref, samples as columns, in one piece of
 * the shard's memory.
 *
 *     address        | 8 n            | 8 n          | 4 m         | 4 (m + 1)            |
 *                    | timestamps f64 | value bits   | refs u32    | sample offsets u32   |
 *
 * n and m are the samples and series that it was laid out for. Kernels take the addresses of the
 * columns; the views are made when they are asked for.
 */
import { PAGE_BYTES, type ShardMemory } from '../memory/shard-memory.ts';
import type { TransitSpace } from '../memory/transit-space.ts';
import { assert } from '../model/assert.ts';

/** Stands for a series whose ref the sender does not know; its labels travel beside the part. */
export const REF_UNKNOWN = 0xffffffff;

/** Stands for a new series that was refused; its samples are taken out at admission. */
export const REF_REFUSED = 0xfffffffe;

/** Where a part stands. */
export interface PartPlace {
  readonly buffer: SharedArrayBuffer;
  /** A multiple of 8. */
  readonly address: number;
}

export class SamplePart {
  readonly buffer: SharedArrayBuffer;
  readonly address: number;
  /** What it is laid out for. */
  readonly seriesMax: number;
  readonly samplesMax: number;
  /** Series and samples in use. */
  seriesCount: number;
  sampleCount: number;
  /** Where admission moved samples: the number each had before; undefined where none moved. */
  movedFrom: Uint32Array | undefined;
  /** Why series were refused (REF_REFUSED), in their order; undefined where none was. */
  refusals: readonly string[] | undefined;
  #timestampsMs: Float64Array<SharedArrayBuffer> | undefined;
  #valueBits: Uint32Array<SharedArrayBuffer> | undefined;
  #refs: Uint32Array<SharedArrayBuffer> | undefined;
  #sampleOffsets: Uint32Array<SharedArrayBuffer> | undefined;

  /** Bytes of a piece for so many series and samples. */
  static bytes(seriesMax: number, samplesMax: number): number {
    return 16 * samplesMax + 8 * seriesMax + 4;
  }

  /** A part in pages of its own, which stay with it. */
  static inPages(memory: ShardMemory, seriesMax: number, samplesMax: number): SamplePart {
    const pages = Math.ceil(SamplePart.bytes(seriesMax, samplesMax) / PAGE_BYTES);
    const address = memory.allocate(pages);
    return new SamplePart({ buffer: memory.buffer, address }, seriesMax, samplesMax);
  }

  /** A part that ends with its request. @throws MonError `overloaded` */
  static inTransit(transit: TransitSpace, seriesMax: number, samplesMax: number): SamplePart {
    const address = transit.take(SamplePart.bytes(seriesMax, samplesMax));
    return new SamplePart({ buffer: transit.buffer, address }, seriesMax, samplesMax);
  }

  /** Columns at a place for so many series and samples, all of them in use. */
  constructor({ buffer, address }: PartPlace, seriesMax: number, samplesMax: number) {
    assert(address % 8 === 0, 'columns are aligned');
    this.buffer = buffer;
    this.address = address;
    this.seriesMax = seriesMax;
    this.samplesMax = samplesMax;
    this.seriesCount = seriesMax;
    this.sampleCount = samplesMax;
  }

  get timestampsAt(): number {
    return this.address;
  }

  get valueBitsAt(): number {
    return this.address + 8 * this.samplesMax;
  }

  get refsAt(): number {
    return this.address + 16 * this.samplesMax;
  }

  get sampleOffsetsAt(): number {
    return this.refsAt + 4 * this.seriesMax;
  }

  get timestampsMs(): Float64Array<SharedArrayBuffer> {
    this.#timestampsMs ??= new Float64Array(this.buffer, this.timestampsAt, this.samplesMax);
    return this.#timestampsMs;
  }

  /** [2n] low and high word of each value. */
  get valueBits(): Uint32Array<SharedArrayBuffer> {
    this.#valueBits ??= new Uint32Array(this.buffer, this.valueBitsAt, 2 * this.samplesMax);
    return this.#valueBits;
  }

  get values(): Float64Array<SharedArrayBuffer> {
    return new Float64Array(this.buffer, this.valueBitsAt, this.samplesMax);
  }

  /** [m] a series may stand here more than once. */
  get refs(): Uint32Array<SharedArrayBuffer> {
    this.#refs ??= new Uint32Array(this.buffer, this.refsAt, this.seriesMax);
    return this.#refs;
  }

  /** [m+1] */
  get sampleOffsets(): Uint32Array<SharedArrayBuffer> {
    this.#sampleOffsets ??= new Uint32Array(this.buffer, this.sampleOffsetsAt, this.seriesMax + 1);
    return this.#sampleOffsets;
  }
}
