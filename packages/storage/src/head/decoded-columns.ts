/**
 * Columns in a shard's memory that runs of samples are decoded to; they grow to the longest run.
 */
import { ScratchRow } from '../memory/scratch-row.ts';
import type { ShardMemory } from '../memory/shard-memory.ts';

const SAMPLES_MIN = 4096;

export class DecodedColumns {
  readonly #row: ScratchRow;
  #capacity = 0;
  /** Their addresses. */
  times = 0;
  valueBits = 0;
  /** Views over them, which hold until more is reserved. */
  timestampsMs: Float64Array = new Float64Array(0);
  values: Float64Array = new Float64Array(0);

  constructor(memory: ShardMemory) {
    this.#row = new ScratchRow(memory);
  }

  /** Makes room for so many samples; what was in them may be void. */
  reserve(samples: number): void {
    if (samples <= this.#capacity) return;
    const capacity = Math.max(SAMPLES_MIN, 2 * this.#capacity, samples);
    this.times = this.#row.reserve(16 * capacity);
    this.valueBits = this.times + 8 * capacity;
    this.#capacity = capacity;
    this.timestampsMs = new Float64Array(this.#row.buffer, this.times, capacity);
    this.values = new Float64Array(this.#row.buffer, this.valueBits, capacity);
  }
}
