/**
 * Appends single bits to a ByteWriter, from the highest of a byte down.
 */
import type { ByteWriter } from './byte-writer.ts';

export class BitWriter {
  readonly #out: ByteWriter;
  #held = 0;
  #free = 8;

  constructor(out: ByteWriter) {
    this.#out = out;
  }

  /** Writes the low `count` bits of `word`, highest first; count 0 to 32. */
  write(word: number, count: number): void {
    let left = count;
    while (left > 0) {
      const taken = Math.min(left, this.#free);
      const piece = (word >>> (left - taken)) & ((1 << taken) - 1);
      this.#held |= piece << (this.#free - taken);
      this.#free -= taken;
      left -= taken;
      if (this.#free === 0) this.flush();
    }
  }

  /** Writes out a byte begun, its rest zero. */
  flush(): void {
    if (this.#free === 8) return;
    this.#out.u8(this.#held);
    this.#held = 0;
    this.#free = 8;
  }
}
