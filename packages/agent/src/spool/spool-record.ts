/**
 * A record of the spool: a remote-write body as it is sent, with what the sender wants to know
 * before it opens it. Format: docs/formats/spool.md.
 */
import { framedRecord } from '@mon/storage/log/record-frame';
import { assert } from '@mon/storage/model/assert';

/**
 *     0              8             12
 *     | appended     | samples      | snappy-packed WriteRequest ...
 *     | f64, ms      | u32          |
 */
const HEADER_BYTES = 12;
export const SPOOL_RECORD_KIND = 0x40;

export interface SpoolRecord {
  /** When it was put into the spool. */
  readonly appendedMs: number;
  /** 0: metadata only. */
  readonly samples: number;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** The record with its frame, as the log takes it. */
export function encodeSpoolRecord(record: SpoolRecord): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(HEADER_BYTES + record.body.length);
  const view = new DataView(payload.buffer);
  view.setFloat64(0, record.appendedMs, true);
  view.setUint32(8, record.samples, true);
  payload.set(record.body, HEADER_BYTES);
  return framedRecord(SPOOL_RECORD_KIND, payload);
}

/** Copies the record out of a payload that holds only until the next is read. */
export function decodeSpoolRecord(payload: Uint8Array): SpoolRecord {
  assert(payload.length >= HEADER_BYTES, 'a spool record is shorter than its header');
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  return {
    appendedMs: view.getFloat64(0, true),
    samples: view.getUint32(8, true),
    // Not slice(): of a Buffer that is a view.
    body: new Uint8Array(payload.subarray(HEADER_BYTES)),
  };
}

/** The number of samples alone. */
export function spoolRecordSamples(payload: Uint8Array): number {
  return new DataView(payload.buffer, payload.byteOffset, payload.length).getUint32(8, true);
}
