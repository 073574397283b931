/**
 * Appends numbers and text to a buffer that grows; what every encoder writes into.
 *
 * Fixed-width numbers are little-endian. A varint holds 0 to 2^53 in groups of 7 bits, lowest
 * first, the top bit saying that more follow. A signed varint keeps the sign in the lowest bit of
 * its first byte and 6 bits of the magnitude above it, then goes on as a varint.
 */

const UTF8 = new TextEncoder();

export class ByteWriter {
  /** Valid up to `length`; replaced when it grows. */
  bytes: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Makes room for `extra` more bytes; the buffer is for loops that write by themselves. */
  reserve(extra: number): Uint8Array<ArrayBuffer> {
    const needed = this.length + extra;
    if (needed > this.bytes.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.bytes.length));
      grown.set(this.bytes.subarray(0, this.length));
      this.bytes = grown;
    }
    return this.bytes;
  }

  u8(n: number): void {
    this.reserve(1)[this.length++] = n;
  }

  u16(n: number): void {
    const bytes = this.reserve(2);
    bytes[this.length++] = n;
    bytes[this.length++] = n >>> 8;
  }

  u32(n: number): void {
    const bytes = this.reserve(4);
    bytes[this.length++] = n;
    bytes[this.length++] = n >>> 8;
    bytes[this.length++] = n >>> 16;
    bytes[this.length++] = n >>> 24;
  }

  varint(n: number): void {
    const bytes = this.reserve(8);
    let rest = n;
    while (rest > 0x7fff_ffff) {
      bytes[this.length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[this.length++] = rest;
  }

  signed(n: number): void {
    const magnitude = Math.abs(n);
    const rest = Math.floor(magnitude / 64);
    this.u8((rest > 0 ? 0x80 : 0) | ((magnitude % 64) << 1) | (n < 0 ? 1 : 0));
    if (rest > 0) this.varint(rest);
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length).set(bytes, this.length);
    this.length += bytes.length;
  }

  /** The UTF-8 bytes of a text after their number. */
  text(text: string): void {
    const bytes = UTF8.encode(text);
    this.varint(bytes.length);
    this.raw(bytes);
  }

  clear(): void {
    this.length = 0;
  }

  /** What is written so far; a view that the next write may change. */
  view(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length);
  }

  /** A copy of what is written so far. */
  copy(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }
}
