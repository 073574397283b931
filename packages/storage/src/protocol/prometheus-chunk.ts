/**
 * A chunk of float samples in Prometheus's own encoding (XOR), for who reads chunks remotely.
 *
 * Count (16 bits, big-endian); the first sample as varint and 64 bits; the second's time as a
 * varint difference; then differences of differences in 1, 16, 20, 24 or 68 bits. Values are XORed
 * with the one before. Source: prometheus/prometheus tsdb/chunkenc/xor.go.
 */
import { BitWriter } from '../encoding/bit-writer.ts';
import { ByteWriter } from '../encoding/byte-writer.ts';

/** Samples of a chunk at most: what Prometheus writes. */
export const CHUNK_SAMPLES_MAX = 120;

/** [prefix, its bits, bits of the difference]: from the smallest on. */
const STEPS = [
  [0b10, 2, 14],
  [0b110, 3, 17],
  [0b1110, 4, 20],
] as const;
const LEADING_MAX = 31;

/** Encodes samples [from, to); `bits` are the words of the values. At most CHUNK_SAMPLES_MAX. */
export function encodePrometheusChunk(
  timestampsMs: Float64Array,
  bits: Uint32Array,
  { from, to }: { readonly from: number; readonly to: number },
): Uint8Array {
  const out = new ByteWriter();
  const count = to - from;
  out.u8(count >>> 8);
  out.u8(count & 0xff);
  const writer = new BitWriter(out);
  const values = new XorValues(writer, bits);
  let beforeMs = timestampsMs[from] as number;
  let deltaMs = 0;
  writeVarint(writer, beforeMs < 0 ? -2 * beforeMs - 1 : 2 * beforeMs);
  values.first(from);
  for (let i = from + 1; i < to; i++) {
    const timeMs = timestampsMs[i] as number;
    const nextDeltaMs = timeMs - beforeMs;
    if (i === from + 1) writeVarint(writer, nextDeltaMs);
    else writeStep(writer, nextDeltaMs - deltaMs);
    deltaMs = nextDeltaMs;
    beforeMs = timeMs;
    values.next(i);
  }
  writer.flush();
  return out.bytes.slice(0, out.length);
}

function writeVarint(writer: BitWriter, value: number): void {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) writer.write((rest % 128) | 128, 8);
  writer.write(rest, 8);
}

function writeStep(writer: BitWriter, step: number): void {
  if (step === 0) {
    writer.write(0, 1);
    return;
  }
  for (const [prefix, prefixBits, bits] of STEPS) {
    const half = 2 ** (bits - 1);
    if (step < 1 - half || step > half) continue;
    writer.write(prefix, prefixBits);
    writer.write(step & (2 ** bits - 1), bits);
    return;
  }
  writer.write(0b1111, 4);
  writer.write(Math.floor(step / 2 ** 32) | 0, 32);
  writer.write(step | 0, 32);
}

/** Values XORed with the one before; what differs is written within a window that is kept. */
class XorValues {
  readonly #writer: BitWriter;
  readonly #bits: Uint32Array;
  #low = 0;
  #high = 0;
  #leading = Number.POSITIVE_INFINITY;
  #trailing = 0;

  constructor(writer: BitWriter, bits: Uint32Array) {
    this.#writer = writer;
    this.#bits = bits;
  }

  first(i: number): void {
    this.#low = this.#bits[2 * i] as number;
    this.#high = this.#bits[2 * i + 1] as number;
    this.#writer.write(this.#high, 32);
    this.#writer.write(this.#low, 32);
  }

  next(i: number): void {
    const low = (this.#bits[2 * i] as number) ^ this.#low;
    const high = (this.#bits[2 * i + 1] as number) ^ this.#high;
    this.#low ^= low;
    this.#high ^= high;
    if (low === 0 && high === 0) {
      this.#writer.write(0, 1);
      return;
    }
    const zerosAbove = high === 0 ? 32 + Math.clz32(low) : Math.clz32(high);
    const leading = Math.min(zerosAbove, LEADING_MAX);
    const trailing = low === 0 ? 32 + trailingZeros(high) : trailingZeros(low);
    if (leading >= this.#leading && trailing >= this.#trailing) {
      this.#writer.write(0b10, 2);
    } else {
      this.#leading = leading;
      this.#trailing = trailing;
      this.#writer.write(0b11, 2);
      this.#writer.write(leading, 5);
      // 64 stands as 0 in six bits.
      this.#writer.write((64 - leading - trailing) & 63, 6);
    }
    this.#writeWindow(low, high);
  }

  #writeWindow(low: number, high: number): void {
    const trailing = this.#trailing;
    const count = 64 - this.#leading - trailing;
    const shiftedHigh = trailing >= 32 ? 0 : high >>> trailing;
    const shiftedLow =
      trailing >= 32
        ? high >>> (trailing - 32)
        : trailing === 0
          ? low
          : (low >>> trailing) | (high << (32 - trailing));
    if (count > 32) this.#writer.write(shiftedHigh, count - 32);
    this.#writer.write(shiftedLow, Math.min(count, 32));
  }
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}
