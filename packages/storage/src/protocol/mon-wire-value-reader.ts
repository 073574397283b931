/**
 * Reads values back from tokens and bytes, one run of neighbouring series at a time.
 * Format: docs/protocol/mon-wire.md.
 */
import type { ByteReader } from '../encoding/byte-reader.ts';
import { MalformedBytes } from '../encoding/malformed-bytes.ts';
import type { WireSeriesStates } from './mon-wire-series.ts';
import {
  POWERS,
  TOKEN_DECIMAL_MAX,
  TOKEN_RESCALED,
  TOKEN_SAME,
  TOKEN_STALE,
  TOKEN_XOR,
  TOKEN_XOR_END,
} from './mon-wire-tokens.ts';

const STALE_LOW = 0x00000002;
const STALE_HIGH = 0x7ff00000;

const xorBytes = new Uint8Array(8);
const xorWords = new Uint32Array(xorBytes.buffer);

/** Samples of neighbouring series: tokens[tokensAt, ...) for series `series`, `series` + 1, ... */
export interface ValueRun {
  series: number;
  count: number;
  tokensAt: number;
  /** Where the first value goes in `valueBits`. */
  to: number;
}

/**
 * Reads the values of a run.
 *
 * @param bytes at the first byte that belongs to a token of the run; left behind the last
 * @param valueBits the words of a column of doubles
 * @throws MalformedBytes
 */
export function readValues(
  states: WireSeriesStates,
  { series, count, tokensAt, to }: ValueRun,
  bytes: ByteReader,
  valueBits: Uint32Array,
): void {
  const { bits, values, digits } = states;
  const { bytes: source, end } = bytes;
  let at = bytes.at;
  for (let i = 0; i < count; i++) {
    const token = source[tokensAt + i] as number;
    const word = 2 * (series + i);
    const out = 2 * (to + i);
    if (token !== TOKEN_SAME) {
      if (token <= TOKEN_DECIMAL_MAX) {
        if (token > end - at) throw new MalformedBytes(`${token} bytes of a value are missing`);
        // The sign in the lowest bit; what most differences need is one byte or two.
        const first = source[at] as number;
        let magnitude = token === 1 ? first : first + 256 * (source[at + 1] as number);
        if (token > 2) magnitude += upperBytes(source, at, token);
        at += token;
        const power = POWERS[digits[series + i] as number] as number;
        const before = Math.round((values[series + i] as number) * power);
        const difference = (first & 1) === 0 ? magnitude / 2 : -(magnitude + 1) / 2;
        values[series + i] = (before + difference) / power;
      } else if (token === TOKEN_STALE) {
        valueBits[out] = STALE_LOW;
        valueBits[out + 1] = STALE_HIGH;
        continue;
      } else {
        bytes.at = at;
        readRare(states, series + i, token, bytes);
        at = bytes.at;
      }
    }
    valueBits[out] = bits[word] as number;
    valueBits[out + 1] = bits[word + 1] as number;
  }
  bytes.at = at;
}

/** The bytes of a magnitude above the lowest two. */
function upperBytes(source: Uint8Array, at: number, size: number): number {
  let magnitude = 0;
  let scale = 65536;
  for (let i = 2; i < size; i++) {
    magnitude += (source[at + i] as number) * scale;
    scale *= 256;
  }
  return magnitude;
}

function readRare(
  states: WireSeriesStates,
  series: number,
  token: number,
  bytes: ByteReader,
): void {
  if (token >= TOKEN_RESCALED && token < TOKEN_XOR) {
    states.digits[series] = (token - TOKEN_RESCALED) >>> 3;
    const size = token & 7;
    const at = bytes.skip(size);
    const first = size === 0 ? 0 : (bytes.bytes[at] as number);
    let magnitude = first;
    if (size > 1) magnitude += 256 * (bytes.bytes[at + 1] as number);
    if (size > 2) magnitude += upperBytes(bytes.bytes, at, size);
    const power = POWERS[states.digits[series] as number] as number;
    // 0 added: without a difference -0 becomes 0, as the writer has it.
    const before = Math.round((states.values[series] as number) * power) + 0;
    const difference = (first & 1) === 0 ? magnitude / 2 : -(magnitude + 1) / 2;
    states.values[series] = (before + difference) / power;
    return;
  }
  const zeroBytes = (token - TOKEN_XOR) >>> 3;
  const size = (token & 7) + 1;
  if (token < TOKEN_XOR || token >= TOKEN_XOR_END || zeroBytes + size > 8) {
    throw new MalformedBytes(`value token ${token} is not known`);
  }
  xorWords.fill(0);
  const at = bytes.skip(size);
  for (let i = 0; i < size; i++) xorBytes[zeroBytes + i] = bytes.bytes[at + i] as number;
  const { bits } = states;
  bits[2 * series] = (bits[2 * series] as number) ^ (xorWords[0] as number);
  bits[2 * series + 1] = (bits[2 * series + 1] as number) ^ (xorWords[1] as number);
}
