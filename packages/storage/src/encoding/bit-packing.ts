/**
 * Packs small unsigned integers into as few bits each, lowest bit first, and back.
 */
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { MalformedBytes } from './malformed-bytes.ts';

/** Widest value that one 32-bit load at any bit of a byte holds. */
export const PACKED_WIDTH_MAX = 24;

/** Most values in one call. */
export const PACKED_COUNT_MAX = 128;

/**
 * Room for the bits of one call and a load beyond them. Copying them here lets one unaligned load
 * of a DataView take the place of four byte loads: 1.8 instead of 3.0 ns a value.
 */
const packed = new Uint8Array((PACKED_COUNT_MAX * PACKED_WIDTH_MAX) / 8 + 4);
const packedView = new DataView(packed.buffer);

/** Bytes that `count` values of `width` bits take. */
export function packedBytes(count: number, width: number): number {
  return (count * width + 7) >>> 3;
}

/**
 * Appends the low `width` bits of values[0, count).
 *
 * @param shape width 0 to PACKED_WIDTH_MAX
 */
export function packBits(
  values: Uint32Array,
  shape: { readonly count: number; readonly width: number },
  out: ByteWriter,
): void {
  const { count, width } = shape;
  if (width === 0) return;
  const size = packedBytes(count, width);
  const bytes = out.reserve(size);
  const mask = (1 << width) - 1;
  let at = out.length;
  let held = 0;
  let heldBits = 0;
  for (let i = 0; i < count; i++) {
    held |= ((values[i] as number) & mask) << heldBits;
    heldBits += width;
    while (heldBits >= 8) {
      bytes[at++] = held;
      held >>>= 8;
      heldBits -= 8;
    }
  }
  if (heldBits > 0) bytes[at++] = held;
  out.length += size;
}

/**
 * Reads values[0, count) of `width` bits each.
 *
 * @throws MalformedBytes where the bytes end before
 */
export function unpackBits(
  reader: ByteReader,
  shape: { readonly count: number; readonly width: number },
  values: Uint32Array,
): void {
  const { count, width } = shape;
  loadPacked(reader, count, width);
  const mask = (1 << width) - 1;
  let bit = 0;
  for (let i = 0; i < count; i++) {
    values[i] = (packedView.getInt32(bit >>> 3, true) >>> (bit & 7)) & mask;
    bit += width;
  }
}

/** A run of packed entries: each is base + scale * (its bits). */
export interface PackedRun {
  readonly from: number;
  readonly to: number;
  readonly width: number;
  readonly base: number;
  readonly scale: number;
  /** Entries to which something is added, which stands after the packed bits. */
  readonly exceptions: number;
}

const positions = new Uint8Array(256);
const additions = new Float64Array(256);

/**
 * Reads out[from, to) as running sums that go on from out[from - 1]; what most of decoding is.
 *
 * @throws MalformedBytes
 */
export function unpackSums(reader: ByteReader, run: PackedRun, out: Float64Array): void {
  const { from, to, width, base, scale, exceptions } = run;
  loadPacked(reader, to - from, width);
  readExceptions(reader, run);
  const mask = (1 << width) - 1;
  let sum = out[from - 1] as number;
  let bit = 0;
  let i = from;
  for (let k = 0; k <= exceptions; k++) {
    const end = k < exceptions ? from + (positions[k] as number) : to;
    for (; i < end; i++) {
      sum += base + ((packedView.getInt32(bit >>> 3, true) >>> (bit & 7)) & mask) * scale;
      out[i] = sum;
      bit += width;
    }
    if (k < exceptions) sum += additions[k] as number;
  }
}

/**
 * Reads out[from, to), each on its own.
 *
 * @throws MalformedBytes
 */
export function unpackLevels(reader: ByteReader, run: PackedRun, out: Float64Array): void {
  const { from, to, width, base, scale, exceptions } = run;
  loadPacked(reader, to - from, width);
  readExceptions(reader, run);
  const mask = (1 << width) - 1;
  let bit = 0;
  for (let i = from; i < to; i++) {
    out[i] = base + ((packedView.getInt32(bit >>> 3, true) >>> (bit & 7)) & mask) * scale;
    bit += width;
  }
  for (let k = 0; k < exceptions; k++) {
    const i = from + (positions[k] as number);
    out[i] = (out[i] as number) + (additions[k] as number);
  }
}

/** Positions, ascending, and what is added there. */
function readExceptions(reader: ByteReader, run: PackedRun): void {
  const top = 2 ** run.width * run.scale;
  let next = 0;
  for (let k = 0; k < run.exceptions; k++) {
    const position = reader.u8();
    if (position < next || position >= run.to - run.from) {
      throw new MalformedBytes(`exception at ${position} of ${run.to - run.from} entries`);
    }
    positions[k] = position;
    additions[k] = top * reader.signed();
    next = position + 1;
  }
}

function loadPacked(reader: ByteReader, count: number, width: number): void {
  const size = packedBytes(count, width);
  const from = reader.skip(size);
  packed.set(reader.bytes.subarray(from, from + size));
}
