/**
 * What verification and repair say of the parts of a data directory.
 */

export type PartKind = 'manifest' | 'wal' | 'block' | 'meta' | 'folder';

/** Something that is not as it was written. */
export interface Problem {
  /** File and place: `000005.ldb, byte 4096`, `columns slot=7 column=0 group=12`. */
  readonly where: string;
  readonly why: string;
}

/** What cannot be read any more: some series over some time. */
export interface Loss {
  /** How many series; 0 where that is not known. */
  readonly series: number;
  /** First and last of them in series order, or what is known of them. */
  readonly from: string;
  readonly to: string;
  /** Both inclusive; undefined where no time is known. */
  readonly minTimeMs: number | undefined;
  readonly maxTimeMs: number | undefined;
}

export interface PartReport {
  readonly kind: PartKind;
  /** Path within the data directory: `blocks/00000001`. */
  readonly name: string;
  readonly bytes: number;
  /** Values, records or entries that were read. */
  readonly values: number;
  readonly series: number;
  readonly samples: number;
  readonly minTimeMs: number | undefined;
  readonly maxTimeMs: number | undefined;
  readonly problems: readonly Problem[];
  /** Further ones that are not listed. */
  readonly problemsLeftOut: number;
  readonly losses: readonly Loss[];
  readonly lossesLeftOut: number;
  /** As far as it can be told. */
  readonly samplesLost: number;
  /** What is harmless, but worth a word. */
  readonly remarks: readonly string[];
}

/** More than these are counted, not listed. */
export const PROBLEMS_MAX = 100;
export const LOSSES_MAX = 200;

/** Gathers the report of a part. */
export class PartFindings {
  readonly #kind: PartKind;
  readonly #name: string;
  readonly #problems: Problem[] = [];
  readonly #losses: Loss[] = [];
  readonly #remarks: string[] = [];
  #problemsLeftOut = 0;
  #lossesLeftOut = 0;
  bytes = 0;
  values = 0;
  series = 0;
  samples = 0;
  samplesLost = 0;
  minTimeMs = Number.POSITIVE_INFINITY;
  maxTimeMs = Number.NEGATIVE_INFINITY;

  constructor(kind: PartKind, name: string) {
    this.#kind = kind;
    this.#name = name;
  }

  get isDamaged(): boolean {
    return this.#problems.length > 0;
  }

  problem(where: string, why: string): void {
    if (this.#problems.length < PROBLEMS_MAX) this.#problems.push({ where, why });
    else this.#problemsLeftOut++;
  }

  loss(loss: Loss): void {
    if (this.#losses.length < LOSSES_MAX) this.#losses.push(loss);
    else this.#lossesLeftOut++;
  }

  remark(text: string): void {
    this.#remarks.push(text);
  }

  /** Takes a time into the part's range. */
  saw(minTimeMs: number, maxTimeMs = minTimeMs): void {
    this.minTimeMs = Math.min(this.minTimeMs, minTimeMs);
    this.maxTimeMs = Math.max(this.maxTimeMs, maxTimeMs);
  }

  report(): PartReport {
    const { bytes, values, series, samples, samplesLost } = this;
    const isTimed = this.minTimeMs <= this.maxTimeMs;
    return {
      ...{ kind: this.#kind, name: this.#name, bytes, values, series, samples, samplesLost },
      minTimeMs: isTimed ? this.minTimeMs : undefined,
      maxTimeMs: isTimed ? this.maxTimeMs : undefined,
      ...{ problems: this.#problems, problemsLeftOut: this.#problemsLeftOut },
      ...{ losses: this.#losses, lossesLeftOut: this.#lossesLeftOut, remarks: this.#remarks },
    };
  }
}
