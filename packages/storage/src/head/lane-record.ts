/**
 * The records of the server's WAL for native histograms and exemplars. Format:
 * docs/formats/wal.md.
 */
import { ByteReader } from '../encoding/byte-reader.ts';
import { ByteWriter } from '../encoding/byte-writer.ts';
import { decodeExemplar, encodeExemplar } from '../encoding/exemplar-bytes.ts';
import { decodeHistogram } from '../encoding/histogram-bytes.ts';
import { MalformedBytes } from '../encoding/malformed-bytes.ts';
import type { Exemplar } from '../model/exemplar.ts';
import { entryBytes, NO_HISTOGRAMS } from '../model/histogram-run.ts';
import type { LaneEntry } from './insert-lanes.ts';
import {
  RECORD_EXEMPLARS,
  RECORD_FLOAT_HISTOGRAMS,
  RECORD_HEAD_BYTES,
  RECORD_INTEGER_HISTOGRAMS,
} from './wal-record.ts';
import { BadRecord, readOrigin } from './wal-replay.ts';

const LANE_RECORDS = new Set([
  RECORD_INTEGER_HISTOGRAMS,
  RECORD_FLOAT_HISTOGRAMS,
  RECORD_EXEMPLARS,
]);

/** Whether a record of this kind is for `readLaneRecord`. */
export function isLaneRecord(kind: number): boolean {
  return LANE_RECORDS.has(kind);
}

/** A record without its frame and origin. */
export interface LaneRecord {
  readonly kind: number;
  readonly count: number;
  readonly body: Uint8Array;
}

/** First byte of a histogram: its lowest bit says that counts are floats. */
const IS_FLOAT = 0x01;

/** The records that hold some lanes: one of each kind that is needed. */
export function laneRecords(lanes: readonly LaneEntry[]): LaneRecord[] {
  const records = [
    histogramRecord(RECORD_INTEGER_HISTOGRAMS, lanes),
    histogramRecord(RECORD_FLOAT_HISTOGRAMS, lanes),
    exemplarRecord(lanes),
  ];
  return records.filter(({ count }) => count > 0);
}

function histogramRecord(kind: number, lanes: readonly LaneEntry[]): LaneRecord {
  const out = new ByteWriter(1024);
  const wanted = kind === RECORD_FLOAT_HISTOGRAMS ? IS_FLOAT : 0;
  let count = 0;
  let refBefore = 0;
  let msBefore = 0;
  for (const { ref, histograms } of lanes) {
    histograms.timestampsMs.forEach((timestampMs, i) => {
      const bytes = entryBytes(histograms, i);
      if (((bytes[0] as number) & IS_FLOAT) !== wanted) return;
      out.signed(ref - refBefore);
      out.signed(timestampMs - msBefore);
      out.varint(bytes.length);
      out.raw(bytes);
      refBefore = ref;
      msBefore = timestampMs;
      count++;
    });
  }
  return { kind, count, body: out.copy() };
}

function exemplarRecord(lanes: readonly LaneEntry[]): LaneRecord {
  const out = new ByteWriter(1024);
  let count = 0;
  let refBefore = 0;
  let msBefore = 0;
  for (const { ref, exemplars } of lanes) {
    for (const exemplar of exemplars) {
      out.signed(ref - refBefore);
      encodeExemplar(exemplar, msBefore, out);
      refBefore = ref;
      msBefore = exemplar.timestampMs;
      count++;
    }
  }
  return { kind: RECORD_EXEMPLARS, count, body: out.copy() };
}

/**
 * Reads a record of histograms or exemplars.
 *
 * @throws BadRecord
 */
export function readLaneRecord(kind: number, payload: Uint8Array): LaneEntry[] {
  const { count } = readOrigin(payload);
  // Out of the shared memory, of which no text can be decoded.
  const reader = new ByteReader(payload.slice(), { start: RECORD_HEAD_BYTES });
  const lanes: LaneEntry[] = [];
  const place = { ref: 0, timestampMs: 0 };
  try {
    for (let i = 0; i < count; i++) {
      place.ref += reader.signed();
      const lane =
        kind === RECORD_EXEMPLARS ? exemplarLane(reader, place) : histogramLane(reader, place);
      lanes.push(lane);
    }
    if (reader.left !== 0) throw new MalformedBytes(`${reader.left} bytes are left over`);
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    throw new BadRecord(error.message);
  }
  return lanes;
}

interface Place {
  ref: number;
  timestampMs: number;
}

function histogramLane(reader: ByteReader, place: Place): LaneEntry {
  place.timestampMs += reader.signed();
  const bytes = reader.raw(reader.varint());
  // What does not decode must not get as far as a query.
  decodeHistogram(new ByteReader(bytes));
  const timestampsMs = Float64Array.of(place.timestampMs);
  const byteOffsets = Uint32Array.of(0, bytes.length);
  return { ref: place.ref, histograms: { timestampsMs, byteOffsets, bytes }, exemplars: [] };
}

function exemplarLane(reader: ByteReader, place: Place): LaneEntry {
  const exemplar: Exemplar = decodeExemplar(reader, place.timestampMs);
  place.timestampMs = exemplar.timestampMs;
  return { ref: place.ref, histograms: NO_HISTOGRAMS, exemplars: [exemplar] };
}
