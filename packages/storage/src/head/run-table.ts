/**
 * The runs of samples of one generation, in the shard's memory: a table of entries by ref, and the
 * slices that the kernel `sample-runs` writes samples into. Layout and codec:
 * docs/design/0004-sample-runs.md.
 *
 * Memory is taken when the first sample comes; all of it is given back at once.
 */
import { loadKernel } from '../memory/load-kernel.ts';
import { PAGE_BYTES, type ShardMemory } from '../memory/shard-memory.ts';
import { assert } from '../model/assert.ts';
import type { SamplePart } from './sample-part.ts';

/** Exports of `kernels/sample-runs.ts`. */
export interface SampleRunsKernel {
  insert(
    generation: number,
    refs: number,
    offsets: number,
    times: number,
    values: number,
    seriesEnd: number,
    series: number,
    sample: number,
    isJudged: number,
  ): number;
  isClean(
    generation: number,
    refs: number,
    offsets: number,
    times: number,
    seriesEnd: number,
    minTime: number,
    maxTime: number,
  ): number;
  read(
    generation: number,
    ref: number,
    startMs: number,
    endMs: number,
    times: number,
    values: number,
  ): number;
}

export function loadSampleRuns({ memory }: ShardMemory): SampleRunsKernel {
  return loadKernel<SampleRunsKernel>('sample-runs', memory);
}

/** Of the generation's first page: addresses of table pages, then these fields. */
const TABLE_PAGES_MAX = 8192;
const FIRST_FREE = 32768;
const SLICE_FREE = 32776;
const OLDER = 32784;
const STOP_SERIES = 32788;
const STOP_SAMPLE = 32792;
const STORED = 32800;
const MIN_TIME = 32808;
const MAX_TIME = 32816;
const POWERS = 32832;

const REFS_PER_PAGE_BITS = 11;
const ENTRY_BYTES = 32;
const COUNT = 8;
const LAST_MS = 16;
const LAST_VALUE = 24;

/** Why an insertion stopped. */
const NEEDS_TABLE = 1;
const NEEDS_FIRST = 2;
const NEEDS_SLICE = 3;
const NEEDS_JUDGING = 4;

const SCALE_MAX = 6;
const NO_SCALE = 15;

/** A place in a part. */
export interface PartCursor {
  series: number;
  sample: number;
  /** Whether the sample there is known to stand in no older generation. */
  isJudged: boolean;
}

export class RunTable {
  readonly #memory: ShardMemory;
  readonly #kernel: SampleRunsKernel;
  readonly #pages: number[] = [];
  /** Of the generation's first page, 0 before the first sample. */
  #address = 0;

  constructor(memory: ShardMemory, kernel: SampleRunsKernel) {
    this.#memory = memory;
    this.#kernel = kernel;
  }

  /** Bytes of the pages that are held. */
  get bytes(): number {
    return this.#pages.length * PAGE_BYTES;
  }

  /** Samples in runs, and the range of their timestamps. */
  get samples(): number {
    return this.#address === 0 ? 0 : this.#double(STORED);
  }

  get minTimeMs(): number {
    return this.#address === 0 ? Number.POSITIVE_INFINITY : this.#double(MIN_TIME);
  }

  get maxTimeMs(): number {
    return this.#address === 0 ? Number.NEGATIVE_INFINITY : this.#double(MAX_TIME);
  }

  /** Says which older generation may have samples already. */
  setOlder(older: RunTable | undefined): void {
    const address = older === undefined ? 0 : older.#address;
    if (address !== 0) this.#begin();
    if (this.#address !== 0) this.#memory.words[(this.#address + OLDER) / 4] = address;
  }

  /**
   * Inserts samples from a place of a part on, until all are in or the sample there is late or
   * not newer than what an older generation has.
   *
   * @returns whether it stopped at such a sample
   */
  insert(part: SamplePart, cursor: PartCursor): boolean {
    this.#begin();
    const { refsAt, sampleOffsetsAt, timestampsAt, valueBitsAt, seriesCount } = part;
    for (;;) {
      const { series, sample, isJudged } = cursor;
      const why = this.#kernel.insert(
        this.#address,
        refsAt,
        sampleOffsetsAt,
        timestampsAt,
        valueBitsAt,
        seriesCount,
        series,
        sample,
        isJudged ? 1 : 0,
      );
      const { words } = this.#memory;
      cursor.series = words[(this.#address + STOP_SERIES) / 4] as number;
      cursor.sample = words[(this.#address + STOP_SAMPLE) / 4] as number;
      if (why === NEEDS_JUDGING) return true;
      if (why === NEEDS_TABLE) this.#addTablePage(part.refs[cursor.series] as number);
      else if (why === NEEDS_FIRST) this.#addSlicePage(FIRST_FREE);
      else if (why === NEEDS_SLICE) this.#addSlicePage(SLICE_FREE);
      else return false;
    }
  }

  /** Samples of a series. */
  count(ref: number): number {
    const entry = this.#entry(ref);
    return entry === 0 ? 0 : (this.#memory.words[(entry + COUNT) / 4] as number);
  }

  /** Timestamp of a series' last sample, -Infinity where it has none. */
  lastMs(ref: number): number {
    const entry = this.#entry(ref);
    if (entry === 0 || this.#memory.words[(entry + COUNT) / 4] === 0) {
      return Number.NEGATIVE_INFINITY;
    }
    return this.#memory.doubles[(entry + LAST_MS) / 8] as number;
  }

  /** Whether the last sample of a series, which has one, has this value. */
  hasLastBits(ref: number, low: number, high: number): boolean {
    const at = (this.#entry(ref) + LAST_VALUE) / 4;
    const { words } = this.#memory;
    return words[at] === low && words[at + 1] === high;
  }

  /**
   * Decodes the samples of a series within a time range to columns at two addresses, which have
   * room for all of its run.
   *
   * @returns how many
   */
  read(
    ref: number,
    range: { readonly startMs: number; readonly endMs: number },
    into: { readonly times: number; readonly values: number },
  ): number {
    if (this.#address === 0) return 0;
    const { startMs, endMs } = range;
    return this.#kernel.read(this.#address, ref, startMs, endMs, into.times, into.values);
  }

  /** Whether all samples of a part are to be taken as they are: see `admit`. */
  isClean(part: SamplePart, bounds: { minTimeMs: number; maxTimeMs: number }): boolean {
    this.#begin();
    const { refsAt, sampleOffsetsAt, timestampsAt, seriesCount } = part;
    const { minTimeMs, maxTimeMs } = bounds;
    const isClean = this.#kernel.isClean(
      this.#address,
      refsAt,
      sampleOffsetsAt,
      timestampsAt,
      seriesCount,
      minTimeMs,
      maxTimeMs,
    );
    return isClean !== 0;
  }

  /** Gives all memory back. */
  release(): void {
    for (const page of this.#pages) this.#memory.release(page);
    this.#pages.length = 0;
    this.#address = 0;
  }

  #begin(): void {
    if (this.#address !== 0) return;
    this.#address = this.#addPage();
    const { doubles } = this.#memory;
    doubles[(this.#address + MIN_TIME) / 8] = Number.POSITIVE_INFINITY;
    doubles[(this.#address + MAX_TIME) / 8] = Number.NEGATIVE_INFINITY;
    const powers = (this.#address + POWERS) / 8;
    for (let scale = 0; scale <= SCALE_MAX; scale++) doubles[powers + scale] = 10 ** scale;
    doubles[powers + NO_SCALE] = Number.NaN;
  }

  #addTablePage(ref: number): void {
    const at = ref >>> REFS_PER_PAGE_BITS;
    assert(at < TABLE_PAGES_MAX, `ref ${ref} is beyond the table`);
    const page = this.#addPage();
    this.#memory.words[this.#address / 4 + at] = page;
  }

  /** New slices begin in a new page. */
  #addSlicePage(field: number): void {
    const page = this.#addPage();
    const at = (this.#address + field) / 4;
    this.#memory.words[at] = page;
    this.#memory.words[at + 1] = page + PAGE_BYTES;
  }

  #addPage(): number {
    const page = this.#memory.allocate();
    this.#pages.push(page);
    return page;
  }

  #entry(ref: number): number {
    if (this.#address === 0) return 0;
    const { words } = this.#memory;
    const page = words[this.#address / 4 + (ref >>> REFS_PER_PAGE_BITS)] as number;
    return page === 0 ? 0 : page + (ref & ((1 << REFS_PER_PAGE_BITS) - 1)) * ENTRY_BYTES;
  }

  #double(field: number): number {
    return this.#memory.doubles[(this.#address + field) / 8] as number;
  }
}
