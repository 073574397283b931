/**
 * Reading series once for every selector of the query that wants them.
 *
 * A scan starts when all its readers have asked, hands each batch of storage to all of them in
 * slices of rows, and lets go of the samples before it takes the next batch. A reader must ask
 * without waiting for another reader of the same scan (`ReadPlan.isShareable`).
 */
import type { SeriesBatch } from '@mon/storage/model/queryable';
import type { ReadPlan, ScanPlan } from '../plan/plan.ts';
import type { QueryRun } from './query-run.ts';

/** Cells (rows x steps) that a reader makes at once: small enough to stay in the cache. */
const SLICE_CELLS = 16_384;

export interface ScanReader {
  /** Steps of a row this reader makes; decides how many series a slice has. */
  readonly steps: number;
  /** Whether it looks at native histograms too. */
  readonly wantsHistograms?: boolean;
  /** Series [from, to) of the batch; a promise where that takes turns of the event loop. */
  read(batch: SeriesBatch, from: number, to: number): Promise<void> | undefined;
}

export class Scans {
  readonly #run: QueryRun;
  readonly #scanOfRead = new Map<ReadPlan, Scan>();

  constructor(plans: readonly ScanPlan[], run: QueryRun) {
    this.#run = run;
    for (const plan of plans) {
      const scan = { plan, readers: [], finished: Promise.withResolvers<void>() };
      // A query that fails elsewhere leaves scans that nobody waits for.
      scan.finished.promise.catch(() => undefined);
      for (const read of plan.reads) this.#scanOfRead.set(read, scan);
    }
  }

  /** Resolves when `reader` has had every batch. */
  async read(read: ReadPlan, reader: ScanReader): Promise<void> {
    const scan = this.#scanOfRead.get(read);
    if (scan === undefined) throw new Error('BUG: a read belongs to no scan');
    scan.readers.push(reader);
    if (scan.readers.length === scan.plan.reads.length) {
      runScan(scan, this.#run).then(scan.finished.resolve, scan.finished.reject);
    }
    return scan.finished.promise;
  }
}

interface Scan {
  readonly plan: ScanPlan;
  readonly readers: ScanReader[];
  readonly finished: PromiseWithResolvers<void>;
}

async function runScan({ plan, readers }: Scan, run: QueryRun): Promise<void> {
  const { matchers, startMs, endMs, hints } = plan;
  if (endMs < startMs) return;
  const { tenant, signal, samplesLeft: samplesMax } = run;
  const onMissing = (what: string) => run.remarks.warnOfData(what);
  const request = { tenant, matchers, startMs, endMs, hints, signal, samplesMax, onMissing };
  const histograms = readers.some(({ wantsHistograms }) => wantsHistograms === true);
  const steps = Math.max(1, ...readers.map((reader) => reader.steps));
  const sliceRows = Math.max(1, Math.floor(SLICE_CELLS / steps));
  run.check();
  for await (const batch of run.queryable.select({ ...request, histograms })) {
    const count = batch.labels.length;
    run.countRead(count, batch.values.length);
    for (let from = 0; from < count; from += sliceRows) {
      const to = Math.min(count, from + sliceRows);
      for (const reader of readers) {
        const reading = reader.read(batch, from, to);
        if (reading !== undefined) await reading;
      }
      if (run.isBreathDue()) await run.breathe();
    }
  }
}
