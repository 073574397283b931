/**
 * Unpacks snappy blocks into one buffer that is used again and again.
 *
 * As fast as the native module where that allocates, faults in and frees a megabyte a body, and a
 * third faster with what that costs the garbage collector. Four bytes a step: copies run over their
 * end into slack behind it, which later bytes overwrite. Format: google/snappy
 * format_description.txt.
 */
import { MonError } from '../model/error.ts';

/** Largest plain size a body may unpack to. */
export const PLAIN_BYTES_MAX = 128 * 1024 * 1024;

/** Bytes that a copy may run over the end of what it copies. */
const SLACK_BYTES = 16;
/** A buffer larger than this is not kept for the next block. */
const KEPT_BYTES_MAX = 4 * 1024 * 1024;
const LITERAL = 0;
const COPY_1 = 1;
const COPY_2 = 2;
/** Longer literals are moved by `set`. */
const LOOP_BYTES_MAX = 64;

export class SnappyUnpacker {
  #out = new Uint8Array(256 * 1024);

  /**
   * The plain bytes of one block, a view that holds until the next call.
   *
   * @throws MonError `bad-body`
   */
  unpack(packed: Uint8Array, plainBytesMax: number = PLAIN_BYTES_MAX): Uint8Array<ArrayBuffer> {
    const { plainBytes, at } = readPlainBytes(packed);
    if (plainBytes > plainBytesMax) {
      const why = `it unpacks to ${plainBytes} bytes, at most ${plainBytesMax} are taken`;
      throw snappyError(why, 'Send smaller batches.');
    }
    let out = this.#out;
    if (plainBytes + SLACK_BYTES > out.length) {
      out = new Uint8Array(Math.max(plainBytes + SLACK_BYTES, out.length * 2));
      if (out.length <= KEPT_BYTES_MAX) this.#out = out;
    }
    unpackElements(packed, at, out, plainBytes);
    return out.subarray(0, plainBytes);
  }
}

/** The plain size that the block's varint prefix names, and where the elements start. */
export function readPlainBytes(packed: Uint8Array): { plainBytes: number; at: number } {
  let plainBytes = 0;
  for (let i = 0; i < 5; i++) {
    const byte = packed[i];
    if (byte === undefined) throw snappyError(`it ends at byte ${i}, within the length prefix`);
    plainBytes += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { plainBytes, at: i + 1 };
  }
  throw snappyError('its length prefix is longer than 5 bytes (at byte 0)');
}

/** Fills `out[0, end)`; `out` has slack behind that. */
function unpackElements(packed: Uint8Array, from: number, out: Uint8Array, end: number): void {
  const packedView = new DataView(packed.buffer, packed.byteOffset, packed.length);
  const outView = new DataView(out.buffer, out.byteOffset, out.length);
  const packedBytes = packed.length;
  let i = from;
  let o = 0;
  while (i < packedBytes) {
    const tag = packed[i] as number;
    const kind = tag & 3;
    if (kind === LITERAL) {
      const extra = tag < 240 ? 0 : (tag >>> 2) - 59;
      const bytes = extra === 0 ? (tag >>> 2) + 1 : littleEndian(packed, i + 1, extra) + 1;
      i += 1 + extra;
      if (bytes > packedBytes - i) throw damaged(i, 'a literal ends behind the block');
      if (bytes > end - o) throw damaged(i, 'it holds more than its length prefix says');
      if (bytes <= SLACK_BYTES && i + SLACK_BYTES <= packedBytes) {
        for (let k = 0; k < bytes; k += 4) {
          outView.setInt32(o + k, packedView.getInt32(i + k, true), true);
        }
      } else if (bytes <= LOOP_BYTES_MAX) {
        for (let k = 0; k < bytes; k++) out[o + k] = packed[i + k] as number;
      } else out.set(packed.subarray(i, i + bytes), o);
      i += bytes;
      o += bytes;
      continue;
    }
    let bytes = (tag >>> 2) + 1;
    let distance: number;
    if (kind === COPY_1) {
      if (i + 2 > packedBytes) throw damaged(i, 'the block ends within a copy');
      bytes = ((tag >>> 2) & 7) + 4;
      distance = ((tag >>> 5) << 8) | (packed[i + 1] as number);
      i += 2;
    } else {
      const width = kind === COPY_2 ? 2 : 4;
      if (i + 1 + width > packedBytes) throw damaged(i, 'the block ends within a copy');
      distance = littleEndian(packed, i + 1, width);
      i += 1 + width;
    }
    if (distance === 0 || distance > o) throw damaged(i, 'a copy starts before the data');
    if (bytes > end - o) throw damaged(i, 'it holds more than its length prefix says');
    copyWithin(out, outView, { to: o, distance, bytes });
    o += bytes;
  }
  if (o !== end) throw damaged(i, `it holds ${o} bytes, its length prefix says ${end}`);
}

/** Repeats what stands `distance` before; the two may overlap, as in run-length coding. */
function copyWithin(
  out: Uint8Array,
  view: DataView,
  { to, distance, bytes }: { to: number; distance: number; bytes: number },
): void {
  const end = to + bytes;
  let from = to - distance;
  if (distance < 4) {
    for (let at = to; at < end; at++) out[at] = out[from++] as number;
    return;
  }
  for (let at = to; at < end; at += 4, from += 4) {
    view.setInt32(at, view.getInt32(from, true), true);
  }
}

function littleEndian(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let k = width - 1; k >= 0; k--) value = value * 256 + (bytes[at + k] ?? 0);
  return value;
}

function damaged(at: number, why: string): MonError {
  return snappyError(`${why} (at byte ${at} of the packed body)`);
}

function snappyError(
  why: string,
  mend = 'Send a remote-write body in the snappy block format (not the framed one).',
): MonError {
  return new MonError({
    code: 'bad-body',
    what: 'Cannot unpack the request body as snappy',
    why,
    mend,
  });
}
