/**
 * Puts native histograms and exemplars into a head, and keeps floats and histograms apart in time.
 *
 * Like the insertion of floats it decides by what the head holds and by the order of calls alone,
 * so that a replay of the log ends in the same head.
 */
import type { Exemplar } from '../model/exemplar.ts';
import { entryBytes, type HistogramRun } from '../model/histogram-run.ts';
import type { Generation } from './generation.ts';
import type { ConflictSink, Head } from './head.ts';
import { CONFLICT, STORED, type StoreOutcome } from './late-runs.ts';
import { SampleBuffer } from './sample-buffer.ts';
import type { SamplePart } from './sample-part.ts';

/** Histograms and exemplars of one series of the head. */
export interface LaneEntry {
  readonly ref: number;
  readonly histograms: HistogramRun;
  readonly exemplars: readonly Exemplar[];
}

/** What became of exemplars, added up. */
export interface ExemplarCounts {
  stored: number;
  outOfOrder: number;
}

/** Stores float samples that are durable; one at whose time a histogram stands is a conflict. */
export function insertSamples(head: Head, part: SamplePart, onConflict: ConflictSink): void {
  if (hasHistograms(head)) dropHistogramTimes(head, part, onConflict);
  head.insert(part, onConflict);
}

/**
 * Stores histograms and exemplars that are durable.
 *
 * @param onConflict called with the number among all histograms of each one whose time is taken
 */
export function insertLanes(
  head: Head,
  lanes: readonly LaneEntry[],
  onConflict: ConflictSink,
): ExemplarCounts {
  const counts: ExemplarCounts = { stored: 0, outOfOrder: 0 };
  const generations = [head.active, ...head.frozen];
  let number = 0;
  for (const { ref, histograms, exemplars } of lanes) {
    for (let i = 0; i < histograms.timestampsMs.length; i++, number++) {
      const timestampMs = histograms.timestampsMs[i] as number;
      const bytes = entryBytes(histograms, i);
      if (hasFloatAt(head, ref, timestampMs)) {
        onConflict(number, ref);
        continue;
      }
      // By the active generation alone, as samples are: see `Head`.
      const outcome = judge(head.active, { ref, timestampMs, bytes });
      if (outcome === CONFLICT) onConflict(number, ref);
      if (outcome !== STORED) continue;
      head.active.lanes.addHistogram(ref, timestampMs, bytes);
    }
    for (const exemplar of exemplars) insertExemplar(generations, { ref, exemplar }, counts);
  }
  return counts;
}

function judge(
  { lanes }: Generation,
  entry: { readonly ref: number; readonly timestampMs: number; readonly bytes: Uint8Array },
): StoreOutcome {
  return lanes.histograms(entry.ref)?.judge(entry.timestampMs, entry.bytes) ?? STORED;
}

/** What equals the newest of its series is passed over, what is older refused; as Prometheus does. */
function insertExemplar(
  generations: readonly Generation[],
  { ref, exemplar }: { readonly ref: number; readonly exemplar: Exemplar },
  counts: ExemplarCounts,
): void {
  const withSome = generations.find(({ lanes }) => lanes.exemplars.has(ref));
  const outcome = withSome?.lanes.exemplars.judge(ref, exemplar) ?? 'stored';
  if (outcome === 'out-of-order') counts.outOfOrder++;
  if (outcome !== 'stored') return;
  const active = generations[0] as Generation;
  active.lanes.addExemplar(ref, exemplar);
  counts.stored++;
}

const scratch = new SampleBuffer(1);

function hasFloatAt(head: Head, ref: number, timestampMs: number): boolean {
  const range = { startMs: timestampMs, endMs: timestampMs };
  return [head.active, ...head.frozen].some(
    (generation) =>
      head.hasFloats(generation, ref) &&
      head.read(generation, ref, { out: scratch, at: 0, range }) > 0,
  );
}

/** Whether any series of the head has histograms; then floats must look out for them. */
function hasHistograms(head: Head): boolean {
  return head.active.lanes.hasHistograms || head.frozen.some(({ lanes }) => lanes.hasHistograms);
}

/** Takes samples out of a part, in place, at whose time their series has a histogram. */
function dropHistogramTimes(head: Head, part: SamplePart, onConflict: ConflictSink): void {
  const generations = [head.active, ...head.frozen];
  const { refs, sampleOffsets, timestampsMs, valueBits } = part;
  let kept = 0;
  for (let s = 0; s < part.seriesCount; s++) {
    const ref = refs[s] as number;
    const buffers = generations.flatMap(({ lanes }) => lanes.histograms(ref) ?? []);
    const from = sampleOffsets[s] as number;
    const end = sampleOffsets[s + 1] as number;
    // The end before was read in the turn before, so this entry may be overwritten.
    const keptBefore = kept;
    for (let k = from; k < end; k++) {
      const timestampMs = timestampsMs[k] as number;
      if (buffers.some((buffer) => buffer.has(timestampMs))) {
        onConflict(k, ref);
        continue;
      }
      if (kept !== k) {
        part.movedFrom ??= Uint32Array.from({ length: part.sampleCount }, (_, i) => i);
        part.movedFrom[kept] = part.movedFrom[k] as number;
        timestampsMs[kept] = timestampMs;
        valueBits[2 * kept] = valueBits[2 * k] as number;
        valueBits[2 * kept + 1] = valueBits[2 * k + 1] as number;
      }
      kept++;
    }
    sampleOffsets[s] = keptBefore;
  }
  sampleOffsets[part.seriesCount] = kept;
  part.sampleCount = kept;
}
