/**
 * The bodies of one batch, in whichever dialect its remote takes.
 *
 * Records of the spool are remote write 1.0. Protobuf lets two messages be joined by putting their
 * bytes together, so for 1.0 they are unpacked, joined and packed again without being understood; a
 * single one is sent as it lies in the spool. Only a remote with write_relabel_configs, or one that
 * speaks 2.0, has its samples decoded.
 */
import type { SampleColumns } from '@mon/storage/model/appender';
import type { Exemplar } from '@mon/storage/model/exemplar';
import type { Labels } from '@mon/storage/model/labels';
import { decodeRemoteWrite } from '@mon/storage/protocol/remote-write';
import { encodeRemoteWrite2 } from '@mon/storage/protocol/remote-write-2-encode';
import { encodeWriteRequest } from '@mon/storage/protocol/remote-write-encode';
import { readLanes1 } from '@mon/storage/protocol/series-lanes';
import { encodeSeriesLanes } from '@mon/storage/protocol/series-lanes-encode';
import { packSnappy, unpackSnappy } from '@mon/storage/protocol/snappy';
import { relabel } from '../relabel/relabel.ts';
import type { RelabelRule } from '../relabel/relabel-rule.ts';
import { splitLanes } from '../spool/record-lanes.ts';
import type { SpoolRecord } from '../spool/spool-record.ts';
import type { MetricFamilies } from './metric-families.ts';

/** A batch as it goes to one remote: unpacked, relabeled. */
export class BatchRequest {
  /** The record, where the batch is that alone. */
  readonly #only: SpoolRecord | undefined;
  /** Samples and metadata. */
  readonly plain: Uint8Array;
  /** Exemplars, as messages of remote write 1.0. */
  readonly lanes: Uint8Array = new Uint8Array(0);

  constructor(
    records: readonly SpoolRecord[],
    rules: readonly RelabelRule[],
    sendsExemplars: boolean,
  ) {
    const joined = Buffer.concat(records.map((record) => unpackSnappy(record.body)));
    const { samples, lanes } = splitLanes(joined);
    const isWhole = records.length === 1 && rules.length === 0 && samples === joined;
    this.#only = isWhole ? records[0] : undefined;
    this.plain = rules.length === 0 ? samples : relabeled(samples, rules);
    if (sendsExemplars) this.lanes = rules.length === 0 ? lanes : relabeledLanes(lanes, rules);
  }

  /** Whether relabeling left nothing. */
  get isEmpty(): boolean {
    return this.plain.length + this.lanes.length === 0;
  }

  remoteWrite1(): Uint8Array {
    return this.#only?.body ?? packSnappy(Buffer.concat([this.plain, this.lanes]));
  }

  /**
   * Every series with what is known of its metric; undefined where the batch is metadata alone,
   * which 2.0 cannot send.
   */
  remoteWrite2(families: MetricFamilies): Uint8Array | undefined {
    const { columns, metadata } = decodeRemoteWrite(this.plain);
    families.learn(metadata);
    if (columns.labels.length === 0) return undefined;
    // They came with samples of their series, which stand in the same batch.
    const exemplars = new Map<string, readonly Exemplar[]>();
    for (const series of readLanes1(this.lanes)) {
      const key = series.pairs.join('\0');
      exemplars.set(key, [...(exemplars.get(key) ?? []), ...series.exemplars]);
    }
    return encodeRemoteWrite2(columns, families.known, exemplars);
  }
}

function relabeled(plain: Uint8Array, rules: readonly RelabelRule[]): Uint8Array {
  const { columns, metadata } = decodeRemoteWrite(plain);
  const kept = relabelColumns(columns, rules);
  return encodeWriteRequest(kept, metadata, { from: 0, to: kept.labels.length });
}

function relabeledLanes(lanes: Uint8Array, rules: readonly RelabelRule[]): Uint8Array {
  const kept = readLanes1(lanes).flatMap((series) => {
    const pairs = relabel(series.pairs, rules);
    return pairs === undefined || pairs.length === 0 ? [] : [{ ...series, pairs }];
  });
  return encodeSeriesLanes(kept);
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
