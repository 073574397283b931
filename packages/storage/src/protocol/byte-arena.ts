/**
 * Many short byte strings in one buffer, each known by its number.
 */
import { MalformedBytes } from '../encoding/malformed-bytes.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class ByteArena {
  count = 0;
  #bytes = new Uint8Array(1024);
  /** [count+1] */
  #offsets = new Uint32Array(64);

  /** Bytes of all pieces. */
  get length(): number {
    return this.#offsets[this.count] as number;
  }

  /** Memory held. */
  get bytes(): number {
    return this.#bytes.byteLength + this.#offsets.byteLength;
  }

  add(piece: Uint8Array): void {
    const from = this.length;
    const to = from + piece.length;
    if (to > this.#bytes.length) {
      const longer = new Uint8Array(Math.max(to, 2 * this.#bytes.length));
      longer.set(this.#bytes.subarray(0, from));
      this.#bytes = longer;
    }
    if (this.count + 1 === this.#offsets.length) {
      const longer = new Uint32Array(2 * this.#offsets.length);
      longer.set(this.#offsets);
      this.#offsets = longer;
    }
    this.#bytes.set(piece, from);
    this.#offsets[++this.count] = to;
  }

  /** A view that holds until the next `add`. */
  piece(number: number): Uint8Array {
    return this.#bytes.subarray(this.#offsets[number], this.#offsets[number + 1]);
  }

  /** @throws MalformedBytes where it is not UTF-8 */
  text(number: number): string {
    try {
      return UTF8.decode(this.piece(number));
    } catch (cause) {
      throw new MalformedBytes(`symbol ${number} is not UTF-8`, cause);
    }
  }
}
