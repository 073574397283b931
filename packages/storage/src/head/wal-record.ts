/**
 * The records of the server's WAL: series definitions and float samples. Format:
 * docs/formats/wal.md.
 *
 * Refs are those of one shard in one generation; a definition stands before the first sample of its
 * series in that generation.
 */
import { FRAME_BYTES, sealFrame, writeU32 } from '../log/record-frame.ts';
import type { TenantId } from '../model/tenant.ts';
import type { SamplePart } from './sample-part.ts';

export const RECORD_FLOAT_SAMPLES = 2;
export const RECORD_INTEGER_HISTOGRAMS = 3;
export const RECORD_FLOAT_HISTOGRAMS = 4;
/** Kind 1 was the form before, with all labels of each series. */
export const RECORD_SERIES = 5;
export const RECORD_EXEMPLARS = 6;

/** Generation, shard, count. */
export const RECORD_HEAD_BYTES = 12;
/** A varint of at most 2^53. */
export const VARINT_BYTES_MAX = 8;

/**
 * Timestamps are within this of 1970 on both sides (17,851 years), so that zigzagged differences of
 * differences are exact in a double.
 */
export const TIMESTAMP_ABS_MAX_MS = 2 ** 49;

/** Which shard wrote a record, and for which generation. */
export interface RecordOrigin {
  readonly generation: number;
  readonly shard: number;
}

/** Builds framed records one after the other in one buffer. */
export class WalRecordWriter {
  #bytes = new Uint8Array(64 * 1024);
  #at = 0;

  /** Bytes written since the last `take`. */
  get length(): number {
    return this.#at;
  }

  /** What was written since the last call; a view that holds until something is added. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#at);
    this.#at = 0;
    return taken;
  }

  /** Adds a record that defines series of one tenant: see `series-definitions.ts`. */
  addSeries(
    origin: RecordOrigin,
    tenant: TenantId,
    definitions: { readonly count: number; readonly bytes: Uint8Array },
  ): void {
    const { count, bytes } = definitions;
    const from = this.#start(origin, count);
    this.#text(tenant);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
    this.#seal(from, RECORD_SERIES);
  }

  /** Adds a record whose body is made already: see `lane-record.ts`. */
  addMade(
    origin: RecordOrigin,
    record: { readonly kind: number; readonly count: number; readonly body: Uint8Array },
  ): void {
    const from = this.#start(origin, record.count);
    this.#reserve(record.body.length);
    this.#bytes.set(record.body, this.#at);
    this.#at += record.body.length;
    this.#seal(from, record.kind);
  }

  /** Adds a record that is framed already. */
  addFramed(record: Uint8Array): void {
    this.#reserve(record.length);
    this.#bytes.set(record, this.#at);
    this.#at += record.length;
  }

  /** Adds a record of all samples of a part; twin of `kernels/sample-records.ts`. */
  addSamples(origin: RecordOrigin, part: SamplePart): void {
    const { seriesCount, sampleCount } = part;
    const from = this.#start(origin, sampleCount);
    this.#reserve(4 + (2 * seriesCount + sampleCount) * VARINT_BYTES_MAX + 8 * sampleCount);
    const keysFrom = this.#at + 4;
    this.#at = keysFrom;
    this.#addKeys(part);
    writeU32(this.#bytes, keysFrom - 4, this.#at - keysFrom);
    const valueBytes = new Uint8Array(part.buffer, part.valueBitsAt, 8 * sampleCount);
    this.#bytes.set(valueBytes, this.#at);
    this.#at += valueBytes.length;
    this.#seal(from, RECORD_FLOAT_SAMPLES);
  }

  /** Refs, counts and timestamps; room is reserved. */
  #addKeys({ refs, sampleOffsets, timestampsMs, seriesCount }: SamplePart): void {
    const bytes = this.#bytes;
    let at = this.#at;
    let previousRef = 0;
    let previousMs = 0;
    for (let s = 0; s < seriesCount; s++) {
      const ref = refs[s] as number;
      const first = sampleOffsets[s] as number;
      const end = sampleOffsets[s + 1] as number;
      const refStep = ref - previousRef;
      const isSingle = end - first === 1;
      previousRef = ref;
      if (isSingle && refStep >= -32 && refStep < 32) {
        bytes[at++] = ((refStep << 1) ^ (refStep >> 31)) << 1;
      } else {
        at = writeVarint(bytes, at, zigzag(refStep) * 2 + (isSingle ? 0 : 1));
        if (!isSingle) at = writeVarint(bytes, at, end - first);
      }
      const startMs = timestampsMs[first] as number;
      at = writeStep(bytes, at, startMs - previousMs);
      previousMs = startMs;
      let beforeMs = startMs;
      let stepMs = 0;
      for (let k = first + 1; k < end; k++) {
        const timestampMs = timestampsMs[k] as number;
        at = writeStep(bytes, at, timestampMs - beforeMs - stepMs);
        stepMs = timestampMs - beforeMs;
        beforeMs = timestampMs;
      }
    }
    this.#at = at;
  }

  #start({ generation, shard }: RecordOrigin, count: number): number {
    const from = this.#at;
    this.#reserve(FRAME_BYTES + RECORD_HEAD_BYTES);
    this.#at += FRAME_BYTES;
    writeU32(this.#bytes, this.#at, generation);
    writeU32(this.#bytes, this.#at + 4, shard);
    writeU32(this.#bytes, this.#at + 8, count);
    this.#at += RECORD_HEAD_BYTES;
    return from;
  }

  #seal(from: number, kind: number): void {
    const payloadBytes = this.#at - from - FRAME_BYTES;
    sealFrame(this.#bytes, from, { kind, payloadBytes });
  }

  #text(text: string): void {
    this.#reserve(text.length * 3 + VARINT_BYTES_MAX);
    const isShort = text.length < 42;
    // The length is not known before the bytes are; short texts need one byte for it.
    const bytes = isShort ? writeUtf8(this.#bytes, this.#at + 1, text) : Buffer.byteLength(text);
    if (!isShort) {
      this.#varint(bytes);
      writeUtf8(this.#bytes, this.#at, text);
    } else {
      this.#bytes[this.#at++] = bytes;
    }
    this.#at += bytes;
  }

  #varint(value: number): void {
    this.#at = writeVarint(this.#bytes, this.#at, value);
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const longer = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + bytes));
    longer.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = longer;
  }
}

/** Writes a signed step; most are within a second of what was foreseen. */
function writeStep(bytes: Uint8Array, at: number, step: number): number {
  if (step >= -64 && step < 64) {
    bytes[at] = (step << 1) ^ (step >> 31);
    return at + 1;
  }
  return writeVarint(bytes, at, zigzag(step));
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function writeVarint(bytes: Uint8Array, from: number, value: number): number {
  let at = from;
  let rest = value;
  while (rest >= 0x10000000) {
    bytes[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  let low = rest | 0;
  while (low >= 128) {
    bytes[at++] = (low & 127) | 128;
    low >>>= 7;
  }
  bytes[at++] = low;
  return at;
}

/** Writes a text as UTF-8 where room is; returns its bytes. */
function writeUtf8(bytes: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return i + UTF8.encodeInto(text.slice(i), bytes.subarray(at + i)).written;
    bytes[at + i] = unit;
  }
  return text.length;
}

const UTF8 = new TextEncoder();
