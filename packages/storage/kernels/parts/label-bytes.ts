// Canonical labels: for each pair, sorted by name, varint length and UTF-8 of name and value.

/** A varint's value; canonical ones have one byte or two. */
export function lengthAt(at: usize): u32 {
  const first = <u32>load<u8>(at);
  return first < 0x80 ? first : (first & 0x7f) | ((<u32>load<u8>(at + 1)) << 7);
}

/** Where the text whose length stands at `at` ends. */
export function textEnd(at: usize): usize {
  const first = <u32>load<u8>(at);
  if (first < 0x80) return at + 1 + first;
  return at + 2 + ((first & 0x7f) | ((<u32>load<u8>(at + 1)) << 7));
}

export function sameBytes(a: usize, b: usize, length: u32): bool {
  let i: u32 = 0;
  for (; i + 8 <= length; i += 8) if (load<u64>(a + i) !== load<u64>(b + i)) return false;
  if (i + 4 <= length) {
    if (load<u32>(a + i) !== load<u32>(b + i)) return false;
    i += 4;
  }
  for (; i < length; i++) if (load<u8>(a + i) !== load<u8>(b + i)) return false;
  return true;
}

/**
 * Compares UTF-8 as its UTF-16 code units compare: supplementary characters (lead F0 and above) come
 * before U+E000 to U+FFFF (lead EE and EF).
 */
export function compareTexts(a: usize, aBytes: u32, b: usize, bBytes: u32): i32 {
  const shorter = aBytes < bBytes ? aBytes : bBytes;
  let i: u32 = 0;
  while (i + 8 <= shorter && load<u64>(a + i) === load<u64>(b + i)) i += 8;
  for (; i < shorter; i++) {
    const x = <i32>load<u8>(a + i);
    const y = <i32>load<u8>(b + i);
    if (x !== y) return unitOrder(x) - unitOrder(y);
  }
  return <i32>aBytes - <i32>bBytes;
}

function unitOrder(byte: i32): i32 {
  if (byte < 0xee) return byte;
  return byte < 0xf0 ? byte + 0x10 : byte;
}
