/**
 * Watches what the heads hold against the memory budget: cuts early where that helps, tells the
 * shards how short memory is, and says what they keep out.
 */
import type { StorageLog } from '../database-options.ts';
import { joinQuarantines } from '../head/join-quarantines.ts';
import { PRESSURE, type Quarantine } from '../head/series-guard.ts';
import type { ShardThreads } from '../shard/shard-threads.ts';
import { MemoryBudget } from './memory-budget.ts';

export interface MemoryWatchParts {
  readonly shards: ShardThreads;
  readonly log: StorageLog;
  readonly bytesMax: number;
  /** Cuts the heads, unless a cut is under way. */
  readonly cutNow: () => void;
}

export class MemoryWatch {
  readonly #parts: MemoryWatchParts;
  readonly #budget: MemoryBudget;
  #quarantinesLogged = 0;

  constructor(parts: MemoryWatchParts) {
    this.#parts = parts;
    this.#budget = new MemoryBudget(parts.bytesMax);
  }

  get bytesMax(): number {
    return this.#budget.bytesMax;
  }

  get pressure(): number {
    return this.#budget.pressure;
  }

  /** Looks at what is held now. */
  judge(): void {
    const { shards, log, cutNow } = this.#parts;
    const bytes = shards.sum('memoryBytes');
    const before = this.#budget.pressure;
    const pressure = this.#budget.judge(bytes);
    const hasRisen = before === PRESSURE.none && pressure > before;
    const wantsCut = hasRisen || this.#budget.wantsCut(bytes, shards.sum('activeBytes'));
    if (pressure !== before) {
      shards.setPressure(pressure);
      const fields = { bytes, bytesMax: this.#budget.bytesMax, pressure };
      if (pressure === PRESSURE.none) log.info(fields, 'memory for series is not short any more');
      else log.warn(fields, 'memory for series is short: what explodes is quarantined');
    }
    if (wantsCut) cutNow();
    const quarantines = shards.sum('quarantines');
    if (quarantines > this.#quarantinesLogged) void this.#logQuarantines();
    this.#quarantinesLogged = quarantines;
  }

  /** What is kept out: by metric and label, all shards together. */
  async quarantines(): Promise<Quarantine[]> {
    return joinQuarantines(await this.#parts.shards.callAll('quarantines', null));
  }

  /** Lets new series of a metric, or of all, in again. */
  async release(metric?: string): Promise<void> {
    await this.#parts.shards.callAll('releaseQuarantines', metric ?? null);
  }

  async #logQuarantines(): Promise<void> {
    const { log } = this.#parts;
    try {
      for (const { tenant, metric, label, values } of await this.quarantines()) {
        log.warn({ tenant, metric, label, values }, 'quarantined: new series of it are refused');
      }
    } catch (error) {
      log.info({ error }, 'could not read what is quarantined');
    }
  }
}
