/**
 * Reads back what ByteWriter wrote, never past the end.
 */
import { MalformedBytes } from './malformed-bytes.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class ByteReader {
  readonly bytes: Uint8Array;
  /** Next byte to read. */
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, { start = 0, end = bytes.length } = {}) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  u8(): number {
    return this.bytes[this.skip(1)] as number;
  }

  u16(): number {
    const at = this.skip(2);
    return (this.bytes[at] as number) | ((this.bytes[at + 1] as number) << 8);
  }

  u32(): number {
    const at = this.skip(4);
    const { bytes } = this;
    const top = (bytes[at + 3] as number) << 24;
    const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    return (low | ((bytes[at + 2] as number) << 16) | top) >>> 0;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.bytes[this.skip(1)] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new MalformedBytes(`varint of more than 8 bytes before byte ${this.at}`);
  }

  signed(): number {
    const first = this.u8();
    const magnitude = ((first >>> 1) & 0x3f) + (first >= 0x80 ? 64 * this.varint() : 0);
    return first & 1 ? -magnitude : magnitude;
  }

  /** A view of the next `length` bytes. */
  raw(length: number): Uint8Array {
    const at = this.skip(length);
    return this.bytes.subarray(at, at + length);
  }

  text(): string {
    const bytes = this.raw(this.varint());
    try {
      return UTF8.decode(bytes);
    } catch (cause) {
      throw new MalformedBytes(`text before byte ${this.at} is no UTF-8`, cause);
    }
  }

  /** Passes over `length` bytes and returns where they start. */
  skip(length: number): number {
    const { at } = this;
    if (length > this.end - at) {
      throw new MalformedBytes(`${length} bytes wanted at byte ${at}, ${this.end - at} are left`);
    }
    this.at = at + length;
    return at;
  }
}
