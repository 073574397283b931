/**
 * Gathers the native histograms of series after series into the lane of a batch.
 */
import { copyRun, type HistogramRun } from './histogram-run.ts';
import type { HistogramLane } from './queryable.ts';

export class LaneBuilder {
  #runs: { readonly series: number; readonly run: HistogramRun }[] = [];

  get isEmpty(): boolean {
    return this.#runs.length === 0;
  }

  /** Notes the histograms of series `series` of the batch, which are copied; series ascend. */
  add(series: number, run: HistogramRun): void {
    if (run.timestampsMs.length > 0) this.#runs.push({ series, run: copyRun(run) });
  }

  /** The lane of a batch of `count` series, undefined where none has any; empty afterwards. */
  take(count: number): HistogramLane | undefined {
    const runs = this.#runs;
    if (runs.length === 0) return undefined;
    this.#runs = [];
    const seriesOffsets = new Uint32Array(count + 1);
    let entries = 0;
    let bytes = 0;
    let next = 0;
    for (let i = 0; i < count; i++) {
      const held = runs[next];
      if (held?.series === i) {
        entries += held.run.timestampsMs.length;
        bytes += held.run.bytes.length;
        next++;
      }
      seriesOffsets[i + 1] = entries;
    }
    const lane = {
      seriesOffsets,
      timestampsMs: new Float64Array(entries),
      byteOffsets: new Uint32Array(entries + 1),
      bytes: new Uint8Array(bytes),
    };
    let at = 0;
    let byteAt = 0;
    for (const { run } of runs) {
      lane.timestampsMs.set(run.timestampsMs, at);
      lane.bytes.set(run.bytes, byteAt);
      for (let i = 0; i < run.timestampsMs.length; i++) {
        lane.byteOffsets[at + i + 1] = byteAt + (run.byteOffsets[i + 1] as number);
      }
      at += run.timestampsMs.length;
      byteAt += run.bytes.length;
    }
    return lane;
  }
}
