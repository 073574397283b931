/**
 * Functions of each value by itself: rounding, roots, logarithms, trigonometry, clamping.
 *
 * They write into the matrix they are given. The metric's name goes, as with everything that makes
 * another quantity of a value. Source: Prometheus promql/functions.go.
 */
import type { SeriesMatrix } from '../batch.ts';
import { matrixArg, scalarArg, type VectorCall, type VectorFunction } from './vector-function.ts';

/** The functions with no argument but the vector. */
export const ELEMENTWISE: ReadonlyMap<string, VectorFunction> = new Map(
  Object.entries({
    abs: Math.abs,
    acos: Math.acos,
    acosh: Math.acosh,
    asin: Math.asin,
    asinh: Math.asinh,
    atan: Math.atan,
    atanh: Math.atanh,
    ceil: Math.ceil,
    cos: Math.cos,
    cosh: Math.cosh,
    deg: (value: number) => value * (180 / Math.PI),
    exp: Math.exp,
    floor: Math.floor,
    ln: Math.log,
    log10: Math.log10,
    log2: Math.log2,
    rad: (value: number) => value * (Math.PI / 180),
    // A zero keeps its sign and NaN stays.
    sgn: Math.sign,
    sin: Math.sin,
    sinh: Math.sinh,
    sqrt: Math.sqrt,
    tan: Math.tan,
    tanh: Math.tanh,
  }).map(([name, compute]) => [name, (call: VectorCall) => mapValues(matrixArg(call, 0), compute)]),
);

/** Replaces each value; what is not present is computed too and never read. */
export function mapValues(matrix: SeriesMatrix, compute: (value: number) => number): SeriesMatrix {
  const { values, dropName } = matrix;
  for (let i = 0; i < values.length; i++) values[i] = compute(values[i] as number);
  dropName.fill(1);
  return matrix;
}

/** To the nearest multiple of the second argument, 1 by default; halves go up. */
export const round: VectorFunction = (call) => {
  const matrix = matrixArg(call, 0);
  const nearest = call.args.length > 1 ? scalarArg(call, 1) : undefined;
  return mapCells(matrix, (value, step) => {
    // Through the inverse, since 0.1 has none that floats hold, but 10 has.
    const inverse = 1 / (nearest?.[step] ?? 1);
    return Math.floor(value * inverse + 0.5) / inverse;
  });
};

export const clamp: VectorFunction = (call) => {
  const [least, most] = [scalarArg(call, 1), scalarArg(call, 2)];
  return clampCells(matrixArg(call, 0), least, most);
};

export const clampMin: VectorFunction = (call) => {
  const most = new Float64Array(call.grid.steps).fill(Number.POSITIVE_INFINITY);
  return clampCells(matrixArg(call, 0), scalarArg(call, 1), most);
};

export const clampMax: VectorFunction = (call) => {
  const least = new Float64Array(call.grid.steps).fill(Number.NEGATIVE_INFINITY);
  return clampCells(matrixArg(call, 0), least, scalarArg(call, 1));
};

/** Where the bounds cross there is no value left. */
function clampCells(matrix: SeriesMatrix, least: Float64Array, most: Float64Array): SeriesMatrix {
  const { labels, presence, steps } = matrix;
  for (let step = 0; step < steps; step++) {
    if (!((most[step] as number) < (least[step] as number))) continue;
    for (let row = 0; row < labels.length; row++) presence[row * steps + step] = 0;
  }
  return mapCells(matrix, (value, step) =>
    higher(least[step] as number, lower(most[step] as number, value)),
  );
}

/** The time of each step, for vectors that are no selector; the engine reads samples' own times. */
export const timestamp: VectorFunction = (call) => {
  const { startMs, stepMs } = call.grid;
  return mapCells(matrixArg(call, 0), (_value, step) => (startMs + step * stepMs) / 1000);
};

/** Replaces each value with regard to its step. */
function mapCells(
  matrix: SeriesMatrix,
  compute: (value: number, step: number) => number,
): SeriesMatrix {
  const { labels, values, dropName, steps } = matrix;
  for (let row = 0; row < labels.length; row++) {
    for (let step = 0; step < steps; step++) {
      const cell = row * steps + step;
      values[cell] = compute(values[cell] as number, step);
    }
  }
  dropName.fill(1);
  return matrix;
}

/** Go's math.Max: an infinity wins over NaN. */
export function higher(a: number, b: number): number {
  if (a === Number.POSITIVE_INFINITY || b === Number.POSITIVE_INFINITY) {
    return Number.POSITIVE_INFINITY;
  }
  return Math.max(a, b);
}

/** Go's math.Min: minus infinity wins over NaN. */
export function lower(a: number, b: number): number {
  if (a === Number.NEGATIVE_INFINITY || b === Number.NEGATIVE_INFINITY) {
    return Number.NEGATIVE_INFINITY;
  }
  return Math.min(a, b);
}
