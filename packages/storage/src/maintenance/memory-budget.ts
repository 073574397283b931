/**
 * How much memory the heads may take, and what is done as they near it: cut early, then keep new
 * series of what explodes out, then all new series.
 */
import { totalmem } from 'node:os';
import { PRESSURE } from '../head/series-guard.ts';

/** Of the machine's memory, or of the control group's limit where that is less. */
const SHARE_DEFAULT = 0.5;

/** Shares of the budget at which pressure begins, is over again, and nothing new fits. */
const HIGH = 0.8;
const LOW = 0.65;
const FULL = 1;

export function memoryBudgetDefault(): number {
  const constrained = process.constrainedMemory();
  const machine = totalmem();
  const limit = constrained > 0 ? Math.min(constrained, machine) : machine;
  return Math.floor(limit * SHARE_DEFAULT);
}

export class MemoryBudget {
  readonly bytesMax: number;
  #pressure: number = PRESSURE.none;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  get pressure(): number {
    return this.#pressure;
  }

  /** Judges anew by what the heads hold; pressure that has begun ends only well below it. */
  judge(bytes: number): number {
    const share = bytes / this.bytesMax;
    const begins = this.#pressure === PRESSURE.none ? HIGH : LOW;
    this.#pressure =
      share >= FULL ? PRESSURE.full : share >= begins ? PRESSURE.high : PRESSURE.none;
    return this.#pressure;
  }

  /** Whether a cut would help: samples are a good part of what is held. */
  wantsCut(bytes: number, sampleBytes: number): boolean {
    return bytes >= HIGH * this.bytesMax && sampleBytes >= this.bytesMax / 16;
  }
}
