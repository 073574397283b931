/**
 * The run codec in plain code: what the kernel `sample-runs` is held against. Layout and codec:
 * docs/design/0004-sample-runs.md.
 */
const FIRST_ROOM = 28;
const SLICE_ROOM = 60;
const NO_SCALE = 15;

export interface PlainSample {
  readonly ms: number;
  readonly bits: bigint;
}

const view = new DataView(new ArrayBuffer(8));

export function bitsOf(value: number): bigint {
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}

export function doubleOf(bits: bigint): number {
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}

/** To the nearest whole number, halves to the even one. */
function nearest(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

function hasDecimals(bits: bigint, scale: number): boolean {
  if (scale === NO_SCALE) return false;
  const number = nearest(doubleOf(bits) * 10 ** scale);
  if (!(Math.abs(number) < 2 ** 50) || bitsOf(number / 10 ** scale) !== bits) return false;
  return number !== 0 || bits === 0n;
}

function numberOf(bits: bigint, scale: number): number {
  const number = nearest(doubleOf(bits) * 10 ** scale);
  return Math.abs(number) < 2 ** 50 ? number : 0;
}

function scaleFor(bits: bigint, before: number): number {
  const tried = before === NO_SCALE ? [3, 0] : [1, 2, 3, 4, 5, 6].filter((s) => s > before);
  return tried.find((scale) => hasDecimals(bits, scale)) ?? NO_SCALE;
}

function littleEndian(word: bigint, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => Number((word >> BigInt(8 * i)) & 255n));
}

function bytesOf(word: bigint): number {
  return Math.ceil(word.toString(2).length / 8) * (word === 0n ? 0 : 1);
}

function zigzag(value: bigint): bigint {
  return value < 0n ? -2n * value - 1n : 2n * value;
}

/** The slices of a run, as many bytes of each as are used. */
export function encodeRun(samples: readonly PlainSample[]): Uint8Array[] {
  const slices: number[][] = [[]];
  let [lastMs, delta, last, scale] = [0, 0, 0n, 0];
  samples.forEach(({ ms, bits }, i) => {
    let kind = 0;
    let tail: number[] = [];
    let isRescaled = false;
    if (bits !== last) {
      const before = scale;
      const isNumber = Number.isFinite(doubleOf(bits));
      if (isNumber && !hasDecimals(bits, scale)) {
        scale = scaleFor(bits, scale);
        isRescaled = scale !== NO_SCALE;
      }
      let word = 0n;
      let bytes = 9;
      if (hasDecimals(bits, scale)) {
        const number = nearest(doubleOf(bits) * 10 ** scale);
        word = zigzag(BigInt(number - numberOf(last, scale)));
        bytes = Math.max(1, bytesOf(word));
      }
      if (bytes <= 6) {
        const isTiny = word >= 1n && word <= 4n;
        kind = isTiny ? 10 + Number(word) : bytes;
        tail = isTiny ? [] : littleEndian(word, bytes);
      } else {
        if (isRescaled) scale = before;
        isRescaled = false;
        bytes = Math.max(5, bytesOf(bits ^ last));
        kind = 15 - bytes;
        tail = littleEndian(bits ^ last, bytes);
      }
    }
    const step = ms - lastMs - delta;
    const isNear = step >= -7 && step <= 6;
    const head = ((isNear ? step + 8 : 15) << 4) | (isRescaled ? 15 : kind);
    const steps = isNear ? [] : varint(zigzag(BigInt(step)));
    const sample = [head, ...steps, ...(isRescaled ? [(kind << 4) | scale] : []), ...tail];
    const room = slices.length === 1 ? FIRST_ROOM : SLICE_ROOM;
    if ((slices.at(-1) as number[]).length + sample.length > room) slices.push([]);
    slices.at(-1)?.push(...sample);
    delta = i > 0 && ms - lastMs < 2 ** 27 ? ms - lastMs : 0;
    lastMs = ms;
    last = bits;
  });
  return slices.map((slice) => Uint8Array.from(slice));
}

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}
