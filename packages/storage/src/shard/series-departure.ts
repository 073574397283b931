/**
 * Lets series leave a head that have had no sample since the last cut.
 *
 * A ref is given out again only when nobody can name it: every shard has dropped it from its cache
 * and said so behind its last message about it, and everyone who was reading has ended. A series
 * that is asked for by its labels meanwhile stays.
 */
import type { Head } from '../head/head.ts';
import { RefSet } from '../head/ref-set.ts';
import { WorkSlice } from '../threads/work-slice.ts';
import type { Readers } from './readers.ts';
import type { PeerPort } from './request-appender.ts';
import type { SeriesCache } from './series-cache.ts';
import type { WireSessions } from './wire-sessions.ts';

export interface DepartureParts {
  readonly index: number;
  readonly head: Head;
  readonly cache: SeriesCache;
  readonly sessions: WireSessions;
  readonly peers: readonly (PeerPort | undefined)[];
  readonly readers: Readers;
}

/** Series looked at between two looks at the clock. */
const REFS_PER_CHECK = 1024;

export class SeriesDeparture {
  readonly #parts: DepartureParts;
  #isUnderWay = false;

  constructor(parts: DepartureParts) {
    this.#parts = parts;
  }

  /** Lets idle series leave; does nothing while that is under way already. */
  async run(): Promise<void> {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    try {
      const idle = await this.#idleSeries();
      if (idle.length > 0) await this.#leave(idle);
    } finally {
      this.#isUnderWay = false;
    }
  }

  async #leave(idle: readonly number[]): Promise<void> {
    const { index, head, cache, sessions, peers, readers } = this.#parts;
    head.leaving = new RefSet(idle);
    head.departures++;
    const refs = Uint32Array.from(idle);
    const told = peers.map((peer) => peer?.call('forget', { owner: index, refs }));
    sessions.forget(index, refs);
    await Promise.all([...told, forgetSeries(cache, index, refs)]);
    const detached = await inSlices(
      head.series.detach(idle, (ref) => head.leaving.has(ref) && this.#isIdle(ref)),
    );
    head.leaving = new RefSet();
    await readers.past();
    const slice = new WorkSlice();
    for (let from = 0; from < detached.length; from += REFS_PER_CHECK) {
      head.series.free(detached.slice(from, from + REFS_PER_CHECK));
      if (slice.isOver) await slice.pause();
    }
  }

  async #idleSeries(): Promise<number[]> {
    const { head } = this.#parts;
    const slice = new WorkSlice();
    const idle: number[] = [];
    for (let ref = 0; ref < head.series.refsEnd; ref++) {
      if (this.#isIdle(ref)) idle.push(ref);
      if (ref % REFS_PER_CHECK === 0 && slice.isOver) await slice.pause();
    }
    return idle;
  }

  /** Without samples in the head, and without any on their way through the log. */
  #isIdle(ref: number): boolean {
    const { head } = this.#parts;
    if (!head.series.isAttached(ref)) return false;
    // While a freeze waits for the log, records of two generations are on their way.
    if ((head.logged[ref] as number) >= head.active.number) return false;
    return !head.has(head.active, ref) && !head.frozen.some((frozen) => head.has(frozen, ref));
  }
}

/** Drops series of `owner` from a cache, after those that other owners asked to drop before. */
export function forgetSeries(cache: SeriesCache, owner: number, refs: Uint32Array): Promise<void> {
  const gone = new RefSet(refs);
  cache.forgetting = cache.forgetting.then(() =>
    inSlices(cache.forget(owner, (ref) => gone.has(ref))),
  );
  return cache.forgetting;
}

/** Runs a generator to its end, giving way between slices of a few milliseconds. */
async function inSlices<T>(steps: Generator<void, T>): Promise<T> {
  const slice = new WorkSlice();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (slice.isOver) await slice.pause();
  }
}
