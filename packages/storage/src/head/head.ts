/**
 * The newest samples of one shard's series, in memory: an active generation that takes samples in,
 * and frozen ones on their way into a directory.
 *
 * A sample passes twice: `admit` judges it before it is logged, against the newest sample of its
 * series; `insert` stores it after the commit. Insertion decides by itself whether a sample
 * continues its run or is late, and the first of two values at one timestamp stays, so that a
 * replay of the log ends in the same head.
 */
import type { HashKey } from '../index/series-hash.ts';
import type { ShardMemory } from '../memory/shard-memory.ts';
import { assert } from '../model/assert.ts';
import type { Labels } from '../model/labels.ts';
import type { TenantId } from '../model/tenant.ts';
import { Generation } from './generation.ts';
import { grownU32 } from './grow.ts';
import { CONFLICT, LateRuns, SAME, STORED, type StoreOutcome } from './late-runs.ts';
import {
  fillsSlices,
  nextSliceSamples,
  SEGMENT_BITS,
  SEGMENT_MASK,
  type Segment,
  SLICE_SAMPLES_MAX,
  type SpareSegments,
} from './sample-arena.ts';
import { SampleBuffer } from './sample-buffer.ts';
import type { SamplePart } from './sample-part.ts';
import { SeriesTable } from './series-table.ts';

/**
 * Words of a series' state: newest timestamp (f64), newest value (2 words), run of the active
 * generation (first slice, next free sample, count), and the generation its labels were logged in.
 */
export const STATE_WORDS = 8;
export const STATE_VALUE = 2;
export const STATE_FIRST = 4;
export const STATE_TAIL = 5;
export const STATE_COUNT = 6;
export const STATE_LOGGED = 7;

/** A head holds at most this many frozen generations; the next cut waits. */
export const FROZEN_MAX = 1;

/** Called for each sample that is not stored, with its number in the part. */
export type ConflictSink = (sample: number, ref: number) => void;

export class Head {
  readonly memory: ShardMemory;
  readonly series: SeriesTable;
  readonly #spare: SpareSegments = [];
  #active: Generation;
  #frozen: Generation[] = [];
  #frozenMaxTimeMs = Number.NEGATIVE_INFINITY;
  /** Series that leave unless someone asks for them; see `shard/series-departure.ts`. */
  leaving = new Set<number>();
  /** The generation that new records are of; one ahead of the active one while a freeze waits. */
  loggedGeneration: number;
  /** See STATE_*. */
  states = new Uint32Array(STATE_WORDS * 1024);
  /** The same memory: entry `ref * STATE_WORDS / 2` is the newest timestamp. */
  newestMs = new Float64Array(this.states.buffer);

  constructor(key: HashKey, generation: number, memory: ShardMemory) {
    this.memory = memory;
    this.series = new SeriesTable(key, memory);
    this.#active = new Generation(generation, this.#spare);
    this.loggedGeneration = generation;
  }

  /** Gives the active generation its number, which replay has found out. */
  begin(generation: number): void {
    this.#active.number = generation;
    this.loggedGeneration = generation;
  }

  get active(): Generation {
    return this.#active;
  }

  /** Oldest first. */
  get frozen(): readonly Generation[] {
    return this.#frozen;
  }

  get samples(): number {
    return this.#frozen.reduce((sum, frozen) => sum + frozen.samples, this.#active.samples);
  }

  /** The ref of a series, which is added if it is new; one that is about to leave stays. */
  resolve(tenant: TenantId, labels: Labels, shardHash?: number): number {
    const before = this.series.count;
    const ref = this.series.resolve(tenant, labels, shardHash);
    if (this.series.count !== before) this.#startState(ref);
    this.leaving.delete(ref);
    return ref;
  }

  #startState(ref: number): void {
    if ((ref + 1) * STATE_WORDS > this.states.length) {
      this.states = grownU32(this.states, (ref + 1) * STATE_WORDS);
      this.newestMs = new Float64Array(this.states.buffer);
    }
    this.states.fill(0, ref * STATE_WORDS, (ref + 1) * STATE_WORDS);
    this.newestMs[(ref * STATE_WORDS) / 2] = Number.NEGATIVE_INFINITY;
  }

  /** Stores samples that are durable. */
  insert(part: SamplePart, onConflict: ConflictSink): void {
    const { refs, sampleOffsets, timestampsMs, valueBits } = part;
    const { states } = this;
    const active = this.#active;
    const frozenMaxTimeMs = this.#frozenMaxTimeMs;
    const { arena } = active;
    const { segments } = arena;
    let { minTimeMs, maxTimeMs } = active;
    let stored = 0;
    for (let s = 0; s < part.seriesCount; s++) {
      const ref = refs[s] as number;
      const state = ref * STATE_WORDS;
      const end = sampleOffsets[s + 1] as number;
      for (let k = sampleOffsets[s] as number; k < end; k++) {
        const timestampMs = timestampsMs[k] as number;
        const count = states[state + STATE_COUNT] as number;
        let tail = states[state + STATE_TAIL] as number;
        const isLate = count > 0 && timestampMs <= lastTimestamp(segments, tail);
        if (isLate || timestampMs <= frozenMaxTimeMs) {
          const outcome = this.#judge(ref, part, k);
          if (outcome === CONFLICT) onConflict(k, ref);
          if (outcome !== STORED) continue;
        }
        if (isLate) this.#insertLate(ref, part, k);
        else {
          if (fillsSlices(count)) tail = this.#extendRun(state, count);
          const segment = segments[tail >>> SEGMENT_BITS] as Segment;
          const at = tail & SEGMENT_MASK;
          segment.timestampsMs[at] = timestampMs;
          segment.valueBits[2 * at] = valueBits[2 * k] as number;
          segment.valueBits[2 * at + 1] = valueBits[2 * k + 1] as number;
          states[state + STATE_TAIL] = tail + 1;
          states[state + STATE_COUNT] = count + 1;
        }
        if (timestampMs < minTimeMs) minTimeMs = timestampMs;
        if (timestampMs > maxTimeMs) maxTimeMs = timestampMs;
        stored++;
      }
    }
    active.minTimeMs = minTimeMs;
    active.maxTimeMs = maxTimeMs;
    active.samples += stored;
  }

  /** Gives a run whose slices are full its next one; returns where that starts. */
  #extendRun(state: number, count: number): number {
    const { states } = this;
    const { arena } = this.#active;
    const slice = arena.allocate(nextSliceSamples(count));
    if (count === 0) states[state + STATE_FIRST] = slice;
    else {
      const filled = Math.min((count + 4) >>> 1, SLICE_SAMPLES_MAX);
      arena.link((states[state + STATE_TAIL] as number) - filled, slice);
    }
    return slice;
  }

  #insertLate(ref: number, part: SamplePart, k: number): void {
    let late = this.#active.late.get(ref);
    if (late === undefined) {
      late = new LateRuns();
      this.#active.late.set(ref, late);
    }
    const before = late.bytes;
    late.add(
      part.timestampsMs[k] as number,
      part.valueBits[2 * k] as number,
      part.valueBits[2 * k + 1] as number,
    );
    this.#active.lateBytes += late.bytes - before;
  }

  /** What the head holds at the time of a sample: STORED where nothing, else SAME or CONFLICT. */
  #judge(ref: number, part: SamplePart, k: number): StoreOutcome {
    const timestampMs = part.timestampsMs[k] as number;
    const low = part.valueBits[2 * k] as number;
    const high = part.valueBits[2 * k + 1] as number;
    for (const generation of [this.#active, ...this.#frozen]) {
      const { arena } = generation;
      const at = arena.findInRun(this.run(generation, ref), timestampMs);
      if (at >= 0) return arena.hasBits(at, low, high) ? SAME : CONFLICT;
      const late = generation.late.get(ref)?.judge(timestampMs, low, high) ?? STORED;
      if (late !== STORED) return late;
    }
    return STORED;
  }

  /** The run of a series in a generation; its late samples are apart. */
  run(generation: Generation, ref: number): { readonly first: number; readonly count: number } {
    if (generation !== this.#active) {
      return { first: generation.firsts[ref] ?? 0, count: generation.counts[ref] ?? 0 };
    }
    const state = ref * STATE_WORDS;
    return {
      first: this.states[state + STATE_FIRST] as number,
      count: this.states[state + STATE_COUNT] as number,
    };
  }

  /**
   * Copies all samples of a series in a generation into `out` from `at` on, ascending.
   *
   * @returns how many
   */
  read(generation: Generation, ref: number, into: { out: SampleBuffer; at: number }): number {
    const { out, at } = into;
    const run = this.run(generation, ref);
    const late = generation.late.get(ref);
    const lateCount = late?.count ?? 0;
    out.reserve(at + run.count + lateCount, at);
    generation.arena.copyRun(run, out, at);
    if (late !== undefined) mergeInto(out, { at, count: run.count }, late);
    return run.count + lateCount;
  }

  /** Whether a series has samples in a generation. */
  has(generation: Generation, ref: number): boolean {
    return this.run(generation, ref).count > 0 || generation.late.has(ref);
  }

  /**
   * Sets the newest sample of a series back to what the head holds, after samples that were
   * admitted could not be logged.
   */
  restoreNewest(ref: number): void {
    const out = new SampleBuffer(1);
    let newestMs = Number.NEGATIVE_INFINITY;
    for (const generation of [this.#active, ...this.#frozen]) {
      const count = this.read(generation, ref, { out, at: 0 });
      const last = out.timestampsMs[count - 1] ?? Number.NEGATIVE_INFINITY;
      if (count === 0 || last <= newestMs) continue;
      newestMs = last;
      const state = ref * STATE_WORDS;
      this.states[state + STATE_VALUE] = out.valueBits[2 * count - 2] as number;
      this.states[state + STATE_VALUE + 1] = out.valueBits[2 * count - 1] as number;
    }
    this.newestMs[(ref * STATE_WORDS) / 2] = newestMs;
  }

  /** Ends the active generation and starts the next. */
  freeze(next: number): Generation {
    assert(this.#frozen.length < FROZEN_MAX, 'too many frozen generations');
    assert(next > this.#active.number, 'generations ascend');
    const frozen = this.#active;
    const refs = this.series.refsEnd;
    frozen.firsts = new Uint32Array(refs);
    frozen.counts = new Uint32Array(refs);
    for (let ref = 0, state = 0; ref < refs; ref++, state += STATE_WORDS) {
      frozen.firsts[ref] = this.states[state + STATE_FIRST] as number;
      frozen.counts[ref] = this.states[state + STATE_COUNT] as number;
      this.states[state + STATE_FIRST] = 0;
      this.states[state + STATE_TAIL] = 0;
      this.states[state + STATE_COUNT] = 0;
    }
    this.#frozen.push(frozen);
    this.#frozenMaxTimeMs = Math.max(this.#frozenMaxTimeMs, frozen.maxTimeMs);
    this.#active = new Generation(next, this.#spare);
    return frozen;
  }

  /** Forgets a frozen generation; its memory is given back by `frozen.arena.release()`. */
  dropFrozen(number: number): Generation | undefined {
    const dropped = this.#frozen.find((frozen) => frozen.number === number);
    this.#frozen = this.#frozen.filter((frozen) => frozen !== dropped);
    this.#frozenMaxTimeMs = this.#frozen.reduce(
      (max, frozen) => Math.max(max, frozen.maxTimeMs),
      Number.NEGATIVE_INFINITY,
    );
    return dropped;
  }
}

function lastTimestamp(segments: readonly Segment[], tail: number): number {
  const segment = segments[(tail - 1) >>> SEGMENT_BITS] as Segment;
  return segment.timestampsMs[(tail - 1) & SEGMENT_MASK] as number;
}

/** Merges late samples into an ascending run in a buffer that has room for both. */
function mergeInto(out: SampleBuffer, run: { at: number; count: number }, late: LateRuns): void {
  const from = late.sorted();
  let a = run.at + run.count - 1;
  let b = late.count - 1;
  for (let write = a + late.count; b >= 0; write--) {
    const takesRun =
      a >= run.at && (out.timestampsMs[a] as number) > (from.timestampsMs[b] as number);
    const source = takesRun ? out : from;
    const at = takesRun ? a-- : b--;
    out.timestampsMs[write] = source.timestampsMs[at] as number;
    out.valueBits[2 * write] = source.valueBits[2 * at] as number;
    out.valueBits[2 * write + 1] = source.valueBits[2 * at + 1] as number;
  }
}
