/**
 * The body of one request out of the records of a batch.
 *
 * Protobuf lets two messages be joined by putting their bytes together, so records are unpacked,
 * joined and packed again without being understood; a single one is sent as it lies in the spool.
 * Only a remote with write_relabel_configs has its samples decoded.
 */
import type { SampleColumns } from '@mon/storage/model/appender';
import type { Labels } from '@mon/storage/model/labels';
import { decodeRemoteWrite } from '@mon/storage/protocol/remote-write';
import { encodeRemoteWrite } from '@mon/storage/protocol/remote-write-encode';
import { packSnappy, unpackSnappy } from '@mon/storage/protocol/snappy';
import { relabel } from '../relabel/relabel.ts';
import type { RelabelRule } from '../relabel/relabel-rule.ts';
import type { SpoolRecord } from '../spool/spool-record.ts';

/** A packed WriteRequest, or undefined where relabeling drops all of it. */
export function requestBody(
  records: readonly SpoolRecord[],
  rules: readonly RelabelRule[],
): Uint8Array | undefined {
  const [first] = records;
  if (records.length === 1 && first !== undefined && rules.length === 0) return first.body;
  const plain = Buffer.concat(records.map((record) => unpackSnappy(record.body)));
  if (rules.length === 0) return packSnappy(plain);
  const { columns, metadata } = decodeRemoteWrite(plain);
  const kept = relabelColumns(columns, rules);
  if (kept.labels.length === 0 && metadata.length === 0) return undefined;
  return encodeRemoteWrite(kept, metadata);
}

function relabelColumns(columns: SampleColumns, rules: readonly RelabelRule[]): SampleColumns {
  const { sampleOffsets, timestampsMs, values } = columns;
  const labels: Labels[] = [];
  const offsets = new Uint32Array(columns.labels.length + 1);
  const times = new Float64Array(timestampsMs.length);
  const kept = new Float64Array(values.length);
  let at = 0;
  columns.labels.forEach((set, i) => {
    const relabeled = relabel(set, rules);
    if (relabeled === undefined || relabeled.length === 0) return;
    const from = sampleOffsets[i] as number;
    const to = sampleOffsets[i + 1] as number;
    labels.push(relabeled);
    times.set(timestampsMs.subarray(from, to), at);
    // Copied as bits: a staleness marker is a NaN.
    kept.set(values.subarray(from, to), at);
    at += to - from;
    offsets[labels.length] = at;
  });
  return {
    labels,
    sampleOffsets: offsets.subarray(0, labels.length + 1),
    timestampsMs: times.subarray(0, at),
    values: kept.subarray(0, at),
  };
}
