// Where a column is being written or read, and numbers of variable length there.

/** The next byte; set at the start of each call. */
export let at: usize = 0;
/** Readers stay before it. */
export let end: usize = 0;
/** Whether something was read that cannot be. */
export let broken: bool = false;

export function startAt(from: usize, to: usize): void {
  at = from;
  end = to;
  broken = false;
}

export function moveTo(address: usize): void {
  at = address;
}

export function breakOff(): void {
  broken = true;
}

export function putByte(byte: u32): void {
  store<u8>(at, u8(byte));
  at += 1;
}

export function putWord(word: u64): void {
  store<u64>(at, word);
  at += 8;
}

export function putVarint(n: u64): void {
  while (n > 127) {
    putByte(u32(n) | 128);
    n >>= 7;
  }
  putByte(u32(n));
}

/** The sign goes into the lowest bit. */
export function putSigned(n: i64): void {
  putVarint(u64((n << 1) ^ (n >> 63)));
}

export function takeByte(): u32 {
  if (at >= end) {
    broken = true;
    return 0;
  }
  const byte: u32 = load<u8>(at);
  at += 1;
  return byte;
}

export function takeWord(): u64 {
  if (at + 8 > end) {
    broken = true;
    return 0;
  }
  const word = load<u64>(at);
  at += 8;
  return word;
}

export function takeVarint(): u64 {
  let n: u64 = 0;
  for (let shift: u64 = 0; shift < 64; shift += 7) {
    const byte: u64 = takeByte();
    n |= (byte & 127) << shift;
    if (byte < 128) return n;
  }
  broken = true;
  return 0;
}

export function takeSigned(): i64 {
  const n = takeVarint();
  return i64(n >> 1) ^ -i64(n & 1);
}
