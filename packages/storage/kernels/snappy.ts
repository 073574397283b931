// Unpacks one snappy block. Twin: src/protocol/snappy-unpacker.ts, which also says what is wrong
// with a block that is refused here. Format: google/snappy format_description.txt.
// Sixteen bytes a step: copies run over their end into slack, which later bytes overwrite, and
// reads of the block run over its end, so the caller leaves SLACK_BYTES behind both.

const SLACK_BYTES: usize = 64;

/**
 * Unpacks the elements in [from, to) into [out, end).
 *
 * @returns whether they are whole and fill it exactly
 */
export function unpack(from: usize, to: usize, out: usize, end: usize): bool {
  let i = from;
  let o = out;
  while (i < to) {
    const tag = <usize>load<u8>(i);
    if ((tag & 3) === 0) {
      let bytes = (tag >>> 2) + 1;
      i++;
      if (bytes > 60) {
        const width = bytes - 60;
        if (width > to - i) return false;
        // Up to four bytes, little endian.
        bytes = <usize>(load<u32>(i) & (0xffffffff >>> (32 - 8 * <u32>width))) + 1;
        i += width;
        // A length of 2^32 wraps to 0.
        if (bytes === 0) return false;
      }
      if (bytes > to - i || bytes > end - o) return false;
      if (bytes <= SLACK_BYTES) copyForward(o, i, bytes);
      else memory.copy(o, i, bytes);
      i += bytes;
      o += bytes;
      continue;
    }
    let bytes: usize;
    let distance: usize;
    if ((tag & 3) === 1) {
      if (to - i < 2) return false;
      bytes = ((tag >>> 2) & 7) + 4;
      distance = ((tag >>> 5) << 8) | <usize>load<u8>(i + 1);
      i += 2;
    } else {
      bytes = (tag >>> 2) + 1;
      if ((tag & 3) === 2) {
        if (to - i < 3) return false;
        distance = <usize>load<u16>(i + 1);
        i += 3;
      } else {
        if (to - i < 5) return false;
        distance = <usize>load<u32>(i + 1);
        i += 5;
      }
    }
    if (distance === 0 || distance > o - out || bytes > end - o) return false;
    if (distance >= 16) copyForward(o, o - distance, bytes);
    else repeat(o, distance, bytes);
    o += bytes;
  }
  return o === end;
}

/** Copies up to 64 bytes, and up to 15 more. */
function copyForward(to: usize, from: usize, bytes: usize): void {
  v128.store(to, v128.load(from));
  if (bytes <= 16) return;
  v128.store(to, v128.load(from, 16), 16);
  if (bytes <= 32) return;
  v128.store(to, v128.load(from, 32), 32);
  if (bytes > 48) v128.store(to, v128.load(from, 48), 48);
}

/** Repeats what stands less than 16 bytes before, as in run-length coding. */
function repeat(to: usize, distance: usize, bytes: usize): void {
  const end = to + bytes;
  let from = to - distance;
  let at = to;
  if (distance >= 8) {
    for (; at < end; at += 8, from += 8) store<u64>(at, load<u64>(from));
    return;
  }
  for (; at < end; at++, from++) store<u8>(at, load<u8>(from));
}
