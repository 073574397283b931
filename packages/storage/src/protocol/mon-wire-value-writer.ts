/**
 * Writes values as tokens and bytes, against what the series had before.
 * Format: docs/protocol/mon-wire.md.
 */
import type { ByteWriter } from '../encoding/byte-writer.ts';
import type { WireSeriesStates } from './mon-wire-series.ts';
import {
  DIGITS_MAX,
  POWERS,
  TOKEN_RESCALED,
  TOKEN_SAME,
  TOKEN_STALE,
  TOKEN_XOR,
  UNITS_LIMIT,
} from './mon-wire-tokens.ts';

const STALE_LOW = 0x00000002;
const STALE_HIGH = 0x7ff00000;
/** A decimal of so many bytes is taken without a look at what XOR would need. */
const DECIMAL_BYTES_SURE = 4;

const words = new Uint32Array(2);
const double = new Float64Array(words.buffer);
const xorBytes = new Uint8Array(8);
const xorWords = new Uint32Array(xorBytes.buffer);

export interface ValueStreams {
  readonly tokens: ByteWriter;
  readonly bytes: ByteWriter;
}

/** Writes one value of a series, given by its words. */
export function writeValue(
  states: WireSeriesStates,
  sample: { readonly series: number; readonly low: number; readonly high: number },
  out: ValueStreams,
): void {
  const { series, low, high } = sample;
  if (low === STALE_LOW && high === STALE_HIGH) {
    out.tokens.u8(TOKEN_STALE);
    return;
  }
  const beforeLow = states.bits[2 * series] as number;
  const beforeHigh = states.bits[2 * series + 1] as number;
  if (beforeLow === low && beforeHigh === high) {
    out.tokens.u8(TOKEN_SAME);
    return;
  }
  words[0] = low;
  words[1] = high;
  const value = double[0] as number;
  const before = states.values[series] as number;
  const digits = digitsOf(value, before, states.digits[series] as number);
  const xorSize = xorBytesOf(low ^ beforeLow, high ^ beforeHigh);
  const difference = digits < 0 ? 0 : unitsOf(value, digits) - unitsOf(before, digits);
  const size = digits < 0 ? Number.POSITIVE_INFINITY : magnitudeBytes(difference);
  if (size <= DECIMAL_BYTES_SURE || size < xorSize) {
    const isKept = digits === states.digits[series] && size > 0;
    out.tokens.u8(isKept ? size : TOKEN_RESCALED + 8 * digits + size);
    writeMagnitude(difference, size, out.bytes);
    states.digits[series] = digits;
  } else {
    const zeroBytes = lowZeroBytes();
    out.tokens.u8(TOKEN_XOR + 8 * zeroBytes + xorSize - 1);
    for (let i = zeroBytes; i < zeroBytes + xorSize; i++) out.bytes.u8(xorBytes[i] as number);
  }
  states.bits[2 * series] = low;
  states.bits[2 * series + 1] = high;
}

/** Digits at which value and the one before are decimals, preferably as many as before; or -1. */
function digitsOf(value: number, before: number, preferred: number): number {
  if (isDecimal(value, before, preferred)) return preferred;
  for (let digits = 0; digits <= DIGITS_MAX; digits++) {
    if (isDecimal(value, before, digits)) return digits;
  }
  return -1;
}

/** Whether the reader, who knows `before`, computes `value` from a difference, sign of 0 included. */
function isDecimal(value: number, before: number, digits: number): boolean {
  const units = unitsOf(value, digits);
  return (
    Math.abs(units) < UNITS_LIMIT &&
    Math.abs(unitsOf(before, digits)) < UNITS_LIMIT &&
    Object.is(units / (POWERS[digits] as number), value)
  );
}

/** Added to 0: a difference of -0 and 0 must not depend on which was before. */
function unitsOf(value: number, digits: number): number {
  return Math.round(value * (POWERS[digits] as number)) + 0;
}

/** Bytes of a difference with its sign in the lowest bit. */
function magnitudeBytes(difference: number): number {
  let rest = difference < 0 ? -2 * difference - 1 : 2 * difference;
  let size = 0;
  for (; rest >= 1; rest /= 256) size++;
  return size;
}

function writeMagnitude(difference: number, size: number, out: ByteWriter): void {
  let rest = difference < 0 ? -2 * difference - 1 : 2 * difference;
  for (let i = 0; i < size; i++) {
    out.u8(rest % 256);
    rest = Math.floor(rest / 256);
  }
}

/** Fills `xorBytes`; the number of bytes between the zero bytes at both ends. */
function xorBytesOf(low: number, high: number): number {
  xorWords[0] = low;
  xorWords[1] = high;
  let top = 7;
  while (xorBytes[top] === 0) top--;
  return top + 1 - lowZeroBytes();
}

function lowZeroBytes(): number {
  let zeroBytes = 0;
  while (xorBytes[zeroBytes] === 0) zeroBytes++;
  return zeroBytes;
}
