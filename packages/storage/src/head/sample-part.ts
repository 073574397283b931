/**
 * Samples on their way into one shard's head: series by ref, samples as columns, in one buffer so
 * that it moves between threads without a copy.
 */
import { assert } from '../model/assert.ts';

/** Stands for a series whose ref the sender does not know; its labels travel beside the part. */
export const REF_UNKNOWN = 0xffffffff;

export class SamplePart {
  readonly buffer: ArrayBuffer;
  /** Series and samples in use; the columns may be longer. */
  seriesCount: number;
  sampleCount: number;
  readonly timestampsMs: Float64Array<ArrayBuffer>;
  readonly values: Float64Array<ArrayBuffer>;
  /** The words of `values`. */
  readonly valueBits: Uint32Array<ArrayBuffer>;
  /** [m] a series may stand here more than once. */
  readonly refs: Uint32Array<ArrayBuffer>;
  /** [m+1] */
  readonly sampleOffsets: Uint32Array<ArrayBuffer>;

  /** Where admission moved samples: the number each had before; undefined where none moved. */
  movedFrom: Uint32Array | undefined;

  /** Bytes of a buffer for so many series and samples. */
  static bytes(seriesCount: number, sampleCount: number): number {
    return 16 * sampleCount + 8 * seriesCount + 4;
  }

  /** Columns over `buffer`, or over a new one, for so many series and samples. */
  constructor(seriesCount: number, sampleCount: number, buffer?: ArrayBuffer) {
    const bytes = SamplePart.bytes(seriesCount, sampleCount);
    this.buffer = buffer ?? new ArrayBuffer(bytes);
    assert(this.buffer.byteLength >= bytes, 'buffer of samples is too short');
    this.seriesCount = seriesCount;
    this.sampleCount = sampleCount;
    this.timestampsMs = new Float64Array(this.buffer, 0, sampleCount);
    this.values = new Float64Array(this.buffer, 8 * sampleCount, sampleCount);
    this.valueBits = new Uint32Array(this.buffer, 8 * sampleCount, 2 * sampleCount);
    this.refs = new Uint32Array(this.buffer, 16 * sampleCount, seriesCount);
    const offsetsAt = 16 * sampleCount + 4 * seriesCount;
    this.sampleOffsets = new Uint32Array(this.buffer, offsetsAt, seriesCount + 1);
  }
}
