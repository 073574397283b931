/**
 * Notices when the wall clock is set, or the machine slept: between two beats of a timer, which
 * runs on, the wall clock moved by more or less than the beat.
 */
import type { Clock } from '@mon/storage/model/clock';

export const BEAT_MS = 5000;
/** Smaller steps are a busy process, or a clock that is being slewed. */
export const JUMP_MIN_MS = 15_000;

/** Calls back with each jump, ms forward; the returned function ends the watch. */
export function watchClock(clock: Clock, onJump: (byMs: number) => void): () => void {
  let beatMs = clock.nowMs();
  let cancel = (): void => {};
  const beat = (): void => {
    const nowMs = clock.nowMs();
    const byMs = nowMs - beatMs - BEAT_MS;
    beatMs = nowMs;
    cancel = clock.after(BEAT_MS, beat);
    if (Math.abs(byMs) >= JUMP_MIN_MS) onJump(byMs);
  };
  cancel = clock.after(BEAT_MS, beat);
  return () => cancel();
}
