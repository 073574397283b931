/**
 * Memory of a thread's own for the kernels that turn columns into bytes and back
 * (`kernels/value-column.ts`), and calls of these.
 *
 * A column may be written as its difference from another, which a reader must have decoded just
 * before: so what is decoded stays until the next column is.
 */
import { loadKernel } from '../memory/load-kernel.ts';
import { Wasm } from '../memory/web-assembly.ts';
import { assert } from '../model/assert.ts';
import { MalformedBytes } from './malformed-bytes.ts';

interface ColumnKernel {
  encodeColumn(
    values: number,
    count: number,
    reference: number,
    out: number,
    scratch: number,
  ): number;
  decodeColumn(
    from: number,
    to: number,
    count: number,
    wanted: number,
    reference: number,
    values: number,
    scratch: number,
  ): number;
}

interface AggregateKernel {
  aggregateColumn(values: number, count: number, out: number): number;
}

interface ChecksumKernel {
  prepareChecksum(tables: number): void;
  checksum(tables: number, from: number, to: number, seed: number): number;
}

const PAGE_BYTES = 64 * 1024;
/** 4 GiB. */
const PAGES_MAX = 65536;
/** Address 0 stands for nothing. */
const CHECKSUM_TABLES = 1024;
const CHECKSUM_TABLE_BYTES = 8 * 1024;
const FIRST = CHECKSUM_TABLES + CHECKSUM_TABLE_BYTES;
/** What the kernel asks for; the scratch space is memory after the bytes. */
const BYTES_PER_VALUE = 12;
const BYTES_MIN = 1024;
const SCRATCH_PER_VALUE = 40;
const SCRATCH_MIN = 16 * 1024;
/** Values of one column, so that all of it fits into the memory. */
export const COLUMN_VALUES_MAX = 2 ** 25;
const COUNT_AT_FIRST = 1024;

class ColumnMemory {
  readonly #memory = new Wasm.Memory({ initial: 1, maximum: PAGES_MAX, shared: true });
  readonly #columns = loadKernel<ColumnKernel & AggregateKernel>('value-column', this.#memory);
  readonly #checksums = loadKernel<ChecksumKernel>('checksum', this.#memory);
  #capacity = 0;
  #values = new Float64Array(this.#memory.buffer);
  #bytes = new Uint8Array(this.#memory.buffer);
  /** Addresses: the values of this column, those of the one before, bytes, scratch. */
  #current = FIRST;
  #before = FIRST;
  #input = FIRST;
  #scratch = FIRST;
  /** Bytes taken in. */
  #size = 0;

  constructor() {
    this.#checksums.prepareChecksum(CHECKSUM_TABLES);
    this.#makeRoom(COUNT_AT_FIRST);
  }

  /** A view of the column's bytes, valid until the next call. */
  encode(values: Float64Array, reference?: Float64Array): Uint8Array {
    const count = values.length;
    assert(count > 0 && (reference?.length ?? count) === count, 'a column of uneven length');
    this.#makeRoom(count);
    this.#values.set(values, this.#current / 8);
    if (reference !== undefined) this.#values.set(reference, this.#before / 8);
    const size = this.#columns.encodeColumn(
      this.#current,
      count,
      reference === undefined ? 0 : this.#before,
      this.#input,
      this.#scratch,
    );
    return this.#bytes.subarray(this.#input, this.#input + size);
  }

  /**
   * Counts, sums and compares the values of the column encoded or decoded last.
   *
   * @param out [5] first, last, smallest, largest, sum
   * @returns 0: a value is not finite; 1: all but the sum; 2: the sum too is exact
   */
  aggregate(count: number, out: Float64Array): number {
    const found = this.#columns.aggregateColumn(this.#current, count, this.#scratch);
    out.set(this.#values.subarray(this.#scratch / 8, this.#scratch / 8 + 5));
    return found;
  }

  /** Takes bytes of a column in; what lies beyond the most that it can take is left away. */
  take(bytes: Uint8Array, count: number): void {
    this.#makeRoom(count);
    this.#size = Math.min(bytes.length, BYTES_PER_VALUE * count + BYTES_MIN);
    this.#bytes.set(this.#size < bytes.length ? bytes.subarray(0, this.#size) : bytes, this.#input);
  }

  /** CRC32C of the bytes taken in or written last. */
  checksum(size = this.#size): number {
    return this.#checksums.checksum(CHECKSUM_TABLES, this.#input, this.#input + size, 0) >>> 0;
  }

  /**
   * Decodes the bytes taken in.
   *
   * @param follows whether the column may be the difference from the one decoded before
   * @param wanted how many of its values are needed, from the first on; where not all are, the
   *   bytes must end with the column
   * @returns how many of the bytes were the column
   * @throws MalformedBytes
   */
  decode(count: number, follows: boolean, wanted = count): number {
    [this.#current, this.#before] = [this.#before, this.#current];
    const size = this.#columns.decodeColumn(
      this.#input,
      this.#input + this.#size,
      count,
      wanted,
      follows ? this.#before : 0,
      this.#current,
      this.#scratch,
    );
    if (size === 0) throw new MalformedBytes(`no column of ${count} values`);
    return size;
  }

  /** Copies values [from, to) of the column decoded last to out[at, ...). */
  copy(range: { readonly from: number; readonly to: number }, out: Float64Array, at = 0): void {
    const start = this.#current / 8;
    out.set(this.#values.subarray(start + range.from, start + range.to), at);
  }

  #makeRoom(count: number): void {
    if (count <= this.#capacity) return;
    assert(count <= COLUMN_VALUES_MAX, `a column of ${count} values`);
    let capacity = COUNT_AT_FIRST;
    while (capacity < count) capacity *= 2;
    this.#capacity = capacity;
    this.#current = FIRST;
    this.#before = this.#current + 8 * capacity;
    this.#input = this.#before + 8 * capacity;
    this.#scratch = this.#input + BYTES_PER_VALUE * capacity + BYTES_MIN;
    assert(this.#scratch % 8 === 0, 'values lie at multiples of 8');
    const end = this.#scratch + SCRATCH_PER_VALUE * capacity + SCRATCH_MIN;
    const missing = Math.ceil(end / PAGE_BYTES) - this.#memory.buffer.byteLength / PAGE_BYTES;
    if (missing > 0) this.#memory.grow(missing);
    this.#values = new Float64Array(this.#memory.buffer, 0, Math.floor(end / 8));
    this.#bytes = new Uint8Array(this.#memory.buffer, 0, end);
  }
}

let memory: ColumnMemory | undefined;

/** The memory of this thread. */
export function columnMemory(): ColumnMemory {
  memory ??= new ColumnMemory();
  return memory;
}
