/**
 * What is done about a full disk: writes are refused, most of the ballast is given back, and every
 * few seconds it is looked whether there is room again.
 */
import type { StorageLog } from '../database-options.ts';
import type { Clock } from '../model/clock.ts';
import { MonError } from '../model/error.ts';
import type { Threads } from '../open-threads.ts';

/** Time between two looks; writes resume within a minute of room. */
export const DISK_PROBE_MS = 10_000;

export interface DiskGuardParts {
  readonly threads: Threads;
  readonly clock: Clock;
  readonly log: StorageLog;
  /** Called at each look while the disk is full: may make room with what the ballast gave. */
  readonly onProbe: () => Promise<void>;
}

export class DiskGuard {
  readonly #parts: DiskGuardParts;
  #isFull = false;
  #cancelProbe = () => {};

  constructor(parts: DiskGuardParts) {
    this.#parts = parts;
  }

  /** Whether writes are refused. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Makes the ballast, a while after the start. */
  start(): void {
    this.#cancelProbe = this.#parts.clock.after(DISK_PROBE_MS, () => {
      unlessClosing(this.#fillFirst());
    });
  }

  async #fillFirst(): Promise<void> {
    const { threads, log } = this.#parts;
    if (await threads.maintenance.call('fillBallast', null)) return;
    log.warn({}, 'there is no room for the ballast: a full disk will stop cuts and starts too');
  }

  /** Takes word that the disk is full. */
  noteFull(): void {
    if (this.#isFull) return;
    this.#isFull = true;
    this.#parts.log.error({}, 'the disk is full: writes are refused, reads go on');
    unlessClosing(this.#parts.threads.maintenance.call('releaseBallast', null));
    this.#probeLater();
  }

  stop(): void {
    this.#cancelProbe();
  }

  #probeLater(): void {
    this.#cancelProbe();
    this.#cancelProbe = this.#parts.clock.after(DISK_PROBE_MS, () => unlessClosing(this.#probe()));
  }

  async #probe(): Promise<void> {
    const { threads, log, onProbe } = this.#parts;
    // Its end is waited for: a failure that came after writes resumed would end them again.
    await onProbe();
    if (!(await threads.maintenance.call('fillBallast', null))) {
      this.#probeLater();
      return;
    }
    await threads.log.call('resume', null);
    this.#isFull = false;
    log.info({}, 'there is room on the disk again: writes resume');
  }
}

/** Lets go of a call whose answer may be that the database is being closed. */
function unlessClosing(call: Promise<unknown>): void {
  call.catch((error) => {
    if (!(error instanceof MonError && error.code === 'closing')) throw error;
  });
}
