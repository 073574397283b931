/**
 * The agent's queue on disk: what was collected and not yet acknowledged by every remote.
 *
 * One log, one reader a remote, each at its own position. Bounded: over `bytesMax` the oldest
 * segment goes, whether acknowledged or not, and what each remote loses by that is counted. A
 * record is in the kernel's hands when `append` returns, so that it survives the death of the
 * process; segments are synced to the disk when they are full. Format: docs/formats/spool.md.
 */
import { join } from 'node:path';
import { readSegment } from '@mon/storage/log/read-segment';
import type { LogPosition } from '@mon/storage/log/segment-file';
import { SegmentLog } from '@mon/storage/log/segment-log';
import type { SampleColumns } from '@mon/storage/model/appender';
import { assert } from '@mon/storage/model/assert';
import type { MetricMetadata } from '@mon/storage/model/metadata';
import type { SeriesLanes } from '@mon/storage/model/series-lanes';
import { encodeWriteRequest } from '@mon/storage/protocol/remote-write-encode';
import { encodeSeriesLanes } from '@mon/storage/protocol/series-lanes-encode';
import { packSnappy } from '@mon/storage/protocol/snappy';
import { readPositions, writePositions } from './position-file.ts';
import { withLanes } from './record-lanes.ts';
import {
  decodeSpoolRecord,
  encodeSpoolRecord,
  SPOOL_RECORD_KIND,
  type SpoolRecord,
  spoolRecordSamples,
} from './spool-record.ts';

/** Series whose samples share a record. */
export const RECORD_SERIES_MAX = 2000;
export const SPOOL_BYTES_MIN = 1024 * 1024;
const SEGMENT_BYTES_MAX = 8 * 1024 * 1024;
/** The bound is kept by whole segments: a sixteenth of it is the least that goes at once. */
const SEGMENTS_OF_BOUND = 16;
const RECENT_BYTES_MAX = 1024 * 1024;
const START: LogPosition = { segment: 0, offset: 0 };

export interface SpoolOptions {
  readonly dir: string;
  readonly bytesMax: number;
  /** Remotes that read it; at least one. */
  readonly remotes: readonly string[];
  readonly onLoss: (loss: SpoolLoss) => void;
}

/** What a remote will never get. */
export type SpoolLoss =
  | { readonly kind: 'over-bound'; readonly remote: string; readonly samples: number }
  | { readonly kind: 'damage'; readonly bytes: number; readonly reason: string };

/** Records in order, and the position after them. */
export interface SpoolBatch {
  readonly records: readonly SpoolRecord[];
  readonly samples: number;
  readonly end: LogPosition;
  /** Whether the limit ended it: there may be more. */
  readonly isFull: boolean;
}

/** What is put into the spool at once. */
export interface SpoolIntake extends SampleColumns {
  readonly exemplars?: readonly SeriesLanes[];
}

export class Spool {
  readonly #options: SpoolOptions;
  readonly #log: SegmentLog;
  /** Acknowledged by each remote. */
  readonly #positions = new Map<string, LogPosition>();
  #hasUnsavedPositions = false;
  /** The latest records, so that a remote that keeps up costs no reading. */
  #recent: { readonly record: SpoolRecord; readonly end: LogPosition }[] = [];
  #recentBytes = 0;
  /** Samples appended since it was opened. */
  appendedSamples = 0;

  /** @throws the file system's error where the folder cannot be made or read */
  constructor(options: SpoolOptions) {
    const { dir, bytesMax, onLoss } = options;
    assert(bytesMax >= SPOOL_BYTES_MIN, 'the spool is bounded too narrowly');
    this.#options = options;
    const segmentBytesMax = Math.min(SEGMENT_BYTES_MAX, Math.floor(bytesMax / SEGMENTS_OF_BOUND));
    this.#log = new SegmentLog({ dir: join(dir, 'queue'), segmentBytesMax });
    const torn = this.#log.tornTail;
    if (torn !== undefined) onLoss({ kind: 'damage', bytes: torn.bytes, reason: torn.reason });
    this.#placeRemotes(options.remotes, readPositions(dir));
    this.#dropRead();
  }

  get bytes(): number {
    return this.#log.bytes;
  }

  /**
   * Puts samples and metadata into the queue, in one record or several.
   *
   * @throws the file system's error (a full disk); what was not written is not in the queue
   */
  append(
    { exemplars = [], ...columns }: SpoolIntake,
    metadata: readonly MetricMetadata[],
    nowMs: number,
  ): void {
    const count = columns.labels.length;
    for (let from = 0; from < Math.max(count, 1); from += RECORD_SERIES_MAX) {
      const to = Math.min(from + RECORD_SERIES_MAX, count);
      const offsets = columns.sampleOffsets;
      const samples = (offsets[to] as number) - (offsets[from] as number);
      const request = encodeWriteRequest(columns, from === 0 ? metadata : [], { from, to });
      const hasLanes = from === 0 && exemplars.length > 0;
      const body = packSnappy(
        hasLanes ? withLanes(request, encodeSeriesLanes(exemplars)) : request,
      );
      const record = { appendedMs: nowMs, samples, body };
      const frame = encodeSpoolRecord(record);
      const { segment, offset } = this.#log.append([frame]);
      this.#remember(record, { segment, offset: offset + frame.length });
      this.appendedSamples += samples;
    }
    this.#keepBound();
  }

  /** The next records that a remote has not acknowledged; undefined: none. */
  read(remote: string, samplesMax: number): SpoolBatch | undefined {
    const batch = new BatchBuilder(samplesMax);
    let end = this.#position(remote);
    const after = this.#recent.findIndex((recent) => isSame(recent.end, end));
    if (after >= 0) {
      for (const recent of this.#recent.slice(after + 1))
        if (!batch.add(recent.record, recent.end)) break;
      return batch.taken();
    }
    for (const segment of this.#log.segments) {
      if (segment.number < end.segment) continue;
      const from = segment.number === end.segment ? end.offset : 0;
      for (const entry of readSegment(segment, from)) {
        if (entry.kind === 'record') {
          end = { segment: segment.number, offset: entry.endOffset };
          if (entry.recordKind !== SPOOL_RECORD_KIND) continue;
          if (!batch.add(decodeSpoolRecord(entry.payload), end)) return batch.taken();
        } else if (batch.taken() !== undefined) return batch.taken();
        else {
          // Passed over at once, so that it is told once.
          end = { segment: segment.number, offset: entry.offset + entry.bytes };
          this.acknowledge(remote, end);
          this.#options.onLoss({ kind: 'damage', bytes: entry.bytes, reason: entry.reason });
        }
      }
    }
    return batch.taken();
  }

  /** Notes that a remote has all up to a position; segments that all have go. */
  acknowledge(remote: string, end: LogPosition): void {
    // Meanwhile the bound may have moved it further.
    if (isBefore(end, this.#position(remote))) return;
    this.#positions.set(remote, end);
    this.#hasUnsavedPositions = true;
    this.#dropRead();
  }

  /** Takes up the remotes of a new configuration. */
  setRemotes(remotes: readonly string[]): void {
    const known = new Map(this.#positions);
    this.#positions.clear();
    this.#placeRemotes(remotes, known);
    this.#dropRead();
  }

  /** Writes the positions down if they have changed. */
  savePositions(): void {
    if (!this.#hasUnsavedPositions) return;
    writePositions(this.#options.dir, this.#positions);
    this.#hasUnsavedPositions = false;
  }

  close(): void {
    this.savePositions();
    this.#log.close();
  }

  /**
   * Gives each remote its place. One that is new goes on where remotes that are gone had got to
   * (the server has moved), else it starts with what is appended from now on. Without any notes
   * all that is there is sent.
   */
  #placeRemotes(
    remotes: readonly string[],
    known: ReadonlyMap<string, LogPosition> | undefined,
  ): void {
    let fresh = known === undefined || known.size === 0 ? START : this.#end();
    for (const [remote, position] of known ?? [])
      if (!remotes.includes(remote) && isBefore(position, fresh)) fresh = position;
    for (const remote of remotes) this.#positions.set(remote, known?.get(remote) ?? fresh);
    this.#hasUnsavedPositions = true;
  }

  #remember(record: SpoolRecord, end: LogPosition): void {
    this.#recent.push({ record, end });
    this.#recentBytes += record.body.length;
    while (this.#recentBytes > RECENT_BYTES_MAX)
      this.#recentBytes -= this.#recent.shift()?.record.body.length ?? 0;
  }

  #end(): LogPosition {
    const last = this.#log.segments.at(-1);
    return last === undefined ? START : { segment: last.number, offset: last.bytes };
  }

  #position(remote: string): LogPosition {
    const position = this.#positions.get(remote);
    assert(position !== undefined, `the spool has no remote ${remote}`);
    return position;
  }

  /** Removes segments that every remote is past. */
  #dropRead(): void {
    const segments = this.#log.segments;
    for (const { number, bytes } of segments.slice(0, -1)) {
      for (const position of this.#positions.values())
        if (isBefore(position, { segment: number, offset: bytes })) return;
      this.#log.remove(number);
    }
  }

  #keepBound(): void {
    while (this.#log.bytes > this.#options.bytesMax) {
      if (this.#log.segments.length === 1) this.#log.rotate();
      const [oldest] = this.#log.segments;
      if (oldest === undefined) return;
      const next = { segment: oldest.number + 1, offset: 0 };
      for (const [remote, position] of this.#positions) {
        if (!isBefore(position, next)) continue;
        let samples = 0;
        const from = position.segment === oldest.number ? position.offset : 0;
        for (const entry of readSegment(oldest, from))
          if (entry.kind === 'record' && entry.recordKind === SPOOL_RECORD_KIND)
            samples += spoolRecordSamples(entry.payload);
        this.#positions.set(remote, next);
        this.#hasUnsavedPositions = true;
        if (samples > 0) this.#options.onLoss({ kind: 'over-bound', remote, samples });
      }
      this.#log.remove(oldest.number);
    }
  }
}

/** Gathers records up to a number of samples, at least one. */
class BatchBuilder {
  readonly #samplesMax: number;
  readonly #records: SpoolRecord[] = [];
  #samples = 0;
  #end: LogPosition = START;
  #isFull = false;

  constructor(samplesMax: number) {
    this.#samplesMax = samplesMax;
  }

  /** False: there is no room for it. */
  add(record: SpoolRecord, end: LogPosition): boolean {
    if (this.#records.length > 0 && this.#samples + record.samples > this.#samplesMax) {
      this.#isFull = true;
      return false;
    }
    this.#records.push(record);
    this.#samples += record.samples;
    this.#end = end;
    return true;
  }

  taken(): SpoolBatch | undefined {
    if (this.#records.length === 0) return undefined;
    const isFull = this.#isFull;
    return { records: this.#records, samples: this.#samples, end: this.#end, isFull };
  }
}

function isSame(a: LogPosition, b: LogPosition): boolean {
  return a.segment === b.segment && a.offset === b.offset;
}

function isBefore(a: LogPosition, b: LogPosition): boolean {
  return a.segment < b.segment || (a.segment === b.segment && a.offset < b.offset);
}
