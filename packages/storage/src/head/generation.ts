/**
 * What a head took in between two cuts: the unit that goes into one directory. Freezing changes
 * nothing in it, but nothing is added any more. See docs/design/0001-generations.md.
 */
import type { ShardMemory } from '../memory/shard-memory.ts';
import { HeadLanes } from './head-lanes.ts';
import { LateRuns } from './late-runs.ts';
import { RunTable, type SampleRunsKernel } from './run-table.ts';

export class Generation {
  /** Fixed once the thread has started: replay learns only at its end which number is next. */
  number: number;
  /** Samples that came in order. */
  readonly runs: RunTable;
  readonly late: LateRuns;
  /** Native histograms and exemplars. */
  readonly lanes = new HeadLanes();
  /** Range of the late samples. */
  lateMinTimeMs = Number.POSITIVE_INFINITY;
  lateMaxTimeMs = Number.NEGATIVE_INFINITY;

  constructor(number: number, memory: ShardMemory, kernel: SampleRunsKernel) {
    this.number = number;
    this.runs = new RunTable(memory, kernel);
    this.late = new LateRuns(memory);
  }

  /** Floats and histograms. */
  get samples(): number {
    return this.runs.samples + this.late.samples + this.lanes.samples;
  }

  /** Bytes of memory that it gives back when it is released; 0 while it is empty. */
  get bytes(): number {
    if (this.samples === 0) return this.lanes.bytes;
    return this.runs.bytes + this.late.bytes + this.lanes.bytes;
  }

  get minTimeMs(): number {
    return Math.min(this.runs.minTimeMs, this.lateMinTimeMs, this.lanes.minTimeMs);
  }

  get maxTimeMs(): number {
    return Math.max(this.runs.maxTimeMs, this.lateMaxTimeMs, this.lanes.maxTimeMs);
  }

  /** Float samples of a series. */
  count(ref: number): number {
    return this.runs.count(ref) + (this.late.samples === 0 ? 0 : this.late.count(ref));
  }

  /** Gives its memory back; nobody may read it any more. */
  release(): void {
    this.runs.release();
    this.late.release();
  }
}
