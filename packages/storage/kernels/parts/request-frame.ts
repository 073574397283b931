// The words of a request that kernels work on: see src/shard/request-columns.ts, which writes them.

/** Stands in `refs` for a series that is not known. */
export const REF_UNKNOWN: u32 = 0xffffffff;

/** Addresses are of columns with an entry a series, where nothing else is said. */
@unmanaged
export class RequestFrame {
  seriesMax: u32;
  samplesMax: u32;
  seriesCount: u32;
  sampleCount: u32;
  /** Addresses where the TimeSeries message starts and ends, and its label fields. */
  seriesFrom: u32;
  seriesTo: u32;
  labelsFrom: u32;
  labelsTo: u32;
  /** [n+1] */
  sampleOffsets: u32;
  /** A sample each: f64 ms, and 8 bytes. */
  timestamps: u32;
  valueBits: u32;
  /** 16 bytes each. */
  hashes: u32;
  refs: u32;
  /** Shard of each series; `shards` for one that goes nowhere. */
  owners: u32;
  shards: u32;
  /** By shard: series and samples. */
  counts: u32;
}
