/**
 * The native histograms of one series as columns: times, and the bytes of each
 * (`encoding/histogram-bytes.ts`), which stand by themselves and are decoded only where they are
 * looked at.
 */

export interface HistogramRun {
  /** [n] ms, ascending, unique. */
  readonly timestampsMs: Float64Array;
  /** [n+1] where each histogram starts in `bytes`; the first need not be 0. */
  readonly byteOffsets: Uint32Array;
  readonly bytes: Uint8Array;
}

export const NO_HISTOGRAMS: HistogramRun = {
  timestampsMs: new Float64Array(0),
  byteOffsets: new Uint32Array(1),
  bytes: new Uint8Array(0),
};

/** Bytes that one float sample takes in a batch: what histograms count as against `samplesMax`. */
const SAMPLE_BYTES = 16;

/** What the entries of a run weigh, in float samples: at least one each. */
export function samplesWeight(run: HistogramRun): number {
  const count = run.timestampsMs.length;
  const bytes = (run.byteOffsets[count] as number) - (run.byteOffsets[0] as number);
  return count + Math.floor(bytes / SAMPLE_BYTES);
}

/** Entries [from, to) of a run; a view. */
export function sliceRun(run: HistogramRun, from: number, to: number): HistogramRun {
  return {
    timestampsMs: run.timestampsMs.subarray(from, to),
    byteOffsets: run.byteOffsets.subarray(from, to + 1),
    bytes: run.bytes,
  };
}

/** The entries within [startMs, endMs]; a view. */
export function runWithin(run: HistogramRun, startMs: number, endMs: number): HistogramRun {
  const from = firstAtOrAfter(run.timestampsMs, startMs);
  // Timestamps are whole numbers, so the first one beyond the end is not below end + 1.
  const to = firstAtOrAfter(run.timestampsMs, endMs + 1);
  return from === 0 && to === run.timestampsMs.length ? run : sliceRun(run, from, to);
}

/** Index of the first entry that is not below `ms`, of an ascending column. */
export function firstAtOrAfter(column: Float64Array, ms: number): number {
  let low = 0;
  let high = column.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((column[middle] as number) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether an ascending column has a time. */
export function hasTime(column: Float64Array, ms: number): boolean {
  return column[firstAtOrAfter(column, ms)] === ms;
}

/** The bytes of entry `i`; a view. */
export function entryBytes(run: HistogramRun, i: number): Uint8Array {
  return run.bytes.subarray(run.byteOffsets[i], run.byteOffsets[i + 1]);
}

interface Pick {
  readonly run: HistogramRun;
  readonly at: number;
}

/** Joins parts of one series; of two at one time that of the later part is right. */
export function mergeRuns(parts: readonly HistogramRun[]): HistogramRun {
  const filled = parts.filter(({ timestampsMs }) => timestampsMs.length > 0);
  if (filled.length <= 1) return filled[0] ?? NO_HISTOGRAMS;
  const picks: Pick[] = [];
  for (const run of filled) {
    for (let at = 0; at < run.timestampsMs.length; at++) picks.push({ run, at });
  }
  const timeOf = ({ run, at }: Pick) => run.timestampsMs[at] as number;
  // Stable, so that the later part stays behind the earlier one.
  picks.sort((a, b) => timeOf(a) - timeOf(b));
  return gathered(
    picks.filter((pick, i) => {
      const next = picks[i + 1];
      return next === undefined || timeOf(next) !== timeOf(pick);
    }),
  );
}

/** The run without the entries at `timesMs`. */
export function withoutTimes(run: HistogramRun, timesMs: ReadonlySet<number>): HistogramRun {
  const picks: Pick[] = [];
  run.timestampsMs.forEach((ms, at) => {
    if (!timesMs.has(ms)) picks.push({ run, at });
  });
  return gathered(picks);
}

/** A copy of the run in memory of its own. */
export function copyRun(run: HistogramRun): HistogramRun {
  const picks = Array.from(run.timestampsMs, (_, at) => ({ run, at }));
  return gathered(picks);
}

function gathered(picks: readonly Pick[]): HistogramRun {
  const timestampsMs = new Float64Array(picks.length);
  const byteOffsets = new Uint32Array(picks.length + 1);
  picks.forEach(({ run, at }, i) => {
    const bytes = (run.byteOffsets[at + 1] as number) - (run.byteOffsets[at] as number);
    timestampsMs[i] = run.timestampsMs[at] as number;
    byteOffsets[i + 1] = (byteOffsets[i] as number) + bytes;
  });
  const bytes = new Uint8Array(byteOffsets[picks.length] as number);
  picks.forEach(({ run, at }, i) => {
    bytes.set(entryBytes(run, at), byteOffsets[i]);
  });
  return { timestampsMs, byteOffsets, bytes };
}
