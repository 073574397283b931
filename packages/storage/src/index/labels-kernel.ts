/**
 * `kernels/labels.ts`: label pairs as they came -> canonical labels and their shard hash. Its twin is
 * `checkLabelPairs` with `writeCanonicalLabels` and `shardHash`.
 */

/** Bytes of a pair of input: address and bytes of the name, address and bytes of the value, u32. */
export const LABEL_PAIR_BYTES = 16;

/**
 * Words that say how unknown series are placed: pairs and how many fit, key, prefix and its bytes,
 * scratch, labels and their end, rows and how many there are, counts by shard.
 */
export const PLACING_WORDS = 11;
export const PLACING = { labels: 6, rowCount: 9 } as const;

export interface LabelsKernel {
  /**
   * Reads the label fields in [from, to) of a protobuf series (remote write 1.0).
   *
   * @returns how many pairs, or a negative number where `max` is passed or the bytes are not plain
   */
  readProtobufLabels(from: number, to: number, pairs: number, max: number): number;
  /**
   * Sorts pairs in place, checks them, and writes them canonically to [out, end).
   *
   * @returns bytes written, or below 0 where a rule is broken: `checkLabelPairs` says which
   */
  canonicalLabels(pairs: number, count: number, out: number, end: number): number;
  /**
   * @param key 16 bytes
   * @param prefix what is hashed before the labels: `SHARD_TAG`, tenant, 0xFF
   * @param scratch room for prefix and labels
   * @returns as an i32
   */
  shardHash(
    key: number,
    prefix: number,
    prefixBytes: number,
    from: number,
    to: number,
    scratch: number,
  ): number;
  /** `readProtobufLabels`, `canonicalLabels` and `shardHash` in one, into a row of the series table. */
  canonicalSeries(
    from: number,
    to: number,
    pairs: number,
    pairsMax: number,
    out: number,
    end: number,
    row: number,
    key: number,
    prefix: number,
    prefixBytes: number,
    scratch: number,
  ): number;
  /**
   * Places the unknown series of a request from one on, by `PLACING_WORDS` words at `placing`.
   *
   * @returns the first that it does not take, or how many series the request has
   */
  placeUnknown(request: number, series: number, placing: number): number;
  /** Bytes that the label fields of a request's unknown series have. */
  unknownBytes(request: number): number;
  /** Copies the rows that one of so many shards owns, and behind them their labels. */
  collectRows(
    rows: number,
    count: number,
    shards: number,
    owner: number,
    out: number,
    labels: number,
  ): void;
  /** Puts the refs of rows, in order, where a column of refs has none. */
  fillRefs(refs: number, count: number, rows: number): void;
}
