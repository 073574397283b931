/**
 * Windows over made-up samples: what range functions are tested on.
 */
import type { RangeNote, RangeWindows } from '@mon/server/promql/functions/range-function';
import { rangeFunction } from '@mon/server/promql/functions/range-functions';

/** A sample as seconds and value. */
export type Sample = readonly [seconds: number, value: number];

export interface Asked {
  /** Ends of the windows in seconds, one a step. */
  readonly at: readonly number[];
  readonly rangeS: number;
  /** Scalar arguments, the same at every step. */
  readonly args?: readonly number[];
  readonly offsetS?: number;
}

export interface Answer {
  /** One value a step, undefined where there is none. */
  readonly values: (number | undefined)[];
  readonly notes: RangeNote[];
}

/** Calls the named function over left-open windows of the samples. */
export function callOver(name: string, samples: readonly Sample[], asked: Asked): Answer {
  const { at, rangeS, args = [], offsetS = 0 } = asked;
  const steps = at.length;
  const notes: RangeNote[] = [];
  const windows = new Uint32Array(2 * steps);
  at.forEach((endS, step) => {
    const inside = (seconds: number) =>
      seconds > endS - offsetS - rangeS && seconds <= endS - offsetS;
    const first = samples.findIndex(([seconds]) => inside(seconds));
    const from = Math.max(first, 0);
    windows[2 * step] = from;
    windows[2 * step + 1] = from + samples.filter(([seconds]) => inside(seconds)).length;
  });
  const window: RangeWindows = {
    timestampsMs: Float64Array.from(samples, ([seconds]) => seconds * 1000),
    values: Float64Array.from(samples, ([, value]) => value),
    windows,
    derived: {},
    windowEndMs: Float64Array.from(at, (seconds) => (seconds - offsetS) * 1000),
    steps,
    rangeMs: rangeS * 1000,
    args: args.map((value) => new Float64Array(steps).fill(value)),
    stepTimesMs: Float64Array.from(at, (seconds) => seconds * 1000),
    note: (note) => notes.push(note),
  };
  const out = new Float64Array(steps);
  const presence = new Uint8Array(steps);
  rangeFunction(name)(window, out, presence);
  return {
    values: Array.from(presence, (present, step) => (present === 1 ? out[step] : undefined)),
    notes,
  };
}

/** The value over one window that holds all samples, the last of them at its end. */
export function valueOver(
  name: string,
  values: readonly number[],
  args: readonly number[] = [],
): number | undefined {
  const samples = values.map((value, i): Sample => [i + 1, value]);
  const asked = { at: [values.length], rangeS: values.length + 1, args };
  return callOver(name, samples, asked).values[0];
}
