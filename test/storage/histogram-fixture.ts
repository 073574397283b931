/**
 * Native histograms for tests: fixed ones and random ones.
 */
import { ByteWriter } from '@mon/storage/encoding/byte-writer';
import { encodeHistogram } from '@mon/storage/encoding/histogram-bytes';
import {
  CUSTOM_SCHEMA,
  type NativeHistogram,
  newHistogram,
  RESET_HINTS,
  staleHistogram,
} from '@mon/storage/model/histogram';
import type { HistogramRun } from '@mon/storage/model/histogram-run';
import type { Random } from './encoding/seeded-random.ts';

/** Buckets 1, 2 and 5 with 3, `extra` and 2 observations, one at zero. */
export function someHistogram(extra = 4): NativeHistogram {
  return newHistogram({
    schema: 3,
    count: 6 + extra,
    sum: 12.5 + extra,
    zeroThreshold: 2 ** -128,
    zeroCount: 1,
    positiveSpans: Int32Array.of(1, 2, 2, 1),
    positiveCounts: Float64Array.of(3, extra, 2),
  });
}

export function bytesOf(histogram: NativeHistogram): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter();
  encodeHistogram(histogram, out);
  return out.copy();
}

export function runOf(entries: Iterable<readonly [ms: number, NativeHistogram]>): HistogramRun {
  const all = [...entries];
  const out = new ByteWriter();
  const byteOffsets = new Uint32Array(all.length + 1);
  all.forEach(([, histogram], i) => {
    encodeHistogram(histogram, out);
    byteOffsets[i + 1] = out.length;
  });
  return {
    timestampsMs: Float64Array.from(all, ([ms]) => ms),
    byteOffsets,
    bytes: out.copy(),
  };
}

/** A histogram without a fault, of any kind. */
export function randomHistogram(random: Random): NativeHistogram {
  const pick = (n: number) => random.below(n);
  if (pick(20) === 0) return staleHistogram(pick(2) === 0 ? 'integer' : 'float');
  const isFloat = pick(2) === 0;
  const isCustom = pick(4) === 0;
  const number = () => (isFloat ? random.next() * 10 ** pick(6) : pick(10 ** pick(6)));
  const positiveSpans = randomSpans(random, isCustom);
  const negativeSpans = isCustom || pick(2) === 0 ? new Int32Array(0) : randomSpans(random, false);
  const countsOf = (spans: Int32Array) =>
    Float64Array.from({ length: spans.reduce((n, v, i) => n + (i % 2) * v, 0) }, number);
  const positiveCounts = countsOf(positiveSpans);
  const negativeCounts = countsOf(negativeSpans);
  const zeroCount = isCustom ? 0 : number();
  const total = [...positiveCounts, ...negativeCounts].reduce((a, b) => a + b, zeroCount);
  const isNan = pick(10) === 0;
  return {
    kind: isFloat ? 'float' : 'integer',
    schema: isCustom ? CUSTOM_SCHEMA : pick(13) - 4,
    resetHint: RESET_HINTS[pick(4)] ?? 'unknown',
    isStale: false,
    count: total + (isNan ? pick(5) : 0),
    sum: isNan ? Number.NaN : random.next() * 1e6 - 5e5,
    zeroThreshold: isCustom ? 0 : ([0, 2 ** -128, 0.001, 1e-300][pick(4)] ?? 0),
    zeroCount,
    ...{ positiveSpans, positiveCounts, negativeSpans, negativeCounts },
    customBounds: isCustom
      ? Float64Array.from({ length: 64 }, (_, i) => i * 0.25 - 3)
      : new Float64Array(0),
    createdMs: pick(3) === 0 ? pick(2 ** 30) * 1000 : undefined,
  };
}

function randomSpans(random: Random, isCustom: boolean): Int32Array {
  const pick = (n: number) => random.below(n);
  const spans: number[] = [];
  for (let i = pick(5); i > 0; i--) {
    const isFirst = spans.length === 0;
    spans.push(isFirst && !isCustom ? pick(200) - 100 : pick(5), pick(7));
  }
  return Int32Array.from(spans);
}
