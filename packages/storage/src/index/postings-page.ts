/**
 * Postings: for each label pair the ordinals of the series that carry it, in pages along the pages
 * of pairs; each list as runs, as an array or as a bitmap, whichever is the smallest.
 * Format: docs/formats/block.md.
 */
import { ByteReader } from '../encoding/byte-reader.ts';
import { ByteWriter } from '../encoding/byte-writer.ts';
import { MalformedBytes } from '../encoding/malformed-bytes.ts';
import { countOrdinals, type OrdinalRuns, SERIES_MAX } from './ordinal-runs.ts';

const RUNS = 0;
const ARRAY = 1;
const BITMAP = 2;

/** Lists of one page, still encoded: most questions are about one of them. */
export interface PostingsPage {
  readonly lists: readonly Uint8Array[];
}

export function encodePostingsPage(lists: readonly OrdinalRuns[], out: ByteWriter): void {
  out.varint(lists.length);
  const encoded = lists.map(encodeList);
  for (const list of encoded) out.varint(list.length);
  for (const list of encoded) out.raw(list);
}

/** @throws MalformedBytes */
export function decodePostingsPage(reader: ByteReader): PostingsPage {
  const count = reader.varint();
  const lengths: number[] = [];
  for (let i = 0; i < count; i++) lengths.push(reader.varint());
  return { lists: lengths.map((length) => reader.raw(length)) };
}

function encodeList(runs: OrdinalRuns): Uint8Array {
  const out = new ByteWriter(16);
  out.u8(RUNS);
  out.varint(runs.length / 2);
  let end = 0;
  for (let i = 0; i < runs.length; i += 2) {
    out.varint((runs[i] as number) - end);
    end = runs[i + 1] as number;
    out.varint(end - (runs[i] as number) - 1);
  }
  const first = runs[0] as number;
  const span = end - first;
  const bitmapBytes = (span + 7) >>> 3;
  const count = countOrdinals(runs);
  // An array costs at least a byte an ordinal.
  if (out.length <= Math.min(bitmapBytes, count)) return out.copy();
  const asRuns = out.copy();
  out.clear();
  if (bitmapBytes < count) encodeBitmap(runs, out);
  else encodeArray(runs, count, out);
  return out.length < asRuns.length ? out.copy() : asRuns;
}

function encodeArray(runs: OrdinalRuns, count: number, out: ByteWriter): void {
  out.u8(ARRAY);
  out.varint(count);
  let next = 0;
  for (let i = 0; i < runs.length; i += 2) {
    for (let ordinal = runs[i] as number; ordinal < (runs[i + 1] as number); ordinal++) {
      out.varint(ordinal - next);
      next = ordinal + 1;
    }
  }
}

function encodeBitmap(runs: OrdinalRuns, out: ByteWriter): void {
  const first = runs[0] as number;
  const bits = new Uint8Array(((runs[runs.length - 1] as number) - first + 7) >>> 3);
  for (let i = 0; i < runs.length; i += 2) {
    for (let ordinal = runs[i] as number; ordinal < (runs[i + 1] as number); ordinal++) {
      const bit = ordinal - first;
      bits[bit >>> 3] = (bits[bit >>> 3] as number) | (1 << (bit & 7));
    }
  }
  out.u8(BITMAP);
  out.varint(first);
  out.raw(bits);
}

/** @throws MalformedBytes */
export function decodePostings(list: Uint8Array): OrdinalRuns {
  const reader = new ByteReader(list);
  const type = reader.u8();
  const bounds: number[] = [];
  const add = (start: number, end: number) => {
    if (end > SERIES_MAX) throw new MalformedBytes(`series ordinal ${end}`);
    if (bounds.length > 0 && bounds[bounds.length - 1] === start) bounds[bounds.length - 1] = end;
    else bounds.push(start, end);
  };
  if (type === RUNS) {
    let end = 0;
    for (let left = reader.varint(); left > 0; left--) {
      const start = end + reader.varint();
      end = start + reader.varint() + 1;
      add(start, end);
    }
  } else if (type === ARRAY) {
    let next = 0;
    for (let left = reader.varint(); left > 0; left--) {
      const ordinal = next + reader.varint();
      next = ordinal + 1;
      add(ordinal, next);
    }
  } else if (type === BITMAP) {
    const first = reader.varint();
    const bits = reader.raw(reader.left);
    for (let bit = 0; bit < 8 * bits.length; bit++) {
      if ((bits[bit >>> 3] as number) & (1 << (bit & 7))) add(first + bit, first + bit + 1);
    }
  } else {
    throw new MalformedBytes(`postings of unknown type ${type}`);
  }
  return Uint32Array.from(bounds);
}
