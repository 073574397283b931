/**
 * Exemplars within a record of the spool: TimeSeries messages of their own behind a field that
 * remote write does not have, which says how many bytes they are. So those who do not send
 * exemplars take them out without understanding the rest. Format: docs/formats/spool.md.
 */
import { cursorOver, readVarint32, skipField } from '@mon/storage/protocol/protobuf-reader';
import { ProtobufWriter } from '@mon/storage/protocol/protobuf-writer';

/** Field 15, a varint. */
const TAG_LANES = 0x78;

/** Puts lanes behind a request. */
export function withLanes(request: Uint8Array, lanes: Uint8Array): Uint8Array {
  const out = new ProtobufWriter(request.length + lanes.length + 6);
  out.bytes(request);
  out.byte(TAG_LANES);
  out.varint(lanes.length);
  out.bytes(lanes);
  return out.taken();
}

export interface SplitRequest {
  /** Without lanes; the same bytes where there are none. */
  readonly samples: Uint8Array;
  /** All lanes, one after the other. */
  readonly lanes: Uint8Array;
}

/** Takes the lanes out of requests that were joined. */
export function splitLanes(joined: Uint8Array): SplitRequest {
  const samples: Uint8Array[] = [];
  const lanes: Uint8Array[] = [];
  const cursor = cursorOver(joined);
  let from = 0;
  while (cursor.at < joined.length) {
    const { at } = cursor;
    const tag = readVarint32(cursor, joined.length);
    if (tag !== TAG_LANES) {
      skipField(cursor, tag & 7, joined.length);
      continue;
    }
    samples.push(joined.subarray(from, at));
    const bytes = readVarint32(cursor, joined.length);
    lanes.push(joined.subarray(cursor.at, cursor.at + bytes));
    cursor.at += bytes;
    from = cursor.at;
  }
  if (lanes.length === 0) return { samples: joined, lanes: new Uint8Array(0) };
  samples.push(joined.subarray(from));
  return { samples: Buffer.concat(samples), lanes: Buffer.concat(lanes) };
}
