/**
 * Checks the native histograms and exemplars of a request and finds who owns their series.
 *
 * Labels are parsed and hashed anew each time: such series are few, and heavy beside that.
 */
import { ByteWriter } from '../encoding/byte-writer.ts';
import { encodeHistogram } from '../encoding/histogram-bytes.ts';
import type { AdmissionBounds, RejectionCode } from '../head/admission.ts';
import { type HashKey, shardHash, shardOf } from '../index/series-hash.ts';
import { REJECTIONS_MAX, type Rejection } from '../model/appender.ts';
import { type Exemplar, exemplarFault } from '../model/exemplar.ts';
import { histogramFault } from '../model/histogram.ts';
import type { HistogramRun } from '../model/histogram-run.ts';
import { checkLabelPairs } from '../model/label-rules.ts';
import { formatLabels, type Labels } from '../model/labels.ts';
import type { SeriesLanes, TimedHistogram } from '../model/series-lanes.ts';
import type { TenantId } from '../model/tenant.ts';
import { rejectionReason } from './part-outcome.ts';

/** The lanes of one series on their way to its owner. */
export interface RoutedLane {
  readonly labels: Labels;
  readonly shardHash: number;
  /** Ascending; equal times are left to the owner. */
  readonly histograms: HistogramRun;
  /** Number in the request of each histogram. */
  readonly indexes: Uint32Array;
  readonly exemplars: readonly Exemplar[];
}

export interface RoutedLanes {
  readonly byOwner: ReadonlyMap<number, readonly RoutedLane[]>;
  /** Histograms in the request, those refused here included. */
  readonly histograms: number;
  readonly rejected: number;
  readonly rejections: readonly Rejection[];
  /** Exemplars refused: labels too long, a time out of bounds, a series that is not valid. */
  readonly exemplarsRefused: number;
}

export interface LaneRoutingSetup {
  readonly key: HashKey;
  readonly shards: number;
}

/** @param firstIndex number in the request of its first histogram */
export function routeLanes(
  setup: LaneRoutingSetup,
  request: {
    readonly tenant: TenantId;
    readonly lanes: readonly SeriesLanes[];
    readonly firstIndex: number;
  },
  bounds: AdmissionBounds,
): RoutedLanes {
  const routing = new LaneRouting(setup, bounds, request.firstIndex);
  for (const lanes of request.lanes) routing.add(request.tenant, lanes);
  return routing.outcome;
}

class LaneRouting {
  readonly #setup: LaneRoutingSetup;
  readonly #bounds: AdmissionBounds;
  readonly #firstIndex: number;
  readonly #byOwner = new Map<number, RoutedLane[]>();
  readonly #rejections: Rejection[] = [];
  readonly #out = new ByteWriter(1024);
  #rejected = 0;
  #index: number;
  #exemplarsRefused = 0;

  constructor(setup: LaneRoutingSetup, bounds: AdmissionBounds, firstIndex: number) {
    this.#setup = setup;
    this.#bounds = bounds;
    this.#firstIndex = firstIndex;
    this.#index = firstIndex;
  }

  get outcome(): RoutedLanes {
    return {
      byOwner: this.#byOwner,
      histograms: this.#index - this.#firstIndex,
      rejected: this.#rejected,
      rejections: this.#rejections,
      exemplarsRefused: this.#exemplarsRefused,
    };
  }

  add(tenant: TenantId, { pairs, histograms, exemplars }: SeriesLanes): void {
    const check = checkLabelPairs(pairs);
    const first = this.#index;
    this.#index += histograms.length;
    if (check.kind === 'fault') {
      const { code, reason } = check.fault;
      histograms.forEach((_, i) => {
        this.#reject(first + i, code, reason);
      });
      this.#exemplarsRefused += exemplars.length;
      return;
    }
    const { labels } = check;
    const taken = histograms.flatMap((timed, i) =>
      this.#admits(timed, labels, first + i) ? [{ ...timed, index: first + i }] : [],
    );
    taken.sort((a, b) => a.timestampMs - b.timestampMs);
    const right = exemplars.filter((exemplar) => this.#takes(exemplar));
    this.#exemplarsRefused += exemplars.length - right.length;
    if (taken.length + right.length === 0) return;
    const hash = shardHash(this.#setup.key, tenant, labels);
    const owner = shardOf(hash, this.#setup.shards);
    const lanes = this.#byOwner.get(owner) ?? [];
    if (lanes.length === 0) this.#byOwner.set(owner, lanes);
    const indexes = Uint32Array.from(taken, ({ index }) => index);
    const run = this.#runOf(taken);
    lanes.push({ labels, shardHash: hash, histograms: run, indexes, exemplars: right });
  }

  #admits({ timestampMs, histogram }: TimedHistogram, labels: Labels, index: number): boolean {
    const code = boundFault(timestampMs, this.#bounds);
    if (code !== undefined) {
      this.#reject(index, code, rejectionReason(code, formatLabels(labels)));
      return false;
    }
    const fault = histogramFault(histogram);
    if (fault === undefined) return true;
    this.#reject(index, 'bad-histogram', `${formatLabels(labels)}: ${fault}`);
    return false;
  }

  #takes(exemplar: Exemplar): boolean {
    if (boundFault(exemplar.timestampMs, this.#bounds) !== undefined) return false;
    return exemplarFault(exemplar) === undefined;
  }

  #reject(index: number, code: string, reason: string): void {
    this.#rejected++;
    if (this.#rejections.length < REJECTIONS_MAX) this.#rejections.push({ index, code, reason });
  }

  #runOf(taken: readonly TimedHistogram[]): HistogramRun {
    const out = this.#out;
    out.clear();
    const byteOffsets = new Uint32Array(taken.length + 1);
    taken.forEach(({ histogram }, i) => {
      encodeHistogram(histogram, out);
      byteOffsets[i + 1] = out.length;
    });
    const timestampsMs = Float64Array.from(taken, ({ timestampMs }) => timestampMs);
    return { timestampsMs, byteOffsets, bytes: out.copy() };
  }
}

function boundFault(
  timestampMs: number,
  { minTimeMs, maxTimeMs }: AdmissionBounds,
): RejectionCode | undefined {
  if (!Number.isSafeInteger(timestampMs)) return 'bad-timestamp';
  if (timestampMs < minTimeMs) return 'too-old';
  return timestampMs > maxTimeMs ? 'too-far-ahead' : undefined;
}
