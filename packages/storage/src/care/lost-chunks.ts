/**
 * Gathers what a walk through a block's series could not read, and tells it as few losses as it can:
 * neighbours that lost the same time are one.
 */
import type { SlotAxis } from '../index/series-page.ts';
import type { Loss } from './part-report.ts';

/** Consecutive series that lost the same slots. */
interface Run {
  series: number;
  readonly from: string;
  to: string;
  readonly slots: readonly number[];
}

export class LostChunks {
  readonly #axis: SlotAxis;
  readonly #onLoss: (loss: Loss) => void;
  #run: Run | undefined;

  constructor(axis: SlotAxis, onLoss: (loss: Loss) => void) {
    this.#axis = axis;
    this.#onLoss = onLoss;
  }

  /** A series, in order, and the slots it lost: ascending, perhaps none. */
  take(name: string, slots: readonly number[], series = 1): void {
    const run = this.#run;
    const isSame =
      run !== undefined &&
      run.slots.length === slots.length &&
      run.slots.every((slot, i) => slot === slots[i]);
    if (isSame) {
      run.series += series;
      run.to = name;
      return;
    }
    this.finish();
    if (slots.length > 0) this.#run = { series, from: name, to: name, slots };
  }

  finish(): void {
    const run = this.#run;
    this.#run = undefined;
    if (run === undefined) return;
    const { slotWidthMs } = this.#axis;
    let from = 0;
    run.slots.forEach((slot, i) => {
      if (run.slots[i + 1] === slot + 1) return;
      this.#onLoss({
        ...{ series: run.series, from: run.from, to: run.to },
        minTimeMs: (run.slots[from] as number) * slotWidthMs,
        maxTimeMs: (slot + 1) * slotWidthMs - 1,
      });
      from = i + 1;
    });
  }
}
