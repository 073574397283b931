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
import { DecodedColumns } from './decoded-columns.ts';
import { Generation } from './generation.ts';
import { grownU32 } from './grow.ts';
import {
  CONFLICT,
  lowerBound,
  SAME,
  type SampleColumns,
  STORED,
  type StoreOutcome,
} from './late-runs.ts';
import { RefSet } from './ref-set.ts';
import { loadSampleRuns, type PartCursor, type SampleRunsKernel } from './run-table.ts';
import type { SampleBuffer } from './sample-buffer.ts';
import { REF_REFUSED, REF_UNKNOWN, type SamplePart } from './sample-part.ts';
import type { SeriesGuard } from './series-guard.ts';
import { SERIES_ROW, SERIES_ROW_WORDS, SeriesTable } from './series-table.ts';

/** A head holds at most this many frozen generations; the next cut waits. */
export const FROZEN_MAX = 1;

/** Both ends belong to it. */
export interface TimeRange {
  readonly startMs: number;
  readonly endMs: number;
}

export const ANY_TIME: TimeRange = {
  startMs: Number.NEGATIVE_INFINITY,
  endMs: Number.POSITIVE_INFINITY,
};

/** Called for each sample that is not stored, with its number in the part. */
export type ConflictSink = (sample: number, ref: number) => void;

export class Head {
  readonly memory: ShardMemory;
  readonly series: SeriesTable;
  readonly #kernel: SampleRunsKernel;
  /** What `decode` writes to. */
  readonly decoded: DecodedColumns;
  #active: Generation;
  #frozen: Generation[] = [];
  /** Series that leave unless someone asks for them; see `shard/series-departure.ts`. */
  leaving = new RefSet();
  /** Asked before a series of a request is added; undefined lets all in. */
  guard: SeriesGuard | undefined;
  /** How often series have begun to leave. */
  departures = 0;
  /** The generation that new records are of; one ahead of the active one while a freeze waits. */
  loggedGeneration: number;
  /** By ref: the generation in which the labels of the series were last logged. */
  logged = new Uint32Array(1024);

  constructor(key: HashKey, generation: number, memory: ShardMemory) {
    this.memory = memory;
    this.series = new SeriesTable(key, memory);
    this.#kernel = loadSampleRuns(memory);
    this.decoded = new DecodedColumns(memory);
    this.#active = new Generation(generation, memory, this.#kernel);
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
    if (this.series.count !== before) this.begun(ref);
    this.leaving.delete(ref);
    return ref;
  }

  /**
   * The refs of series in rows (`SERIES_ROW`), added where they are new.
   *
   * @param rows address of rows in which labels and shard hashes stand; refs are filled in
   * @returns why series were refused, which have REF_REFUSED; undefined where none was
   */
  resolveRows(tenant: TenantId, rows: number, count: number): readonly string[] | undefined {
    const { series } = this;
    const unknown = series.findRows(tenant, rows, count);
    const { words } = series.space;
    const end = rows / 4 + count * SERIES_ROW_WORDS;
    const isNew: number[] = [];
    for (let at = rows / 4 + SERIES_ROW.ref; at < end; at += SERIES_ROW_WORDS) {
      if (isNew.length === unknown) break;
      if (words[at] === REF_UNKNOWN) isNew.push(at);
    }
    const refusals = unknown === 0 ? undefined : this.#refuseRows(tenant, isNew);
    series.addRows(tenant, rows, count);
    for (const at of isNew) this.begun(words[at] as number);
    if (this.leaving.size === 0) return refusals;
    for (let at = rows / 4 + SERIES_ROW.ref; at < end; at += SERIES_ROW_WORDS) {
      this.leaving.delete(words[at] as number);
    }
    return refusals;
  }

  /**
   * Shows new series to the guard; those that it refuses are marked and left out.
   *
   * @param isNew where the refs of their rows stand, in words
   */
  #refuseRows(tenant: TenantId, isNew: number[]): string[] | undefined {
    const { guard, series } = this;
    if (guard === undefined) return undefined;
    let refusals: string[] | undefined;
    let kept = 0;
    for (const at of isNew) {
      const why = guard.looks()
        ? guard.refuse(tenant, series.labelsOfRow(at - SERIES_ROW.ref))
        : undefined;
      if (why === undefined) {
        isNew[kept++] = at;
        continue;
      }
      series.space.words[at] = REF_REFUSED;
      refusals ??= [];
      refusals.push(why);
    }
    isNew.length = kept;
    return refusals;
  }

  /** A series has been added to the table under this ref. */
  begun(ref: number): void {
    this.logged = grownU32(this.logged, ref + 1);
    this.logged[ref] = 0;
  }

  /** Timestamp of the newest sample of a series that the head holds, else -Infinity. */
  newestMs(ref: number): number {
    const ofFrozen = this.#frozen.map(({ runs }) => runs.lastMs(ref));
    return Math.max(this.#active.runs.lastMs(ref), ...ofFrozen);
  }

  /** Whether the newest sample of a series that the head holds has this value. */
  hasNewestBits(ref: number, low: number, high: number): boolean {
    const newestMs = this.newestMs(ref);
    const { runs } =
      this.#frozen.find((frozen) => frozen.runs.lastMs(ref) === newestMs) ?? this.#active;
    return runs.hasLastBits(ref, low, high);
  }

  /** Stores samples that are durable. */
  insert(part: SamplePart, onConflict: ConflictSink): void {
    const cursor: PartCursor = { series: 0, sample: 0, isJudged: false };
    const { runs } = this.#active;
    while (runs.insert(part, cursor)) {
      const { series, sample } = cursor;
      const ref = part.refs[series] as number;
      const outcome = this.#judge(ref, part, sample);
      const isNewest = (part.timestampsMs[sample] as number) > runs.lastMs(ref);
      cursor.isJudged = outcome === STORED && isNewest;
      if (cursor.isJudged) continue;
      if (outcome === CONFLICT) onConflict(sample, ref);
      else if (outcome === STORED) this.#insertLate(ref, part, sample);
      cursor.sample++;
    }
  }

  #insertLate(ref: number, part: SamplePart, k: number): void {
    const active = this.#active;
    const timestampMs = part.timestampsMs[k] as number;
    active.late.add(ref, timestampMs, [
      part.valueBits[2 * k] as number,
      part.valueBits[2 * k + 1] as number,
    ]);
    active.lateMinTimeMs = Math.min(active.lateMinTimeMs, timestampMs);
    active.lateMaxTimeMs = Math.max(active.lateMaxTimeMs, timestampMs);
  }

  /**
   * What the active generation holds at the time of a sample: STORED where nothing, else SAME or
   * CONFLICT. A frozen one does not count, as its directory does not a moment later: the sample is
   * in the log of a later generation, and a replay finds it there without the other.
   */
  #judge(ref: number, part: SamplePart, k: number): StoreOutcome {
    const timestampMs = part.timestampsMs[k] as number;
    const low = part.valueBits[2 * k] as number;
    const high = part.valueBits[2 * k + 1] as number;
    const range = { startMs: timestampMs, endMs: timestampMs };
    const { words } = this.memory;
    const active = this.#active;
    if (this.decode(active, ref, range) > 0) {
      const at = this.decoded.valueBits / 4;
      return words[at] === low && words[at + 1] === high ? SAME : CONFLICT;
    }
    return active.late.judge(ref, timestampMs, [low, high]);
  }

  /**
   * Copies the samples of a series in a generation, or those within a time range, into `out` from
   * `at` on, ascending.
   *
   * @returns how many
   */
  read(
    generation: Generation,
    ref: number,
    into: { readonly out: SampleBuffer; readonly at: number; readonly range?: TimeRange },
  ): number {
    const { out, at, range = ANY_TIME } = into;
    const { late } = generation;
    const count = this.decode(generation, ref, range);
    const lateCount = late.samples === 0 ? 0 : late.count(ref);
    out.reserve(at + count + lateCount, at);
    const { timestampsMs, values } = this.decoded;
    out.timestampsMs.set(timestampsMs.subarray(0, count), at);
    out.values.set(values.subarray(0, count), at);
    if (lateCount === 0) return count;
    return mergeInto(out, { at, count, range }, late.sorted(ref) as SampleColumns);
  }

  /**
   * Decodes the samples of a series in a generation that came in order, within a time range, to
   * `decoded`, where they hold until the next call.
   *
   * @returns how many
   */
  decode({ runs }: Generation, ref: number, range: TimeRange): number {
    const count = runs.count(ref);
    if (count === 0) return 0;
    this.decoded.reserve(count);
    const { times, valueBits } = this.decoded;
    return runs.read(ref, range, { times, values: valueBits });
  }

  /** Whether a series has samples of any kind, or exemplars, in a generation. */
  has(generation: Generation, ref: number): boolean {
    return this.hasFloats(generation, ref) || generation.lanes.has(ref);
  }

  hasFloats(generation: Generation, ref: number): boolean {
    return generation.runs.count(ref) > 0;
  }

  /** Ends the active generation and starts the next. */
  freeze(next: number): Generation {
    assert(this.#frozen.length < FROZEN_MAX, 'too many frozen generations');
    assert(next > this.#active.number, 'generations ascend');
    const frozen = this.#active;
    this.#frozen.push(frozen);
    this.#active = new Generation(next, this.memory, this.#kernel);
    this.#active.runs.setOlder(frozen.runs);
    return frozen;
  }

  /** Forgets a frozen generation; who has it releases it when nobody reads it any more. */
  dropFrozen(number: number): Generation | undefined {
    const dropped = this.#frozen.find((frozen) => frozen.number === number);
    this.#frozen = this.#frozen.filter((frozen) => frozen !== dropped);
    this.#active.runs.setOlder(this.#frozen[0]?.runs);
    return dropped;
  }
}

/** Merges late samples within a range into an ascending run in a buffer; returns how many are. */
function mergeInto(
  out: SampleBuffer,
  run: { readonly at: number; readonly count: number; readonly range: TimeRange },
  late: SampleColumns,
): number {
  const { startMs, endMs } = run.range;
  const from = lowerBound(late.timestampsMs, startMs, { from: 0, to: late.count });
  const to = lowerBound(late.timestampsMs, endMs + 1, { from, to: late.count });
  let a = run.at + run.count - 1;
  let b = to - 1;
  for (let write = a + to - from; b >= from; write--) {
    const takesRun =
      a >= run.at && (out.timestampsMs[a] as number) > (late.timestampsMs[b] as number);
    const source = takesRun ? out : late;
    const at = takesRun ? a-- : b--;
    out.timestampsMs[write] = source.timestampsMs[at] as number;
    out.valueBits[2 * write] = source.valueBits[2 * at] as number;
    out.valueBits[2 * write + 1] = source.valueBits[2 * at + 1] as number;
  }
  return run.count + to - from;
}
