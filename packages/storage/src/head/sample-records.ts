/**
 * Records of float samples on their way from a shard into the log and back, by the kernel
 * `sample-records`. Format: docs/formats/wal.md.
 */
import { FRAME_BYTES, readU32, writeFrame } from '../log/record-frame.ts';
import { loadKernel } from '../memory/load-kernel.ts';
import { ScratchRow } from '../memory/scratch-row.ts';
import { ShardChecksum } from '../memory/shard-checksum.ts';
import type { ShardMemory } from '../memory/shard-memory.ts';
import type { LogRefs } from './log-refs.ts';
import { SamplePart } from './sample-part.ts';
import {
  RECORD_FLOAT_SAMPLES,
  RECORD_HEAD_BYTES,
  type RecordOrigin,
  VARINT_BYTES_MAX,
} from './wal-record.ts';
import { BadRecord, readOrigin } from './wal-replay.ts';

/** Exports of `kernels/sample-records.ts`. */
interface SampleRecordsKernel {
  encode(
    refs: number,
    offsets: number,
    times: number,
    values: number,
    seriesCount: number,
    sampleCount: number,
    to: number,
  ): number;
  decode(
    keys: number,
    keysEnd: number,
    count: number,
    ours: number,
    oursCount: number,
    times: number,
    values: number,
    refs: number,
    offsets: number,
    result: number,
  ): number;
}

/** By what the kernel returns. */
const FAULTS = [
  undefined,
  'it ends within a number',
  'it has more timestamps than values',
  'it has fewer timestamps than values',
  'a number is too long',
] as const;

const RESULT_BYTES = 16;
/** Where the keys of a framed record start. */
const KEYS_AT = FRAME_BYTES + RECORD_HEAD_BYTES + 4;

export class SampleRecords {
  readonly #memory: ShardMemory;
  readonly #kernel: SampleRecordsKernel;
  readonly #scratch: ScratchRow;
  readonly #checksum: ShardChecksum;
  /** Samples, so far, whose series was never defined. */
  samplesLost = 0;

  constructor(memory: ShardMemory) {
    this.#memory = memory;
    this.#kernel = loadKernel<SampleRecordsKernel>('sample-records', memory.memory);
    this.#scratch = new ScratchRow(memory);
    this.#checksum = new ShardChecksum(memory);
  }

  /** The framed record of all samples of a part; it holds until the next call. */
  write({ generation, shard }: RecordOrigin, part: SamplePart): Uint8Array {
    const { seriesCount, sampleCount } = part;
    const keysBytesMax = (2 * seriesCount + sampleCount) * VARINT_BYTES_MAX;
    const record = this.#scratch.reserve(KEYS_AT + keysBytesMax + 8 * sampleCount);
    const keys = record + KEYS_AT;
    const keysEnd = this.#kernel.encode(
      part.refsAt,
      part.sampleOffsetsAt,
      part.timestampsAt,
      part.valueBitsAt,
      seriesCount,
      sampleCount,
      keys,
    );
    const { words, bytes } = this.#memory;
    words.set([generation, shard, sampleCount, keysEnd - keys], (record + FRAME_BYTES) / 4);
    const end = keysEnd + 8 * sampleCount;
    const payloadFrom = record + FRAME_BYTES;
    writeFrame(bytes, record, {
      kind: RECORD_FLOAT_SAMPLES,
      payloadBytes: end - payloadFrom,
      crc: this.#checksum.of(payloadFrom, end),
    });
    return bytes.subarray(record, end);
  }

  /**
   * This shard's samples of a record; they hold until the next call.
   *
   * @param payload of the record, a view over the shard's memory
   * @throws BadRecord
   */
  read(payload: Uint8Array, refs: LogRefs): SamplePart {
    const { count } = readOrigin(payload);
    const keysFrom = RECORD_HEAD_BYTES + 4;
    if (payload.length < keysFrom) throw new BadRecord('it ends within a number');
    const keysEnd = keysFrom + readU32(payload, RECORD_HEAD_BYTES);
    if (keysEnd + 8 * count !== payload.length) throw new BadRecord('its lengths do not add up');
    const result = this.#scratch.reserve(RESULT_BYTES + SamplePart.bytes(count, count));
    const place = { buffer: this.#memory.buffer, address: result + RESULT_BYTES };
    const part = new SamplePart(place, count, count);
    const at = payload.byteOffset;
    const fault = this.#kernel.decode(
      at + keysFrom,
      at + keysEnd,
      count,
      refs.address,
      refs.count,
      part.timestampsAt,
      part.valueBitsAt,
      part.refsAt,
      part.sampleOffsetsAt,
      result,
    );
    if (fault !== 0) throw new BadRecord(FAULTS[fault]);
    const { words } = this.#memory;
    part.seriesCount = words[result / 4] as number;
    part.sampleCount = words[result / 4 + 1] as number;
    this.samplesLost += words[result / 4 + 2] as number;
    return part;
  }

  release(): void {
    this.#scratch.release();
    this.#checksum.release();
  }
}
