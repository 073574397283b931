// A series on its way into the table: ten words. Address and bytes of its canonical labels, shard
// hash, room for ref and fingerprint, and the hash under which its sender is to know it.

export const ROW: u32 = 40;
export const ROW_BYTES: usize = 4;
export const ROW_SHARD_HASH: usize = 8;
export const ROW_REF: usize = 12;
export const ROW_LOW: usize = 16;
export const ROW_HIGH: usize = 20;
export const ROW_HASH: usize = 24;
export const UNKNOWN: u32 = 0xffffffff;
