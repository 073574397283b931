/**
 * Series definitions on their way into the log and back: `kernels/definitions.ts`. No string is
 * made of a label in either direction. Format: docs/formats/wal.md.
 */
import { loadKernel } from '../memory/load-kernel.ts';
import { ScratchRow } from '../memory/scratch-row.ts';
import type { SeriesTable } from './series-table.ts';
import { BadRecord, readOrigin, readTenant } from './wal-replay.ts';

interface DefinitionsKernel {
  writeDefinitions(
    base: number,
    refs: number,
    from: number,
    count: number,
    out: number,
    end: number,
  ): number;
  readDefinitions(base: number, tenant: number, state: number): number;
}

/** Word of the table's header: where what was written ends. */
const RECORD_END = 13;
/** Room for the largest series, see the kernel, and for usual ones beside it. */
const LARGEST_BYTES = 200_000;
const USUAL_BYTES = 64;

/** Words of what the kernel keeps of a reading, and those that TypeScript sets. */
const STATE_WORDS = 12 + 64;
const STATE = { at: 0, end: 1, metAt: 4, metMax: 5, count: 7, results: 8, shards: 9, shard: 10 };
const MET_BYTES = 12;
/** A pair takes at least so much of a record. */
const MET_RECORD_BYTES_MIN = 5;
const PAGES_SHORT = 1;

/** A series of a record is another shard's. */
export const FOREIGN = 0xffffffff;

/** Columns of three: ref in the log, ref here or FOREIGN, whether it is new here. */
export const RESOLVED_WORDS = 3;

export class SeriesDefinitions {
  readonly #table: SeriesTable;
  readonly #kernel: DefinitionsKernel;
  readonly #row: ScratchRow;

  constructor(table: SeriesTable) {
    this.#table = table;
    this.#kernel = loadKernel<DefinitionsKernel>('definitions', table.space.memory.memory);
    this.#row = new ScratchRow(table.space.memory);
  }

  /** Encodes definitions, usually at once; the bytes hold until the visit returns. */
  write(
    refs: readonly number[],
    visit: (definitions: { readonly count: number; readonly bytes: Uint8Array }) => void,
  ): void {
    const room = LARGEST_BYTES + USUAL_BYTES * refs.length;
    const at = this.#row.reserve(4 * refs.length + room);
    const { space } = this.#table;
    space.words.set(refs, at / 4);
    const out = at + 4 * refs.length;
    for (let from = 0; from < refs.length; ) {
      const { base } = space;
      const to = this.#kernel.writeDefinitions(base, at, from, refs.length, out, out + room);
      const end = space.words[base / 4 + RECORD_END] as number;
      visit({ count: to - from, bytes: space.bytes.subarray(out, end) });
      from = to;
    }
  }

  /**
   * Resolves the series that a record defines and that fall to one of so many shards.
   *
   * @returns RESOLVED_WORDS for each series of the record; they hold until the next call
   * @throws BadRecord
   */
  read(
    payload: Uint8Array,
    share: { readonly index: number; readonly count: number },
  ): Uint32Array {
    const { count } = readOrigin(payload);
    const { tenant, end: bodyAt } = readTenant(payload);
    const bodyBytes = payload.length - bodyAt;
    if (count * (MET_RECORD_BYTES_MIN + 12) > bodyBytes) throw new BadRecord('it is too short');
    const metMax = Math.ceil(bodyBytes / MET_RECORD_BYTES_MIN);
    const resultBytes = 4 * RESOLVED_WORDS * count;
    const state = this.#row.reserve(
      4 * STATE_WORDS + resultBytes + MET_BYTES * metMax + bodyBytes + 8,
    );
    const { space } = this.#table;
    const results = state + 4 * STATE_WORDS;
    const metAt = results + resultBytes;
    const body = metAt + MET_BYTES * metMax;
    space.bytes.set(payload.subarray(bodyAt), body);
    const words = space.words.subarray(state / 4, state / 4 + STATE_WORDS);
    words.fill(0);
    words[STATE.at] = body;
    words[STATE.end] = body + bodyBytes;
    words[STATE.metAt] = metAt;
    words[STATE.metMax] = metMax;
    words[STATE.count] = count;
    words[STATE.results] = results;
    words[STATE.shards] = share.count;
    words[STATE.shard] = share.index;
    const ordinal = this.#table.pairs.tenantOrdinal(tenant);
    let outcome = this.#kernel.readDefinitions(space.base, ordinal, state);
    while (outcome === PAGES_SHORT) {
      space.refill();
      outcome = this.#kernel.readDefinitions(space.base, ordinal, state);
    }
    if (outcome !== 0) throw new BadRecord('its definitions do not decode');
    return space.words.subarray(results / 4, results / 4 + RESOLVED_WORDS * count);
  }

  /** Gives back what the largest record took. */
  release(): void {
    this.#row.release();
  }
}
