/**
 * What a head took in between two cuts: the unit that goes into one directory.
 *
 * While a generation is active its runs are described by the head's series states; freezing copies
 * those descriptions here, and nothing is added any more. See docs/design/0001-generations.md.
 */
import type { LateRuns } from './late-runs.ts';
import { SampleArena, type SpareSegments } from './sample-arena.ts';

export class Generation {
  /** Fixed once the thread has started: replay learns only at its end which number is next. */
  number: number;
  readonly arena: SampleArena;
  /** Late samples by ref. */
  readonly late = new Map<number, LateRuns>();
  samples = 0;
  lateBytes = 0;
  minTimeMs = Number.POSITIVE_INFINITY;
  maxTimeMs = Number.NEGATIVE_INFINITY;
  /** By ref, once frozen: where each run starts and how long it is. */
  firsts = new Uint32Array(0);
  counts = new Uint32Array(0);

  constructor(number: number, spare: SpareSegments) {
    this.number = number;
    this.arena = new SampleArena(spare);
  }

  get bytes(): number {
    return this.arena.bytes + this.lateBytes;
  }
}
