/**
 * Samples that came after a newer one of their series: for each series ascending runs, merged as
 * they grow, in pieces of the shard's memory.
 *
 * A sample that continues the newest run is appended to it; any other starts a run. Runs are merged
 * whenever one is not at least twice as long as the one after it, so that n samples in any order
 * cost O(n log n) and never stand in more than log2(n) + 2 runs. A timestamp stands here once.
 *
 *     0        4       8      12           32
 *     | bytes  | count | runs | starts ... | timestamps f64 ... | values ... |
 */
import { MemoryPieces, PIECE_BYTES_MIN } from '../memory/memory-pieces.ts';
import type { ShardMemory } from '../memory/shard-memory.ts';
import { SampleBuffer } from './sample-buffer.ts';

/** Outcomes of storing a sample. */
export const STORED = 0;
/** The same sample, bit by bit, is there already. */
export const SAME = 1;
/** Another value stands at this timestamp; it stays. */
export const CONFLICT = 2;
export type StoreOutcome = typeof STORED | typeof SAME | typeof CONFLICT;

/** Words of a piece's head. */
const BYTES = 0;
const COUNT = 1;
const RUNS = 2;
const STARTS = 3;

const scratch = new SampleBuffer(64);

export class LateRuns {
  readonly #memory: ShardMemory;
  readonly #pieces: MemoryPieces;
  /** Address of the piece of a series / 64. */
  readonly #byRef = new Map<number, number>();
  samples = 0;

  constructor(memory: ShardMemory) {
    this.#memory = memory;
    this.#pieces = new MemoryPieces(memory);
  }

  get bytes(): number {
    return this.#pieces.bytes;
  }

  /** Late samples of a series. */
  count(ref: number): number {
    const piece = this.#byRef.get(ref);
    return piece === undefined ? 0 : (this.#memory.words[piece * 16 + COUNT] as number);
  }

  /** What stands at a timestamp: STORED where nothing does. */
  judge(ref: number, timestampMs: number, [low, high]: readonly [number, number]): StoreOutcome {
    const piece = this.#byRef.get(ref);
    if (piece === undefined) return STORED;
    const columns = new PieceColumns(this.#memory, piece * 64);
    const at = columns.find(timestampMs);
    if (at < 0) return STORED;
    return columns.valueBits[2 * at] === low && columns.valueBits[2 * at + 1] === high
      ? SAME
      : CONFLICT;
  }

  /** Stores a sample whose timestamp is not taken. */
  add(ref: number, timestampMs: number, [low, high]: readonly [number, number]): void {
    const columns = this.#withRoom(ref);
    const { head, timestampsMs, valueBits, count } = columns;
    const isNext = count > 0 && (timestampsMs[count - 1] as number) < timestampMs;
    if (!isNext) {
      columns.mergeShort();
      const runs = head[RUNS] as number;
      head[STARTS + runs] = count;
      head[RUNS] = runs + 1;
    }
    timestampsMs[count] = timestampMs;
    valueBits[2 * count] = low;
    valueBits[2 * count + 1] = high;
    head[COUNT] = count + 1;
    this.samples++;
  }

  /** The samples of a series as one ascending run; the columns hold until the next `add`. */
  sorted(ref: number): SampleColumns | undefined {
    const piece = this.#byRef.get(ref);
    if (piece === undefined) return undefined;
    const columns = new PieceColumns(this.#memory, piece * 64);
    columns.mergeAll();
    return columns;
  }

  /** Gives all memory back. */
  release(): void {
    this.#byRef.clear();
    this.#pieces.giveAll();
  }

  /** The piece of a series with room for one more sample. */
  #withRoom(ref: number): PieceColumns {
    const piece = this.#byRef.get(ref);
    const columns = piece === undefined ? undefined : new PieceColumns(this.#memory, piece * 64);
    if (columns !== undefined && columns.count < columns.capacity) return columns;
    const bytes = columns === undefined ? PIECE_BYTES_MIN : 2 * (columns.head[BYTES] as number);
    const address = this.#pieces.take(bytes);
    const { words } = this.#memory;
    words[address / 4 + BYTES] = bytes;
    words.fill(0, address / 4 + COUNT, address / 4 + 8);
    const larger = new PieceColumns(this.#memory, address);
    if (columns !== undefined) {
      larger.copyFrom(columns);
      this.#pieces.give(columns.address, bytes / 2);
    }
    this.#byRef.set(ref, address / 64);
    return larger;
  }
}

/** Ascending samples in columns. */
export interface SampleColumns {
  readonly count: number;
  readonly timestampsMs: Float64Array;
  readonly valueBits: Uint32Array;
}

/** The columns of one piece. */
class PieceColumns implements SampleColumns {
  readonly address: number;
  readonly head: Uint32Array;
  readonly capacity: number;
  readonly timestampsMs: Float64Array;
  readonly valueBits: Uint32Array;

  constructor({ buffer, words }: ShardMemory, address: number) {
    this.address = address;
    const bytes = words[address / 4 + BYTES] as number;
    const headBytes = pieceHeadBytes(bytes);
    this.head = new Uint32Array(buffer, address, headBytes / 4);
    this.capacity = Math.floor((bytes - headBytes) / 16);
    const at = address + headBytes;
    this.timestampsMs = new Float64Array(buffer, at, this.capacity);
    this.valueBits = new Uint32Array(buffer, at + 8 * this.capacity, 2 * this.capacity);
  }

  get count(): number {
    return this.head[COUNT] as number;
  }

  copyFrom(other: PieceColumns): void {
    const bytes = this.head[BYTES] as number;
    this.head.set(other.head);
    this.head[BYTES] = bytes;
    this.timestampsMs.set(other.timestampsMs);
    this.valueBits.set(other.valueBits);
  }

  /** Number of the sample at a timestamp, or -1. */
  find(timestampMs: number): number {
    for (let run = (this.head[RUNS] as number) - 1, end = this.count; run >= 0; run--) {
      const from = this.head[STARTS + run] as number;
      const at = lowerBound(this.timestampsMs, timestampMs, { from, to: end });
      if (at < end && this.timestampsMs[at] === timestampMs) return at;
      end = from;
    }
    return -1;
  }

  mergeAll(): void {
    while ((this.head[RUNS] as number) > 1) this.#mergeLastTwo();
  }

  /** Merges from the end while a run is not twice as long as its successor. */
  mergeShort(): void {
    while ((this.head[RUNS] as number) > 1) {
      const last = STARTS + (this.head[RUNS] as number) - 1;
      const start = this.head[last] as number;
      if (start - (this.head[last - 1] as number) >= 2 * (this.count - start)) return;
      this.#mergeLastTwo();
    }
  }

  /** Merges the last two runs in place, from their ends backwards. */
  #mergeLastTwo(): void {
    const { head, timestampsMs, valueBits, count } = this;
    const runs = (head[RUNS] as number) - 1;
    head[RUNS] = runs;
    const middle = head[STARTS + runs] as number;
    const first = head[STARTS + runs - 1] as number;
    const lastCount = count - middle;
    scratch.reserve(lastCount, 0);
    scratch.timestampsMs.set(timestampsMs.subarray(middle, count));
    scratch.valueBits.set(valueBits.subarray(2 * middle, 2 * count));
    let a = middle - 1;
    let b = lastCount - 1;
    for (let write = count - 1; b >= 0; write--) {
      const takesFirst =
        a >= first && (timestampsMs[a] as number) > (scratch.timestampsMs[b] as number);
      const from = takesFirst ? this : scratch;
      const at = takesFirst ? a-- : b--;
      timestampsMs[write] = from.timestampsMs[at] as number;
      valueBits[2 * write] = from.valueBits[2 * at] as number;
      valueBits[2 * write + 1] = from.valueBits[2 * at + 1] as number;
    }
  }
}

/** Room for the starts of log2(samples) + 2 runs. */
function pieceHeadBytes(bytes: number): number {
  const runsMax = Math.log2(bytes / 16) + 2;
  return Math.ceil((STARTS + runsMax) / 2) * 8;
}

/**
 * First index in [from, to) of an ascending column whose entry is not below `wanted`, else `to`.
 */
export function lowerBound(
  column: Float64Array,
  wanted: number,
  range: { readonly from: number; readonly to: number },
): number {
  let low = range.from;
  let high = range.to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((column[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
