/**
 * The one writer of `DIR/wal/`: commits groups of records and removes segments that a cut covers.
 *
 * Of each segment it knows the highest generation of its records. A record of a new generation
 * starts a new segment, so that those before it go as soon as their generations are in directories.
 */
import type { Files } from '../files/files.ts';
import { SegmentLog, type TornTail } from '../log/segment-log.ts';

export interface WalOptions {
  readonly dir: string;
  readonly segmentBytesMax: number;
  /** Whether a commit is synced before it returns. */
  readonly syncsEach: boolean;
  readonly files?: Files;
}

/** Records of one shard, framed, all of one generation. */
export interface WalBatch {
  readonly generation: number;
  readonly bytes: Uint8Array;
}

export class WalWriter {
  readonly #options: WalOptions;
  readonly #log: SegmentLog;
  /** Highest generation by segment. */
  readonly #generations = new Map<number, number>();
  #openGeneration = 0;
  #needsSync = false;
  commits = 0;
  syncSeconds = 0;

  constructor(options: WalOptions) {
    this.#options = options;
    this.#log = new SegmentLog(options);
  }

  get tornTail(): TornTail | undefined {
    return this.#log.tornTail;
  }

  get bytes(): number {
    return this.#log.bytes;
  }

  /** Numbers of the segments that are there. */
  get segments(): number[] {
    return this.#log.segments.map(({ number }) => number);
  }

  /** Says, after replay, the highest generation in a segment. */
  noteReplayed(segment: number, generation: number): void {
    this.#generations.set(segment, generation);
  }

  /**
   * Writes batches in order, and syncs them.
   *
   * @throws the file system's error, after which none of them counts
   */
  commit(batches: readonly WalBatch[]): void {
    const newest = batches.reduce((max, batch) => Math.max(max, batch.generation), 0);
    if (newest > this.#openGeneration) {
      this.#log.rotate();
      this.#openGeneration = newest;
    }
    const position = this.#log.append(batches.map((batch) => batch.bytes));
    this.#generations.set(position.segment, this.#openGeneration);
    this.#needsSync = true;
    if (this.#options.syncsEach) {
      try {
        this.sync();
      } catch (error) {
        // What the file system could not make durable must not be replayed as if acknowledged.
        this.#log.cutBack(position);
        throw error;
      }
    }
    this.commits++;
  }

  /** Makes durable what was committed since the last sync. */
  sync(): void {
    if (!this.#needsSync) return;
    const from = performance.now();
    this.#log.sync();
    this.syncSeconds += (performance.now() - from) / 1000;
    this.#needsSync = false;
  }

  /** Removes segments all of whose records are of generations up to `generation`. */
  removeThrough(generation: number): void {
    if (this.#openGeneration <= generation) this.#log.rotate();
    for (const { number } of this.#log.segments) {
      // An open one without records is of the generation that it was opened for.
      if (number === this.#log.openSegment) continue;
      const newest = this.#generations.get(number) ?? 0;
      if (newest > generation) continue;
      this.#log.remove(number);
      this.#generations.delete(number);
    }
  }

  close(): void {
    this.#log.close();
  }
}
