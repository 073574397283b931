/**
 * Judges samples before they are logged: too old, too far ahead, a second value at a series' newest
 * timestamp. What passes and is new advances the newest sample of its series.
 */
import { type Head, STATE_VALUE, STATE_WORDS } from './head.ts';
import type { SamplePart } from './sample-part.ts';

export interface AdmissionBounds {
  /** Samples before this are `too-old`; -Infinity takes any. */
  readonly minTimeMs: number;
  /** Samples after this are `too-far-ahead`. */
  readonly maxTimeMs: number;
}

export type RejectionCode = 'too-old' | 'too-far-ahead' | 'duplicate-timestamp' | 'bad-timestamp';

/** Called for each rejected sample with its number in the part as it came. */
export type RejectionSink = (code: RejectionCode, sample: number, ref: number) => void;

/**
 * Takes out of a part, in place, what is not to be logged: rejected samples, and those that repeat
 * the newest of their series bit by bit, which count as accepted.
 */
export function admit(
  head: Head,
  part: SamplePart,
  admission: { readonly bounds: AdmissionBounds; readonly onRejected: RejectionSink },
): void {
  const { bounds, onRejected } = admission;
  const { minTimeMs, maxTimeMs } = bounds;
  const { refs, sampleOffsets, timestampsMs, valueBits } = part;
  const { states, newestMs } = head;
  let series = 0;
  let kept = 0;
  for (let s = 0; s < part.seriesCount; s++) {
    const ref = refs[s] as number;
    const state = ref * STATE_WORDS;
    const keptBefore = kept;
    const end = sampleOffsets[s + 1] as number;
    for (let k = sampleOffsets[s] as number; k < end; k++) {
      const timestampMs = timestampsMs[k] as number;
      const low = valueBits[2 * k] as number;
      const high = valueBits[2 * k + 1] as number;
      const newest = newestMs[state / 2] as number;
      if (timestampMs >= minTimeMs && timestampMs <= maxTimeMs) {
        if (timestampMs > newest) {
          newestMs[state / 2] = timestampMs;
          states[state + STATE_VALUE] = low;
          states[state + STATE_VALUE + 1] = high;
        } else if (timestampMs === newest) {
          const isSame =
            states[state + STATE_VALUE] === low && states[state + STATE_VALUE + 1] === high;
          if (!isSame) onRejected('duplicate-timestamp', k, ref);
          continue;
        }
        if (kept !== k) {
          part.movedFrom ??= Uint32Array.from({ length: part.sampleCount }, (_, i) => i);
          part.movedFrom[kept] = k;
          timestampsMs[kept] = timestampMs;
          valueBits[2 * kept] = low;
          valueBits[2 * kept + 1] = high;
        }
        kept++;
      } else {
        onRejected(boundCode(timestampMs, bounds), k, ref);
      }
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

function boundCode(timestampMs: number, bounds: AdmissionBounds): RejectionCode {
  if (!Number.isSafeInteger(timestampMs)) return 'bad-timestamp';
  return timestampMs < bounds.minTimeMs ? 'too-old' : 'too-far-ahead';
}
