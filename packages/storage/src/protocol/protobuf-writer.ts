/**
 * The few protobuf primitives that hand-written encoders need, over a buffer that grows.
 *
 * Source: protobuf.dev/programming-guides/encoding.
 */

/** Bytes of a Sample field at most: tag, length, double, 10-byte timestamp. */
export const SAMPLE_BYTES_MAX = 22;

/** Appends protobuf fields to a buffer that grows. */
export class ProtobufWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #at = 0;
  #messageFrom = 0;

  constructor(bytes: number) {
    this.#bytes = new Uint8Array(bytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  clear(): void {
    this.#at = 0;
  }

  taken(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = value;
  }

  varint(value: number): void {
    this.#reserve(10);
    this.#varint(value);
  }

  /** A varint with its tag; 0 is left out, as absent means the same. */
  varintField(tag: number, value: number): void {
    if (value === 0) return;
    this.byte(tag);
    this.varint(value);
  }

  bytes(part: Uint8Array): void {
    this.#reserve(part.length);
    this.#bytes.set(part, this.#at);
    this.#at += part.length;
  }

  message(tag: number, content: Uint8Array): void {
    this.#reserve(content.length + 6);
    this.#bytes[this.#at++] = tag;
    this.#varint(content.length);
    this.bytes(content);
  }

  /** Opens a message whose content is written in place; one may be open at a time. */
  startMessage(tag: number, contentBytesMax: number): void {
    this.#reserve(contentBytesMax + 6);
    this.#bytes[this.#at++] = tag;
    this.#messageFrom = this.#at;
  }

  /** Puts the length before the content of the open message. */
  endMessage(): void {
    const length = this.#at - this.#messageFrom;
    const prefixBytes = varintBytes(length);
    this.#reserve(prefixBytes);
    this.#bytes.copyWithin(this.#messageFrom + prefixBytes, this.#messageFrom, this.#at);
    const end = this.#at + prefixBytes;
    this.#at = this.#messageFrom;
    this.#varint(length);
    this.#at = end;
  }

  /** A Sample; like the official encoders it leaves out what is zero. */
  sample(timestampMs: number, low: number, high: number): void {
    const hasValue = (low | high) !== 0;
    this.#bytes[this.#at++] = 0x12;
    const lengthAt = this.#at++;
    if (hasValue) {
      this.#bytes[this.#at++] = 0x09;
      this.#view.setUint32(this.#at, low, true);
      this.#view.setUint32(this.#at + 4, high, true);
      this.#at += 8;
    }
    if (timestampMs !== 0) {
      this.#bytes[this.#at++] = 0x10;
      this.#varint(timestampMs);
    }
    this.#bytes[lengthAt] = this.#at - lengthAt - 1;
  }

  #varint(value: number): void {
    if (value < 0) {
      this.#negativeVarint(value);
      return;
    }
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#at++] = rest;
  }

  /** A negative int64 is its complement's bits inverted, always 10 bytes. */
  #negativeVarint(value: number): void {
    let inverse = -1 - value;
    for (let i = 0; i < 9; i++) {
      this.#bytes[this.#at++] = (~inverse & 127) | 128;
      inverse = Math.floor(inverse / 128);
    }
    this.#bytes[this.#at++] = 1;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const next = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + bytes));
    next.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = next;
    this.#view = new DataView(next.buffer);
  }
}

export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}
