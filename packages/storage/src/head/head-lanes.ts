/**
 * What a generation of a head holds beside float samples: native histograms and exemplars of its
 * series.
 *
 * Floats and histograms of a series have one order of time: at each time there is one of either
 * kind, the one that was stored first.
 */
import type { Exemplar } from '../model/exemplar.ts';
import { ExemplarRing } from './exemplar-ring.ts';
import { HistogramBuffer } from './histogram-buffer.ts';

export class HeadLanes {
  readonly #histograms = new Map<number, HistogramBuffer>();
  readonly exemplars = new ExemplarRing();
  /** Histograms. */
  samples = 0;
  /** Range of everything here. */
  minTimeMs = Number.POSITIVE_INFINITY;
  maxTimeMs = Number.NEGATIVE_INFINITY;
  #histogramBytes = 0;

  /** Bytes of memory, about. */
  get bytes(): number {
    return this.#histogramBytes + this.exemplars.memoryBytes;
  }

  get hasHistograms(): boolean {
    return this.#histograms.size > 0;
  }

  has(ref: number): boolean {
    return this.#histograms.has(ref) || this.exemplars.has(ref);
  }

  /** Refs of all series that have something here. */
  *refs(): Generator<number> {
    yield* this.#histograms.keys();
    for (const ref of this.exemplars.refs()) if (this.has(ref)) yield ref;
  }

  histograms(ref: number): HistogramBuffer | undefined {
    return this.#histograms.get(ref);
  }

  addHistogram(ref: number, timestampMs: number, bytes: Uint8Array): void {
    let buffer = this.#histograms.get(ref);
    const before = buffer?.memoryBytes ?? 0;
    if (buffer === undefined) {
      buffer = new HistogramBuffer();
      this.#histograms.set(ref, buffer);
    }
    buffer.add(timestampMs, bytes);
    this.#histogramBytes += buffer.memoryBytes - before;
    this.samples++;
    this.#spread(timestampMs);
  }

  addExemplar(ref: number, exemplar: Exemplar): void {
    this.exemplars.add(ref, exemplar);
    this.#spread(exemplar.timestampMs);
  }

  #spread(timestampMs: number): void {
    this.minTimeMs = Math.min(this.minTimeMs, timestampMs);
    this.maxTimeMs = Math.max(this.maxTimeMs, timestampMs);
  }
}
