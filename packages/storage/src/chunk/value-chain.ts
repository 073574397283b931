/**
 * Value columns of neighbours in a group, where one may be written as its difference from the one
 * before: the bucket of a histogram from the bucket below. Only a run of such neighbours, a chain,
 * must be decoded for one of them. Format: docs/formats/columns.md.
 */
import { columnMemory } from '../encoding/column-memory.ts';
import { MalformedBytes } from '../encoding/malformed-bytes.ts';
import type { ColumnHeads } from './column-group.ts';

/** Longer runs of columns that each need the one before are broken by one that does not. */
export const CHAIN_MAX = 16;

const DECIMAL = 2;
const IS_DIFFERENCE = 0x20;

export interface EncodedColumn {
  readonly bytes: Uint8Array;
  /** CRC32C of `bytes`. */
  readonly checksum: number;
}

const ARENA_BYTES = 256 * 1024;
/** Columns are small and many: they share buffers, which live as long as one of them is held. */
let arena = new Uint8Array(0);
let arenaUsed = 0;

/** @param before values of the column before, as many, to be the difference from if that is less */
export function encodeColumn(values: Float64Array, before?: Float64Array): EncodedColumn {
  const memory = columnMemory();
  const encoded = memory.encode(values, before);
  const size = encoded.length;
  if (arenaUsed + size > arena.length) {
    arena = new Uint8Array(Math.max(ARENA_BYTES, size));
    arenaUsed = 0;
  }
  arena.set(encoded, arenaUsed);
  const bytes = arena.subarray(arenaUsed, arenaUsed + size);
  arenaUsed += size;
  return { bytes, checksum: memory.checksum(size) };
}

/** Whether a column can be read only after the one before it. */
export function isDifference(bytes: Uint8Array, from = 0, to = bytes.length): boolean {
  if (to - from < 2 || bytes[from] !== DECIMAL) return false;
  return ((bytes[from + 1] as number) & IS_DIFFERENCE) !== 0;
}

/** Decodes columns out of the value of one group and slot, in ascending order. */
export class ChainDecoder {
  readonly #value: Uint8Array;
  readonly #heads: ColumnHeads;
  /** The column in the memory, if it is one of this value, and how many values of it. */
  #decoded = -1;
  #decodedCount = 0;

  /** Nothing else may be decoded on this thread as long as this decoder is used. */
  constructor(value: Uint8Array, heads: ColumnHeads) {
    this.#value = value;
    this.#heads = heads;
  }

  /**
   * Decodes values [0, wanted) of a column and of those that it needs; `copy` takes them.
   *
   * @throws MalformedBytes, also where a checksum is wrong
   */
  decode(column: number, wanted = this.#heads.counts[column] as number): void {
    const { starts } = this.#heads;
    // What was decoded for others may be too short.
    if (wanted > this.#decodedCount) this.#decoded = -1;
    let first = column;
    while (first > this.#decoded + 1) {
      if (!isDifference(this.#value, starts[first], starts[first + 1])) break;
      first--;
    }
    for (let i = first; i <= column; i++) this.#decodeNext(i, wanted);
  }

  /** Copies values [from, to) of the column decoded last to out[at, ...). */
  copy(range: { readonly from: number; readonly to: number }, out: Float64Array, at = 0): void {
    columnMemory().copy(range, out, at);
  }

  #decodeNext(column: number, wanted: number): void {
    const { counts, timestamps, checksums, starts } = this.#heads;
    const count = counts[column] as number;
    const bytes = this.#value.subarray(starts[column], starts[column + 1]);
    const memory = columnMemory();
    memory.take(bytes, count);
    const checksum = memory.checksum();
    if (checksum !== checksums[column]) {
      const hex = (n: number) => `0x${n.toString(16).padStart(8, '0')}`;
      throw new MalformedBytes(
        `checksum is ${hex(checksum)}, expected ${hex(checksums[column] as number)} ` +
          `over ${bytes.length} bytes`,
      );
    }
    const before = column - 1;
    const follows =
      before >= 0 &&
      before === this.#decoded &&
      counts[before] === count &&
      timestamps[before] === timestamps[column];
    const size = memory.decode(count, follows, Math.min(wanted, count));
    if (size !== bytes.length) throw new MalformedBytes(`${bytes.length - size} bytes are left`);
    this.#decoded = column;
    this.#decodedCount = wanted;
  }
}
