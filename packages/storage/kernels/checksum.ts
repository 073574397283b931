// CRC32C (Castagnoli, reflected 0x82f63b78) by eight tables. Twin: src/encoding/crc32c.ts.
// The tables, 8 KiB, are made by `prepareChecksum` where the caller has room.

const POLYNOMIAL: u32 = 0x82f63b78;

/** Fills `tables` (8 x 256 words). */
export function prepareChecksum(tables: usize): void {
  for (let i: u32 = 0; i < 256; i++) {
    let crc = i;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    store<u32>(tables + 4 * i, crc);
  }
  for (let i: u32 = 256; i < 2048; i++) {
    const before = load<u32>(tables + 4 * (i - 256));
    store<u32>(tables + 4 * i, (before >>> 8) ^ load<u32>(tables + 4 * (before & 0xff)));
  }
}

/** The checksum of [from, to), going on from `crc` (0 at the start). */
export function checksum(tables: usize, from: usize, to: usize, crc: u32): u32 {
  let state = ~crc;
  let at = from;
  for (; at + 8 <= to; at += 8) {
    const low = load<u32>(at) ^ state;
    const high = load<u32>(at + 4);
    state =
      load<u32>(tables + 4 * (1792 + (low & 0xff))) ^
      load<u32>(tables + 4 * (1536 + ((low >>> 8) & 0xff))) ^
      load<u32>(tables + 4 * (1280 + ((low >>> 16) & 0xff))) ^
      load<u32>(tables + 4 * (1024 + (low >>> 24))) ^
      load<u32>(tables + 4 * (768 + (high & 0xff))) ^
      load<u32>(tables + 4 * (512 + ((high >>> 8) & 0xff))) ^
      load<u32>(tables + 4 * (256 + ((high >>> 16) & 0xff))) ^
      load<u32>(tables + 4 * (high >>> 24));
  }
  for (; at < to; at++)
    state = (state >>> 8) ^ load<u32>(tables + 4 * ((state ^ load<u8>(at)) & 0xff));
  return ~state;
}
