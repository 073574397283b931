/**
 * Reads the payloads of the server's WAL records. Format: docs/formats/wal.md.
 *
 * Payloads have passed their checksum: what does not decode was written by another version or is a
 * bug, and is reported as damage.
 */
import { readU32 } from '../log/record-frame.ts';
import type { Labels } from '../model/labels.ts';
import type { TenantId } from '../model/tenant.ts';
import { SampleBuffer } from './sample-buffer.ts';
import { RECORD_HEAD_BYTES, type RecordOrigin } from './wal-record.ts';

/** Thrown at a payload that does not decode; the reader of the log names file and offset. */
export class BadRecord extends Error {}

/** Generation, shard and number of entries of a record. */
export function readOrigin(payload: Uint8Array): RecordOrigin & { readonly count: number } {
  if (payload.length < RECORD_HEAD_BYTES) throw new BadRecord('the record has no head');
  return {
    generation: readU32(payload, 0),
    shard: readU32(payload, 4),
    count: readU32(payload, 8),
  };
}

/** The tenant of a definition record, and where that ends. */
export function readTenant(payload: Uint8Array): {
  readonly tenant: TenantId;
  readonly end: number;
} {
  const reader = new PayloadReader(payload);
  return { tenant: reader.text() as TenantId, end: reader.at };
}

/** A series of a definition record; `labels()` decodes them. */
export interface ReplayedSeries {
  readonly tenant: string;
  readonly ref: number;
  readonly shardHash: number;
  readonly fingerprint: { readonly low: number; readonly high: number };
  labels(): Labels;
}

/** Visits the series that a record defines; twin of `kernels/definitions.ts`. */
export function readSeriesRecord(
  payload: Uint8Array,
  visit: (series: ReplayedSeries) => void,
): void {
  const reader = new PayloadReader(payload);
  const { count } = readOrigin(payload);
  const tenant = reader.text();
  const met: (readonly [name: string, value: string])[] = [];
  let before: number[] = [];
  let ref = 0;
  for (let i = 0; i < count; i++) {
    ref += unzigzag(reader.varint());
    const shardHash = reader.u32();
    const fingerprint = { low: reader.u32(), high: reader.u32() };
    const labelCount = reader.u8();
    const mask = reader.bytes((labelCount + 7) >> 3);
    const numbers: number[] = [];
    for (let k = 0; k < labelCount; k++) {
      const isOther = ((mask[k >> 3] as number) >> (k & 7)) & 1;
      let number = isOther ? reader.varint() : before[k];
      if (number === 0) number = met.push([reader.text(), reader.text()]);
      if (number === undefined || number > met.length) throw new BadRecord('a pair is not there');
      numbers.push(number);
    }
    before = numbers;
    const labels = () => numbers.flatMap((number) => met[number - 1] as readonly string[]);
    visit({ tenant, ref, shardHash, fingerprint, labels });
  }
}

/** The columns of a samples record; reused from record to record. */
export class ReplayedSamples extends SampleBuffer {
  seriesCount = 0;
  refs = new Uint32Array(256);
  /** [n+1] */
  sampleOffsets = new Uint32Array(257);

  read(payload: Uint8Array): void {
    const { count } = readOrigin(payload);
    const reader = new PayloadReader(payload);
    const keysEnd = reader.u32() + reader.at;
    if (keysEnd + 8 * count !== payload.length) throw new BadRecord('its lengths do not add up');
    this.reserve(count, 0);
    this.seriesCount = 0;
    let sample = 0;
    let ref = 0;
    let startMs = 0;
    while (reader.at < keysEnd) {
      const key = reader.varint();
      const isSingle = key % 2 === 0;
      ref += unzigzag((key - (key % 2)) / 2);
      const samples = isSingle ? 1 : reader.varint();
      if (sample + samples > count) throw new BadRecord('it has more timestamps than values');
      startMs += unzigzag(reader.varint());
      this.#addSeries(ref, sample);
      this.timestampsMs[sample++] = startMs;
      let beforeMs = startMs;
      let stepMs = 0;
      for (let k = 1; k < samples; k++) {
        stepMs += unzigzag(reader.varint());
        beforeMs += stepMs;
        this.timestampsMs[sample++] = beforeMs;
      }
    }
    if (reader.at !== keysEnd) throw new BadRecord('it ends within a number');
    if (sample !== count) throw new BadRecord('it has fewer timestamps than values');
    this.sampleOffsets[this.seriesCount] = count;
    new Uint8Array(this.values.buffer).set(payload.subarray(keysEnd, keysEnd + 8 * count));
  }

  #addSeries(ref: number, sample: number): void {
    if (this.seriesCount === this.refs.length) {
      const refs = new Uint32Array(this.refs.length * 2);
      const sampleOffsets = new Uint32Array(refs.length + 1);
      refs.set(this.refs);
      sampleOffsets.set(this.sampleOffsets);
      this.refs = refs;
      this.sampleOffsets = sampleOffsets;
    }
    this.refs[this.seriesCount] = ref;
    this.sampleOffsets[this.seriesCount++] = sample;
  }
}

function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** A cursor over a payload behind its head. */
class PayloadReader {
  at = RECORD_HEAD_BYTES;
  readonly #bytes: Buffer;

  constructor(payload: Uint8Array) {
    this.#bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  }

  u32(): number {
    if (this.at + 4 > this.#bytes.length) throw new BadRecord('it ends within a number');
    this.at += 4;
    return readU32(this.#bytes, this.at - 4);
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined) throw new BadRecord('it ends within a number');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new BadRecord('a number is too long');
  }

  u8(): number {
    return this.bytes(1)[0] as number;
  }

  bytes(count: number): Uint8Array {
    const from = this.at;
    this.at += count;
    if (this.at > this.#bytes.length) throw new BadRecord('it ends within a series');
    return this.#bytes.subarray(from, this.at);
  }

  text(): string {
    const bytes = this.varint();
    const from = this.at;
    this.at += bytes;
    if (this.at > this.#bytes.length) throw new BadRecord('it ends within a text');
    return this.#bytes.toString('utf8', from, this.at);
  }
}
