/**
 * Ticks of a value axis: round numbers of the unit, labels with one prefix and as many decimals as
 * the distance of ticks needs.
 */
import { formatAge, type Unit } from './number.ts';

export interface ValueTick {
  readonly value: number;
  readonly label: string;
}

export interface ValueAxis {
  readonly min: number;
  readonly max: number;
  /** Ascending; the first is `min`, the last `max`. */
  readonly ticks: readonly ValueTick[];
}

export interface ValueRange {
  readonly min: number;
  readonly max: number;
}

/** Below this share of the largest value, the axis of positive values begins at zero. */
const ZERO_SHARE = 0.7;
const DECIMALS_MAX = 12;

/** The axis for values of `range`, with at least two and about `ticksMax` ticks. */
export function valueAxis(range: ValueRange, ticksMax: number, unit: Unit): ValueAxis {
  const { min, max } = withZero(range);
  let step = 0;
  let first = 0;
  let count = 0;
  // Rounding outwards may add a tick, so widen the step until they fit.
  for (let intervals = Math.max(1, ticksMax - 1); intervals >= 1; intervals--) {
    const factors = intervals <= FINE_INTERVALS_MAX ? FINE_FACTORS : ROUND_FACTORS;
    step = roundStep({ rough: (max - min) / intervals, max, factors }, unit);
    first = Math.floor(min / step + 1e-9);
    count = Math.ceil(max / step - 1e-9) - first + 1;
    if (count <= Math.max(2, ticksMax)) break;
  }
  const values = Array.from({ length: count }, (_, i) => (first + i) * step);
  const label = labeller(values, step, unit);
  const ticks = values.map((value) => ({ value, label: label(value) }));
  return { min: first * step, max: (first + count - 1) * step, ticks };
}

function withZero({ min, max }: ValueRange): ValueRange {
  if (min === max) {
    if (max === 0) return { min: 0, max: 1 };
    return max > 0 ? { min: 0, max } : { min, max: 0 };
  }
  if (min > 0 && min < ZERO_SHARE * max) return { min: 0, max };
  if (max < 0 && max > ZERO_SHARE * min) return { min, max: 0 };
  return { min, max };
}

const AGE_STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
];
const ROUND_FACTORS = [1, 2, 5];
/** With two or three ticks a rough step would leave half of the chart empty. */
const FINE_FACTORS = [1, 2, 3, 4, 5, 6, 8];
const FINE_INTERVALS_MAX = 2;

interface StepWish {
  /** The least distance of ticks. */
  readonly rough: number;
  readonly max: number;
  readonly factors: readonly number[];
}

/** The smallest round step that is at least `rough`. */
function roundStep({ rough, max, factors }: StepWish, unit: Unit): number {
  if (unit === 'bytes' || unit === 'bytes/s') {
    if (rough < 1) return decimalStep(rough, factors);
    const scale = 1024 ** Math.floor(Math.log2(Math.max(1, max)) / 10 + 1e-9);
    const step = decimalStep(rough / scale, factors);
    return (step >= 1000 ? 1024 : step) * scale;
  }
  if (unit === 'seconds' && isLong(max)) {
    const step = AGE_STEPS.find((candidate) => candidate >= rough - 1e-9);
    if (step !== undefined) return step;
    return decimalStep(rough / 86400, factors) * 86400;
  }
  return decimalStep(rough, factors);
}

function decimalStep(rough: number, factors: readonly number[]): number {
  const power = 10 ** Math.floor(Math.log10(rough) + 1e-9);
  for (const factor of factors) if (factor * power >= rough * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

/** Seconds from two minutes on read better as `1h30m`. */
function isLong(seconds: number): boolean {
  return seconds >= 120;
}

/**
 * Labels that would need more decimals than this take the prefix of the step: 950, 960 and not
 * 0.95k, 0.96k; but 1.25 GiB, since steps of GiB are not round in MiB.
 */
function decimalsMax(unit: Unit): number {
  return unit === 'bytes' || unit === 'bytes/s' ? 3 : 1;
}

interface Prefix {
  readonly scale: number;
  readonly suffix: string;
}

function labeller(values: readonly number[], step: number, unit: Unit): (value: number) => string {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (unit === 'seconds' && isLong(largest)) {
    return (value) => `${value < 0 ? '-' : ''}${formatAge(Math.abs(value))}`;
  }
  const prefix = prefixOf(largest, unit);
  const isCrowded = decimalsOf(step / prefix.scale) > decimalsMax(unit);
  const { scale, suffix } = prefix.scale > 1 && isCrowded ? prefixOf(step, unit) : prefix;
  const decimals = decimalsOf(step / scale);
  return (value) => {
    // Adding zero turns -0 into 0.
    const text = (Math.round((value / scale) * 10 ** decimals) / 10 ** decimals + 0).toFixed(
      decimals,
    );
    return value === 0 && unit !== 'percent' && unit !== 'ratio' ? '0' : `${text}${suffix}`;
  };
}

const SI: readonly Prefix[] = [
  { scale: 1e18, suffix: 'E' },
  { scale: 1e15, suffix: 'P' },
  { scale: 1e12, suffix: 'T' },
  { scale: 1e9, suffix: 'G' },
  { scale: 1e6, suffix: 'M' },
  { scale: 1e3, suffix: 'k' },
  { scale: 1, suffix: '' },
];
const SI_BELOW_ONE: readonly Prefix[] = [
  { scale: 1, suffix: '' },
  { scale: 1e-3, suffix: 'm' },
  { scale: 1e-6, suffix: 'µ' },
  { scale: 1e-9, suffix: 'n' },
];
const IEC: readonly Prefix[] = ['E', 'P', 'T', 'G', 'M', 'K'].map((letter, i) => ({
  scale: 1024 ** (6 - i),
  suffix: ` ${letter}iB`,
}));

function prefixOf(largest: number, unit: Unit): Prefix {
  switch (unit) {
    case 'percent':
      return { scale: 1, suffix: '%' };
    case 'ratio':
      return { scale: 0.01, suffix: '%' };
    case 'bytes':
    case 'bytes/s': {
      const { scale, suffix } = largestWithin(IEC, largest) ?? { scale: 1, suffix: ' B' };
      return { scale, suffix: unit === 'bytes' ? suffix : `${suffix}/s` };
    }
    case 'seconds': {
      const { scale, suffix } = largestWithin(SI_BELOW_ONE, largest) ?? SI_NANO;
      return { scale, suffix: ` ${suffix}s` };
    }
    case '1/s':
    case 'none': {
      const prefixes = largest < 0.001 ? SI_BELOW_ONE : SI;
      const { scale, suffix } = largestWithin(prefixes, largest) ?? { scale: 1, suffix: '' };
      return { scale, suffix: unit === '1/s' ? `${suffix}/s` : suffix };
    }
  }
}

const SI_NANO: Prefix = { scale: 1e-9, suffix: 'n' };

function largestWithin(prefixes: readonly Prefix[], largest: number): Prefix | undefined {
  return prefixes.find(({ scale }) => largest >= scale * (1 - 1e-9));
}

/** Decimals that tell multiples of `step` apart. */
function decimalsOf(step: number): number {
  for (let decimals = 0; decimals < DECIMALS_MAX; decimals++) {
    const shifted = step * 10 ** decimals;
    if (Math.abs(shifted - Math.round(shifted)) < 1e-6 * shifted) return decimals;
  }
  return DECIMALS_MAX;
}
