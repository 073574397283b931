/**
 * A series page while not all label pairs and slots of the block are known: pairs have preliminary
 * numbers, slots are slot numbers instead of indexes. Kept serialized by V8 for as long as the
 * block is being written; not a format.
 */

export interface PendingPage {
  /** Place of the first series in its group. */
  readonly firstMember: number;
  readonly rows: PendingRow[];
  /** Slots of each group in the page, ascending. */
  readonly groupSlots: Float64Array[];
}

export interface PendingRow {
  readonly shardHash: number;
  readonly fingerprint: readonly [high: number, low: number];
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  readonly group: number;
  readonly pairs: readonly number[];
}
