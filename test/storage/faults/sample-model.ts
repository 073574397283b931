/**
 * What a database must hold, worked out from what it was sent and what it answered alone.
 *
 * An acknowledged sample is there, once, with its value. One that was sent and not acknowledged may
 * be there or not: once seen it stays, and once another is acknowledged in its place it stays away.
 * Nothing else is there.
 */

/** Bits of a value, so that zeros are told apart; of NaNs a JavaScript number has but one kind. */
export type ValueBits = bigint;

const NAN_BITS = 0x7ff8000000000000n;
const scratch = new DataView(new ArrayBuffer(8));
export function bitsOf(value: number): ValueBits {
  scratch.setFloat64(0, value);
  return Number.isNaN(value) ? NAN_BITS : scratch.getBigUint64(0);
}

export interface SentSample {
  readonly series: string;
  readonly timestampMs: number;
  readonly value: number;
}

interface Cell {
  /** Acknowledged values that may be the right one: the last, or several that raced. */
  acknowledged: Set<ValueBits>;
  acknowledgedAt: number;
  /**
   * Acknowledged before another value took their place, which a late sample does where the earlier one
   * is not in the active generation: a crash before that one is in a directory brings it back.
   */
  readonly former: Set<ValueBits>;
  /** Sent and not answered yet: value -> requests. */
  readonly underWay: Map<ValueBits, number>;
  /** Sent in requests that failed, and not known whether they were stored. */
  readonly failed: Set<ValueBits>;
  /** Expired: need not be there any more. */
  mayBeGone: boolean;
}

/** A request under way. */
export interface Ticket {
  readonly samples: readonly SentSample[];
  readonly sentAt: number;
}

export class SampleModel {
  readonly #series = new Map<string, Map<number, Cell>>();
  #time = 0;
  acknowledged = 0;

  send(samples: readonly SentSample[]): Ticket {
    for (const { series, timestampMs, value } of samples) {
      const { underWay } = this.#cell(series, timestampMs);
      const bits = bitsOf(value);
      underWay.set(bits, (underWay.get(bits) ?? 0) + 1);
    }
    return { samples, sentAt: this.#time++ };
  }

  /**
   * Notes the answer to a request: the indices of the samples that were refused.
   *
   * @returns what is wrong with that answer; '' where nothing is
   */
  answered({ samples, sentAt }: Ticket, refused: ReadonlyMap<number, string>): string {
    let fault = '';
    const known = samples.map(({ series, timestampMs }) =>
      valuesOf(this.#cell(series, timestampMs)),
    );
    samples.forEach(({ series, timestampMs, value }, i) => {
      const cell = this.#cell(series, timestampMs);
      const bits = bitsOf(value);
      const code = refused.get(i) ?? codeOfTwin(samples, refused, i);
      const others = [...(known[i] ?? [])].filter((v) => v !== bits);
      settle(cell, bits);
      if (code === 'duplicate-timestamp' && others.length === 0) {
        fault = `${series}@${timestampMs} was refused though no other value was ever sent`;
      }
      if (code !== undefined) return;
      this.acknowledged++;
      cell.mayBeGone = false;
      const raced = cell.acknowledgedAt > sentAt;
      for (const other of cell.acknowledged) if (other !== bits) cell.former.add(other);
      cell.acknowledged = new Set(raced ? [...cell.acknowledged, bits] : [bits]);
      cell.acknowledgedAt = this.#time++;
      cell.failed.clear();
    });
    return fault;
  }

  /** Notes that a request failed or was cut off: any part of it may have been stored. */
  failed({ samples }: Ticket): void {
    for (const { series, timestampMs, value } of samples) {
      const cell = this.#cell(series, timestampMs);
      settle(cell, bitsOf(value));
      cell.failed.add(bitsOf(value));
    }
  }

  /** Says that a sample may be gone from now on. */
  expire(series: string, timestampMs: number): void {
    this.#cell(series, timestampMs).mayBeGone = true;
  }

  /**
   * Compares with what is there, no request being under way, and learns from it.
   *
   * @param found series -> [timestamp, value] pairs
   * @returns what is wrong; '' where nothing is
   */
  observe(found: ReadonlyMap<string, readonly (readonly [number, number])[]>): string {
    for (const [series, samples] of found) {
      const cells = this.#series.get(series);
      const seen = new Set<number>();
      for (const [timestampMs, value] of samples) {
        if (seen.has(timestampMs)) return `${series}@${timestampMs} is there twice`;
        seen.add(timestampMs);
        const cell = cells?.get(timestampMs);
        const bits = bitsOf(value);
        if (cell === undefined || !valuesOf(cell).has(bits))
          return `${series}@${timestampMs} is ${value}, ${wanted(cell)}`;
      }
      for (const [timestampMs, cell] of cells ?? []) {
        if (!seen.has(timestampMs) && cell.acknowledged.size > 0 && !cell.mayBeGone) {
          return `${series}@${timestampMs} is lost: ${wanted(cell)}`;
        }
      }
    }
    for (const [series, cells] of this.#series) {
      const isLost = [...cells.values()].some((c) => c.acknowledged.size > 0 && !c.mayBeGone);
      if (isLost && !found.has(series)) return `${series} is lost`;
      this.#learn(cells, found.get(series) ?? []);
    }
    return '';
  }

  #learn(cells: Map<number, Cell>, samples: readonly (readonly [number, number])[]): void {
    const values = new Map(samples.map(([timestampMs, value]) => [timestampMs, bitsOf(value)]));
    for (const [timestampMs, cell] of cells) {
      const bits = values.get(timestampMs);
      cell.acknowledged = new Set(bits === undefined ? [] : [bits]);
      cell.acknowledgedAt = this.#time++;
      // What failed and is not there may still be on the disk, and come back with it, for as long
      // as nothing else was acknowledged in its place.
      if (bits !== undefined) cell.failed.clear();
      else if (cell.failed.size === 0) cells.delete(timestampMs);
    }
  }

  #cell(series: string, timestampMs: number): Cell {
    let cells = this.#series.get(series);
    if (cells === undefined) {
      cells = new Map();
      this.#series.set(series, cells);
    }
    let cell = cells.get(timestampMs);
    if (cell === undefined) {
      cell = {
        acknowledged: new Set(),
        former: new Set(),
        acknowledgedAt: -1,
        underWay: new Map(),
        failed: new Set(),
        mayBeGone: false,
      };
      cells.set(timestampMs, cell);
    }
    return cell;
  }
}

function settle(cell: Cell, bits: ValueBits): void {
  const left = (cell.underWay.get(bits) ?? 1) - 1;
  if (left > 0) cell.underWay.set(bits, left);
  else cell.underWay.delete(bits);
}

/** All values that may stand there. */
function valuesOf(cell: Cell): ReadonlySet<ValueBits> {
  return new Set([...cell.acknowledged, ...cell.former, ...cell.underWay.keys(), ...cell.failed]);
}

function wanted(cell: Cell | undefined): string {
  if (cell === undefined) return 'and was never sent';
  const texts = (all: Iterable<ValueBits>) => [...all].map((bits) => bits.toString(16)).join(',');
  return `acknowledged ${texts(cell.acknowledged)}, unanswered ${texts(cell.underWay.keys())}, failed ${texts(cell.failed)}`;
}

/** Of equal samples in one request the answer names but the first. */
function codeOfTwin(
  samples: readonly SentSample[],
  refused: ReadonlyMap<number, string>,
  index: number,
): string | undefined {
  const { series, timestampMs, value } = samples[index] as SentSample;
  for (const [i, code] of refused) {
    const twin = samples[i];
    if (
      twin === undefined ||
      i > index ||
      twin.series !== series ||
      twin.timestampMs !== timestampMs
    )
      continue;
    if (bitsOf(twin.value) === bitsOf(value)) return code;
  }
  return undefined;
}
