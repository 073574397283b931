/**
 * Writes and reads the entries of one block as its packing says: low bits in planes of 24 bits,
 * then a position and a high part for each exception. Format: docs/formats/columns.md.
 */
import { PACKED_WIDTH_MAX, packBits, unpackBits } from './bit-packing.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { MalformedBytes } from './malformed-bytes.ts';
import { BLOCK_ENTRIES_MAX, type Packing } from './packing-plan.ts';

const PLANE = 2 ** PACKED_WIDTH_MAX;
const plane = new Uint32Array(BLOCK_ENTRIES_MAX);
const rests = new Float64Array(BLOCK_ENTRIES_MAX);

/** What a reader must know to read a block. */
export interface PackedShape {
  readonly count: number;
  readonly width: number;
  readonly exceptions: number;
}

/** Appends `entries`; base, width and number of exceptions are for the caller to write. */
export function writePacked(entries: Float64Array, plan: Packing, out: ByteWriter): void {
  const { base, width } = plan;
  const count = entries.length;
  const top = 2 ** width;
  for (let i = 0; i < count; i++) {
    const offset = (entries[i] as number) - base;
    rests[i] = plan.exceptions === 0 ? offset : offset - top * Math.floor(offset / top);
  }
  for (let left = width; left > 0; left -= PACKED_WIDTH_MAX) {
    if (left <= PACKED_WIDTH_MAX) {
      for (let i = 0; i < count; i++) plane[i] = rests[i] as number;
    } else {
      for (let i = 0; i < count; i++) {
        const above = Math.floor((rests[i] as number) / PLANE);
        plane[i] = (rests[i] as number) - above * PLANE;
        rests[i] = above;
      }
    }
    packBits(plane, { count, width: Math.min(left, PACKED_WIDTH_MAX) }, out);
  }
  if (plan.exceptions === 0) return;
  for (let i = 0; i < count; i++) {
    const highPart = Math.floor(((entries[i] as number) - base) / top);
    if (highPart === 0) continue;
    out.u8(i);
    out.signed(highPart);
  }
}

/**
 * Reads entries[0, count), each less the base.
 *
 * @throws MalformedBytes
 */
export function readPacked(reader: ByteReader, shape: PackedShape, entries: Float64Array): void {
  const { count, width, exceptions } = shape;
  let scale = 1;
  unpackBits(reader, { count, width: Math.min(width, PACKED_WIDTH_MAX) }, plane);
  for (let i = 0; i < count; i++) entries[i] = plane[i] as number;
  for (let left = width - PACKED_WIDTH_MAX; left > 0; left -= PACKED_WIDTH_MAX) {
    scale *= PLANE;
    unpackBits(reader, { count, width: Math.min(left, PACKED_WIDTH_MAX) }, plane);
    for (let i = 0; i < count; i++) {
      entries[i] = (entries[i] as number) + scale * (plane[i] as number);
    }
  }
  const top = 2 ** width;
  for (let k = 0; k < exceptions; k++) {
    const position = reader.u8();
    if (position >= count) throw new MalformedBytes(`exception at ${position} of ${count} entries`);
    entries[position] = (entries[position] as number) + top * reader.signed();
  }
}
