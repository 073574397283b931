/**
 * Judges samples before they are logged: too old, too far ahead, a second value at a series' newest
 * timestamp. Nothing is noted of them: what is not in the head yet is judged again on insertion.
 */
import type { Head } from './head.ts';
import { REF_REFUSED, type SamplePart } from './sample-part.ts';

export interface AdmissionBounds {
  /** Samples before this are `too-old`; -Infinity takes any. */
  readonly minTimeMs: number;
  /** Samples after this are `too-far-ahead`. */
  readonly maxTimeMs: number;
}

export type RejectionCode =
  | 'too-old'
  | 'too-far-ahead'
  | 'duplicate-timestamp'
  | 'bad-timestamp'
  | 'series-refused';

/**
 * Called for each rejected sample with its number in the part as it came and its series' ref; for
 * `series-refused` with the number of its refusal in the part's.
 */
export type RejectionSink = (code: RejectionCode, sample: number, ref: number) => void;

interface Admission {
  readonly bounds: AdmissionBounds;
  readonly onRejected: RejectionSink;
}

/**
 * Takes out of a part, in place, what is not to be logged: rejected samples, and those that repeat
 * the newest of their series bit by bit, which count as accepted.
 */
export function admit(head: Head, part: SamplePart, admission: Admission): void {
  // Nearly always there is nothing to take out.
  const isClean = part.refusals === undefined && head.active.runs.isClean(part, admission.bounds);
  if (!isClean) sift(head, part, admission);
}

function sift(head: Head, part: SamplePart, { bounds, onRejected }: Admission): void {
  const { minTimeMs, maxTimeMs } = bounds;
  const { refs, sampleOffsets, timestampsMs, valueBits } = part;
  let series = 0;
  let kept = 0;
  /** Number of the next refused series. */
  let refused = 0;
  for (let s = 0; s < part.seriesCount; s++) {
    const ref = refs[s] as number;
    const keptBefore = kept;
    if (ref === REF_REFUSED) {
      for (let k = sampleOffsets[s] as number; k < (sampleOffsets[s + 1] as number); k++) {
        onRejected('series-refused', k, refused);
      }
      refused++;
      continue;
    }
    const end = sampleOffsets[s + 1] as number;
    let newestMs = head.newestMs(ref);
    /** Number of the newest sample where that is in this part. */
    let newest = -1;
    for (let k = sampleOffsets[s] as number; k < end; k++) {
      const timestampMs = timestampsMs[k] as number;
      const low = valueBits[2 * k] as number;
      const high = valueBits[2 * k + 1] as number;
      if (!(timestampMs >= minTimeMs && timestampMs <= maxTimeMs)) {
        onRejected(boundCode(timestampMs, bounds), k, ref);
        continue;
      }
      if (timestampMs === newestMs) {
        const isSame =
          newest < 0
            ? head.hasNewestBits(ref, low, high)
            : valueBits[2 * newest] === low && valueBits[2 * newest + 1] === high;
        if (!isSame) onRejected('duplicate-timestamp', k, ref);
        continue;
      }
      if (timestampMs > newestMs) {
        newestMs = timestampMs;
        newest = kept;
      }
      if (kept !== k) move(part, k, kept);
      kept++;
    }
    if (kept > keptBefore) {
      refs[series] = ref;
      // The end of this series was read above, so its entry may be overwritten.
      sampleOffsets[series] = keptBefore;
      series++;
    }
  }
  sampleOffsets[series] = kept;
  part.seriesCount = series;
  part.sampleCount = kept;
}

/** Moves a sample down to where one was taken out. */
function move(part: SamplePart, from: number, to: number): void {
  const { timestampsMs, valueBits } = part;
  part.movedFrom ??= Uint32Array.from({ length: part.sampleCount }, (_, i) => i);
  part.movedFrom[to] = from;
  timestampsMs[to] = timestampsMs[from] as number;
  valueBits[2 * to] = valueBits[2 * from] as number;
  valueBits[2 * to + 1] = valueBits[2 * from + 1] as number;
}

function boundCode(timestampMs: number, bounds: AdmissionBounds): RejectionCode {
  if (!Number.isSafeInteger(timestampMs)) return 'bad-timestamp';
  return timestampMs < bounds.minTimeMs ? 'too-old' : 'too-far-ahead';
}
