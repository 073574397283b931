// The hashes of a series from its canonical labels. Twin: src/index/series-hash.ts.
import { lengthAt, textEnd } from './label-bytes';
import { siphash13 } from './siphash';

const METRIC_NAME: u64 = 0x5f5f656d616e5f5f;
const QUANTILE: u64 = 0x656c69746e617571;
const TEXT_END: u8 = 0xff;

/**
 * The shard hash of canonical labels [from, to).
 *
 * @param prefix tag, tenant and 0xFF, `prefixBytes` long
 * @param scratch room for the prefix and as many bytes as the labels have, and 8 more
 */
export function shardHash(
  key: usize,
  prefix: usize,
  prefixBytes: u32,
  from: usize,
  to: usize,
  scratch: usize,
): u32 {
  memory.copy(scratch, prefix, prefixBytes);
  let out = scratch + prefixBytes;
  let start = from;
  for (let at = from; at < to; ) {
    const value = textEnd(at);
    const end = textEnd(value);
    if (isLeftOut(at)) {
      out = addTexts(start, at, out);
      start = end;
    }
    at = end;
  }
  out = addTexts(start, to, out);
  return <u32>siphash13(key, scratch, <u32>(out - scratch));
}

/** `__name__`, `le` and `quantile` do not place a series. */
function isLeftOut(at: usize): bool {
  const length = load<u8>(at);
  if (length === 8) {
    const word = load<u64>(at + 1);
    return word === METRIC_NAME || word === QUANTILE;
  }
  return length === 2 && load<u16>(at + 1) === 0x656c;
}

/** The fingerprint of canonical labels. Parameters: see `shardHash`. */
export function fingerprint(
  key: usize,
  prefix: usize,
  prefixBytes: u32,
  from: usize,
  to: usize,
  scratch: usize,
): u64 {
  memory.copy(scratch, prefix, prefixBytes);
  const end = addTexts(from, to, scratch + prefixBytes);
  return siphash13(key, scratch, <u32>(end - scratch));
}

/**
 * Copies texts as they are hashed: 0xFF behind each. Where all lengths take one byte that is the
 * canonical form moved by one.
 */
function addTexts(from: usize, to: usize, out: usize): usize {
  if (from === to) return out;
  memory.copy(out, from + 1, to - from - 1);
  let write = out;
  let isInPlace = true;
  for (let at = from; at < to; ) {
    const bytes = lengthAt(at);
    const own: usize = bytes < 0x80 ? 1 : 2;
    if (own !== 1) isInPlace = false;
    if (!isInPlace) memory.copy(write, at + own, bytes);
    write += bytes;
    store<u8>(write++, TEXT_END);
    at += own + bytes;
  }
  return write;
}
