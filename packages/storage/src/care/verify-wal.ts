/**
 * The write-ahead log: every frame, every record, and whether the series of each sample is defined.
 * Reads only.
 */
import { join } from 'node:path';
import type { Files } from '../files/files.ts';
import { grownU32 } from '../head/grow.ts';
import { isLaneRecord, readLaneRecord } from '../head/lane-record.ts';
import { RECORD_FLOAT_SAMPLES, RECORD_SERIES } from '../head/wal-record.ts';
import { BadRecord, ReplayedSamples, readOrigin, readSeriesRecord } from '../head/wal-replay.ts';
import { type LogDamage, type LogRecord, readSegment } from '../log/read-segment.ts';
import { listSegments, type SegmentFile } from '../log/segment-file.ts';
import { PartFindings, type PartReport } from './part-report.ts';

export interface WalToVerify {
  readonly dataDir: string;
  readonly files: Files;
  /** Whether its generations are in directories: then what is hit is not needed any more. */
  readonly isCut: (generation: number) => boolean;
  /** A program is writing it: its end may be half written. */
  readonly isRunning: boolean;
  readonly signal?: AbortSignal;
}

export function verifyWal(wal: WalToVerify): PartReport {
  const findings = new PartFindings('wal', 'wal');
  const dir = join(wal.dataDir, 'wal');
  if (wal.files.state(dir) === undefined) {
    findings.remark('there is none yet');
    return findings.report();
  }
  const segments = listSegments(dir, wal.files);
  const walk = new WalWalk(wal, findings);
  segments.forEach((segment, i) => {
    wal.signal?.throwIfAborted();
    findings.bytes += segment.bytes;
    walk.segment(segment, i === segments.length - 1);
  });
  walk.finish();
  const names = new Set(segments.map(({ path }) => path));
  for (const name of wal.files.list(dir)) {
    if (!names.has(join(dir, name))) findings.remark(`${name} does not belong there`);
  }
  return findings.report();
}

/** Damage whose time is known when the next record with samples has been read. */
interface Hit {
  readonly from: string;
  readonly minTimeMs: number | undefined;
  /** Generation of the record before. */
  readonly generation: number;
}

export class WalWalk {
  readonly #wal: Pick<WalToVerify, 'isCut' | 'isRunning' | 'files'>;
  readonly #findings: PartFindings;
  readonly #samples = new ReplayedSamples();
  /** By shard: the generation its refs are of, and 1 for each that is defined. */
  readonly #defined = new Map<number, { generation: number; refs: Uint32Array<ArrayBuffer> }>();
  #hits: Hit[] = [];
  #generation = 0;
  #lastMs: number | undefined;
  #orphans = 0;
  #orphanRange: [number, number] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

  constructor(wal: Pick<WalToVerify, 'isCut' | 'isRunning' | 'files'>, findings: PartFindings) {
    this.#wal = wal;
    this.#findings = findings;
  }

  segment(segment: SegmentFile, isLast: boolean): void {
    const name = `wal/${String(segment.number).padStart(8, '0')}`;
    for (const entry of readSegment(segment, 0, this.#wal)) {
      if (entry.kind === 'damage') this.#takeDamage(name, entry, isLast);
      else {
        try {
          this.#takeRecord(entry);
        } catch (error) {
          if (!(error instanceof BadRecord)) throw error;
          const { offset, endOffset } = entry;
          this.#hit(name, { offset, bytes: endOffset - offset, reason: error.message });
        }
      }
    }
  }

  finish(): void {
    this.#endHits(undefined, this.#generation);
    // While segments are removed, those with definitions may have gone before those with samples.
    if (this.#orphans === 0 || (this.#wal.isRunning && !this.#findings.isDamaged)) return;
    const [minTimeMs, maxTimeMs] = this.#orphanRange;
    const from = `${this.#orphans} samples of series whose definition is lost`;
    this.#findings.loss({ series: 0, from, to: from, minTimeMs, maxTimeMs });
    this.#findings.samplesLost += this.#orphans;
  }

  #takeDamage(name: string, damage: LogDamage, isLast: boolean): void {
    const isWhole = damage.reason.includes('checksum');
    if (isLast && damage.isTail && (this.#wal.isRunning || !isWhole)) {
      if (this.#wal.isRunning) return;
      const text = `${name} ends in a write cut short at byte ${damage.offset}: never acknowledged`;
      this.#findings.remark(text);
      return;
    }
    this.#hit(name, damage);
  }

  #hit(name: string, { offset, bytes, reason }: Pick<LogDamage, 'offset' | 'bytes' | 'reason'>) {
    this.#findings.problem(`${name}, byte ${offset}`, `${reason}; ${bytes} bytes are hit`);
    const from = `records in ${bytes} bytes of ${name}`;
    this.#hits.push({ from, minTimeMs: this.#lastMs, generation: this.#generation });
  }

  #takeRecord({ recordKind, payload }: LogRecord): void {
    this.#findings.values++;
    const { generation, shard, count } = readOrigin(payload);
    this.#generation = generation;
    let defined = this.#defined.get(shard);
    if (defined?.generation !== generation) {
      defined = { generation, refs: new Uint32Array(1024) };
      this.#defined.set(shard, defined);
    }
    if (recordKind === RECORD_SERIES) {
      const { refs } = defined;
      let grown = refs;
      readSeriesRecord(payload, ({ ref, labels }) => {
        labels();
        this.#findings.series++;
        grown = grownU32(grown, ref + 1);
        grown[ref] = 1;
      });
      defined.refs = grown;
    } else if (recordKind === RECORD_FLOAT_SAMPLES) {
      this.#samples.read(payload);
      this.#findings.samples += count;
      this.#takeTimes(count, generation);
      if (!this.#wal.isCut(generation)) this.#countOrphans(defined.refs);
    } else if (isLaneRecord(recordKind)) {
      const lanes = readLaneRecord(recordKind, payload);
      this.#findings.samples += lanes.reduce((n, one) => n + one.histograms.timestampsMs.length, 0);
    }
  }

  #takeTimes(count: number, generation: number): void {
    if (count === 0) return;
    let [minTimeMs, maxTimeMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = 0; i < count; i++) {
      minTimeMs = Math.min(minTimeMs, this.#samples.timestampsMs[i] as number);
      maxTimeMs = Math.max(maxTimeMs, this.#samples.timestampsMs[i] as number);
    }
    this.#findings.saw(minTimeMs, maxTimeMs);
    this.#lastMs = maxTimeMs;
    this.#endHits(maxTimeMs, generation);
  }

  /** Tells of damage that lies before a record of a generation. */
  #endHits(maxTimeMs: number | undefined, generation: number): void {
    for (const hit of this.#hits) {
      if (this.#wal.isCut(generation) && generation > 0) {
        this.#findings.remark(`${hit.from} are in directories already: nothing is lost`);
        continue;
      }
      const minTimeMs = hit.minTimeMs ?? maxTimeMs;
      const times =
        minTimeMs !== undefined && maxTimeMs !== undefined && minTimeMs > maxTimeMs
          ? { minTimeMs: maxTimeMs, maxTimeMs: minTimeMs }
          : { minTimeMs, maxTimeMs: maxTimeMs ?? minTimeMs };
      this.#findings.loss({ series: 0, from: hit.from, to: hit.from, ...times });
    }
    this.#hits = [];
  }

  #countOrphans(refs: Uint32Array): void {
    const { seriesCount, sampleOffsets, timestampsMs } = this.#samples;
    for (let s = 0; s < seriesCount; s++) {
      if (refs[this.#samples.refs[s] as number] === 1) continue;
      const [from = 0, to = 0] = sampleOffsets.subarray(s, s + 2);
      this.#orphans += to - from;
      for (let i = from; i < to; i++) {
        const timeMs = timestampsMs[i] as number;
        const [min, max] = this.#orphanRange;
        this.#orphanRange = [Math.min(min, timeMs), Math.max(max, timeMs)];
      }
    }
  }
}
