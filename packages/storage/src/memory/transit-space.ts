/**
 * A bounded range of a shard's memory, dealt out for the time of a request: bodies, parts, records.
 *
 * One thread deals it out; others read what they are told the address of, until they answer. The
 * range is there from the start, so that a view made then covers it for ever. First fit, in units
 * of 16 KiB: what is in use stays at the beginning, and the rest is never touched.
 */
import { assert } from '../model/assert.ts';
import { MonError } from '../model/error.ts';

export const UNIT_BYTES = 16 * 1024;

export class TransitSpace {
  readonly buffer: SharedArrayBuffer;
  readonly #start: number;
  /** By unit: 0 where it is free or within a piece, else the units of the piece that starts here. */
  readonly #units: Uint32Array;
  /** All units before this one are in use. */
  #lowest = 0;
  #used = 0;

  constructor(
    buffer: SharedArrayBuffer,
    range: { readonly start: number; readonly bytes: number },
  ) {
    this.buffer = buffer;
    this.#start = range.start;
    this.#units = new Uint32Array(Math.floor(range.bytes / UNIT_BYTES));
  }

  get bytes(): number {
    return this.#units.length * UNIT_BYTES;
  }

  get bytesUsed(): number {
    return this.#used * UNIT_BYTES;
  }

  /**
   * The address of a piece of at least so many bytes, with anything in it.
   *
   * @throws MonError `overloaded`
   */
  take(bytes: number): number {
    const address = this.find(bytes);
    if (address !== 0) return address;
    throw new MonError({
      code: 'overloaded',
      what: 'Cannot take the samples',
      why: `requests under way hold ${this.bytesUsed} of ${this.bytes} bytes`,
      mend: 'Send again after a pause, with fewer connections or smaller bodies.',
      retryable: true,
    });
  }

  /** As `take`; 0 where no room is left. */
  find(bytes: number): number {
    const units = this.#units;
    const wanted = Math.max(1, Math.ceil(bytes / UNIT_BYTES));
    let from = this.#lowest;
    while (from + wanted <= units.length) {
      let free = 0;
      while (free < wanted && units[from + free] === 0) free++;
      if (free === wanted) return this.#claim(from, wanted);
      from += free;
      from += units[from] as number;
    }
    return 0;
  }

  /** Gives back a piece that nobody looks at any more. */
  give(address: number): void {
    const from = (address - this.#start) / UNIT_BYTES;
    const count = this.#units[from] ?? 0;
    assert(count > 0, 'a piece that was never dealt out');
    this.#units[from] = 0;
    this.#used -= count;
    this.#lowest = Math.min(this.#lowest, from);
  }

  #claim(from: number, count: number): number {
    this.#units[from] = count;
    this.#used += count;
    let lowest = this.#lowest;
    while (lowest < this.#units.length && this.#units[lowest] !== 0) {
      lowest += this.#units[lowest] as number;
    }
    this.#lowest = lowest;
    return this.#start + from * UNIT_BYTES;
  }
}
