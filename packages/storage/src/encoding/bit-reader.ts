/**
 * Reads back what BitWriter wrote.
 */
import type { ByteReader } from './byte-reader.ts';

export class BitReader {
  readonly #source: ByteReader;
  #held = 0;
  #heldBits = 0;

  constructor(source: ByteReader) {
    this.#source = source;
  }

  /**
   * The next `count` bits, 0 to 32, as a number from 0.
   *
   * @throws MalformedBytes where the bytes end before
   */
  read(count: number): number {
    let word = 0;
    let left = count;
    while (left > 0) {
      if (this.#heldBits === 0) {
        this.#held = this.#source.u8();
        this.#heldBits = 8;
      }
      const taken = Math.min(left, this.#heldBits);
      this.#heldBits -= taken;
      word = (word << taken) | ((this.#held >>> this.#heldBits) & ((1 << taken) - 1));
      left -= taken;
    }
    return word >>> 0;
  }

  /** Drops the rest of a byte begun. */
  finish(): void {
    this.#heldBits = 0;
  }
}
