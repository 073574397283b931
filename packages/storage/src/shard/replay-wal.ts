/**
 * Fills a head from the WAL at start. Each shard reads all of it and keeps what is its own, so that
 * their number may change at any start. Samples of all generations that no directory has end up in
 * the active one. See docs/design/0001-generations.md.
 */
import { join } from 'node:path';
import type { Files } from '../files/files.ts';
import { nodeFiles } from '../files/node-files.ts';
import type { Head } from '../head/head.ts';
import { insertLanes, insertSamples, type LaneEntry } from '../head/insert-lanes.ts';
import { isLaneRecord, readLaneRecord } from '../head/lane-record.ts';
import { FOREIGN, LogRefs, OWN, UNDEFINED } from '../head/log-refs.ts';
import { SampleRecords } from '../head/sample-records.ts';
import {
  FOREIGN as FOREIGN_SERIES,
  RESOLVED_WORDS,
  SeriesDefinitions,
} from '../head/series-definitions.ts';
import { RECORD_FLOAT_SAMPLES, RECORD_SERIES } from '../head/wal-record.ts';
import { BadRecord, readOrigin } from '../head/wal-replay.ts';
import { type LogRecord, readSegment } from '../log/read-segment.ts';
import { listSegments, type SegmentFile } from '../log/segment-file.ts';
import { ShardWindow } from '../memory/shard-window.ts';
import { MonError } from '../model/error.ts';
import { walUnusable } from '../wal/wal-errors.ts';
import type { ReplayAsk, ReplayDamage, ReplayReport } from './shard-messages.ts';

export interface ReplayTarget {
  readonly head: Head;
  readonly index: number;
  readonly count: number;
  readonly dataDir: string;
  readonly files?: Files;
  /** Called when a segment has been replayed. */
  readonly onSegment?: () => void;
}

/** @throws MonError `wal-unusable`, `log-version` */
export function replayWal(target: ReplayTarget, ask: ReplayAsk): ReplayReport {
  try {
    return new WalReplay(target, ask).run();
  } catch (error) {
    throw walUnusable('Cannot read', join(target.dataDir, 'wal'), error);
  }
}

class WalReplay {
  readonly #target: ReplayTarget;
  readonly #ask: ReplayAsk;
  readonly #definitions: SeriesDefinitions;
  readonly #samples: SampleRecords;
  readonly #window: ShardWindow;
  /** By shard that wrote. */
  readonly #refs = new Map<number, LogRefs>();
  readonly #generations = new Map<number, number>();
  readonly #damages: ReplayDamage[] = [];
  /** Histograms and exemplars that cannot be placed. */
  #lanesLost = 0;

  constructor(target: ReplayTarget, ask: ReplayAsk) {
    this.#target = target;
    this.#definitions = new SeriesDefinitions(target.head.series);
    this.#ask = ask;
    this.#samples = new SampleRecords(target.head.memory);
    this.#window = new ShardWindow(target.head.memory);
  }

  run(): ReplayReport {
    const wanted = new Set(this.#ask.segments);
    const { head, dataDir, files = nodeFiles } = this.#target;
    for (const file of listSegments(join(dataDir, 'wal'), files)) {
      if (!wanted.has(file.number)) continue;
      this.#replaySegment(file, files);
      this.#target.onSegment?.();
    }
    this.#definitions.release();
    this.#samples.release();
    this.#window.release();
    for (const refs of this.#refs.values()) refs.release();
    return {
      samples: head.samples,
      series: head.series.count,
      highestGeneration: Math.max(0, ...this.#generations.values()),
      generations: [...this.#generations],
      damages: this.#damages,
      samplesLost: this.#samples.samplesLost + this.#lanesLost,
    };
  }

  #replaySegment(file: SegmentFile, files: Files): void {
    for (const entry of readSegment(file, 0, { files, memory: this.#window })) {
      if (entry.kind === 'damage') {
        const { offset, bytes, reason } = entry;
        this.#damages.push({ path: file.path, offset, bytes, reason });
        continue;
      }
      try {
        this.#replayRecord(file, entry);
      } catch (error) {
        if (!(error instanceof BadRecord)) throw error;
        const { offset, endOffset } = entry;
        const damage = { path: file.path, offset, bytes: endOffset - offset };
        this.#damages.push({ ...damage, reason: error.message });
      }
    }
  }

  #replayRecord({ number, path }: SegmentFile, { recordKind, payload }: LogRecord): void {
    const { generation, shard } = readOrigin(payload);
    const highest = this.#generations.get(number) ?? 0;
    this.#generations.set(number, Math.max(highest, generation));
    if (generation <= this.#ask.cutThrough) return;
    let refs = this.#refs.get(shard);
    if (refs === undefined || refs.generation !== generation) {
      refs?.release();
      refs = new LogRefs(this.#target.head.memory, generation);
      this.#refs.set(shard, refs);
    }
    if (recordKind === RECORD_SERIES) this.#define(payload, refs);
    else if (recordKind === RECORD_FLOAT_SAMPLES) this.#insert(payload, refs);
    else if (isLaneRecord(recordKind)) this.#insertLanes(recordKind, payload, refs);
    else throw unknownKind(path, recordKind);
  }

  #define(payload: Uint8Array, refs: LogRefs): void {
    const { head, index, count } = this.#target;
    const resolved = this.#definitions.read(payload, { index, count });
    for (let i = 0; i < resolved.length; i += RESOLVED_WORDS) {
      const own = resolved[i + 1] as number;
      refs.set(resolved[i] as number, own === FOREIGN_SERIES ? FOREIGN : own + OWN);
      if (resolved[i + 2] === 1) head.begun(own);
    }
  }

  /** What was refused when it came is not in the log, or is refused again; it was reported then. */
  #insert(payload: Uint8Array, refs: LogRefs): void {
    insertSamples(this.#target.head, this.#samples.read(payload, refs), () => undefined);
  }

  #insertLanes(kind: number, payload: Uint8Array, refs: LogRefs): void {
    const own: LaneEntry[] = [];
    for (const lane of readLaneRecord(kind, payload)) {
      const meaning = refs.get(lane.ref);
      if (meaning === UNDEFINED) this.#lanesLost++;
      if (meaning >= OWN) own.push({ ...lane, ref: meaning - OWN });
    }
    insertLanes(this.#target.head, own, () => undefined);
  }
}

/** Its checksum is right, so it is no damage: taking it for some would lose what it holds. */
function unknownKind(path: string, kind: number): MonError {
  return new MonError({
    code: 'log-version',
    what: `Cannot read ${path}`,
    why: `it holds a record of kind ${kind}, which this program does not know`,
    mend: 'Start the version of mon that wrote it.',
  });
}
