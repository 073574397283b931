/**
 * Fills a head from the WAL at start. Each shard reads all of it and keeps what is its own, so that
 * their number may change at any start. Samples of all generations that no directory has end up in
 * the active one. See docs/design/0001-generations.md.
 */
import { join } from 'node:path';
import type { Files } from '../files/files.ts';
import { nodeFiles } from '../files/node-files.ts';
import { admit } from '../head/admission.ts';
import { grownU32 } from '../head/grow.ts';
import type { Head } from '../head/head.ts';
import { SamplePart } from '../head/sample-part.ts';
import {
  FOREIGN as FOREIGN_SERIES,
  RESOLVED_WORDS,
  SeriesDefinitions,
} from '../head/series-definitions.ts';
import { RECORD_FLOAT_SAMPLES, RECORD_SERIES, TIMESTAMP_ABS_MAX_MS } from '../head/wal-record.ts';
import { BadRecord, ReplayedSamples, readOrigin } from '../head/wal-replay.ts';
import { type LogRecord, readSegment } from '../log/read-segment.ts';
import { listSegments, type SegmentFile } from '../log/segment-file.ts';
import { ScratchRow } from '../memory/scratch-row.ts';
import { walUnusable } from '../wal/wal-errors.ts';
import type { ReplayAsk, ReplayDamage, ReplayReport } from './shard-messages.ts';

export interface ReplayTarget {
  readonly head: Head;
  readonly index: number;
  readonly count: number;
  readonly dataDir: string;
  readonly files?: Files;
}

const ANY_TIME = { minTimeMs: -TIMESTAMP_ABS_MAX_MS, maxTimeMs: TIMESTAMP_ABS_MAX_MS };
/** What a ref of the log is here: not defined, another shard's, or our ref plus this. */
const UNDEFINED = 0;
const FOREIGN = 1;
const OWN = 2;

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
  readonly #samples = new ReplayedSamples();
  readonly #definitions: SeriesDefinitions;
  /** What the part at hand stands in. */
  readonly #scratch: ScratchRow;
  /** By shard that wrote: the generation its refs are of, and what they are here. */
  readonly #refs = new Map<number, { generation: number; ours: Uint32Array<ArrayBuffer> }>();
  readonly #generations = new Map<number, number>();
  readonly #damages: ReplayDamage[] = [];
  #samplesLost = 0;

  constructor(target: ReplayTarget, ask: ReplayAsk) {
    this.#target = target;
    this.#definitions = new SeriesDefinitions(target.head.series);
    this.#ask = ask;
    this.#scratch = new ScratchRow(target.head.memory);
  }

  run(): ReplayReport {
    const wanted = new Set(this.#ask.segments);
    const { head, dataDir, files = nodeFiles } = this.#target;
    for (const file of listSegments(join(dataDir, 'wal'), files)) {
      if (wanted.has(file.number)) this.#replaySegment(file, files);
    }
    this.#scratch.release();
    this.#definitions.release();
    return {
      samples: head.samples,
      series: head.series.count,
      highestGeneration: Math.max(0, ...this.#generations.values()),
      generations: [...this.#generations],
      damages: this.#damages,
      samplesLost: this.#samplesLost,
    };
  }

  #replaySegment(file: SegmentFile, files: Files): void {
    for (const entry of readSegment(file, 0, files)) {
      if (entry.kind === 'damage') {
        const { offset, bytes, reason } = entry;
        this.#damages.push({ path: file.path, offset, bytes, reason });
        continue;
      }
      try {
        this.#replayRecord(file.number, entry);
      } catch (error) {
        if (!(error instanceof BadRecord)) throw error;
        const { offset, endOffset } = entry;
        const damage = { path: file.path, offset, bytes: endOffset - offset };
        this.#damages.push({ ...damage, reason: error.message });
      }
    }
  }

  #replayRecord(segment: number, { recordKind, payload }: LogRecord): void {
    const { generation, shard } = readOrigin(payload);
    const highest = this.#generations.get(segment) ?? 0;
    this.#generations.set(segment, Math.max(highest, generation));
    if (generation <= this.#ask.cutThrough) return;
    let refs = this.#refs.get(shard);
    if (refs === undefined || refs.generation !== generation) {
      refs = { generation, ours: new Uint32Array(1024) };
      this.#refs.set(shard, refs);
    }
    if (recordKind === RECORD_SERIES) refs.ours = this.#define(payload, refs.ours);
    else if (recordKind === RECORD_FLOAT_SAMPLES) this.#insert(payload, refs.ours);
    else throw new BadRecord(`its kind ${recordKind} is not known to this version`);
  }

  #define(payload: Uint8Array, refs: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
    const { head, index, count } = this.#target;
    let ours = refs;
    const resolved = this.#definitions.read(payload, { index, count });
    for (let i = 0; i < resolved.length; i += RESOLVED_WORDS) {
      const ref = resolved[i] as number;
      const own = resolved[i + 1] as number;
      ours = grownU32(ours, ref + 1);
      ours[ref] = own === FOREIGN_SERIES ? FOREIGN : own + OWN;
      if (resolved[i + 2] === 1) head.begun(own);
    }
    return ours;
  }

  #insert(payload: Uint8Array, ours: Uint32Array): void {
    const read = this.#samples;
    read.read(payload);
    const samples = read.sampleOffsets[read.seriesCount] as number;
    const address = this.#scratch.reserve(SamplePart.bytes(read.seriesCount, samples));
    const { buffer } = this.#scratch;
    const part = new SamplePart({ buffer, address }, read.seriesCount, samples);
    let series = 0;
    let kept = 0;
    for (let s = 0; s < read.seriesCount; s++) {
      const known = ours[read.refs[s] as number] ?? UNDEFINED;
      const first = read.sampleOffsets[s] as number;
      const end = read.sampleOffsets[s + 1] as number;
      if (known === UNDEFINED) this.#samplesLost += end - first;
      if (known < OWN) continue;
      part.refs[series] = known - OWN;
      part.sampleOffsets[series++] = kept;
      part.timestampsMs.set(read.timestampsMs.subarray(first, end), kept);
      part.valueBits.set(read.valueBits.subarray(2 * first, 2 * end), 2 * kept);
      kept += end - first;
    }
    part.sampleOffsets[series] = kept;
    part.seriesCount = series;
    part.sampleCount = kept;
    // What was refused when it came is refused again, and was reported then.
    admit(this.#target.head, part, { bounds: ANY_TIME, onRejected: () => undefined });
    this.#target.head.insert(part, () => undefined);
  }
}
