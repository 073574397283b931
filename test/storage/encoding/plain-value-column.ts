/**
 * Reads value columns the plain way, number by number as docs/formats/columns.md says it: what the
 * kernel is compared with.
 */
import { bitsOf } from '@mon/storage/model/sample';

const CLASSES = 128;
const STATE_MIN = 2 ** 16;
const STATES = 4;

class Source {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new Error('the bytes end early');
    return byte;
  }

  number(size: number): bigint {
    let n = 0n;
    for (let i = 0; i < size; i++) n |= BigInt(this.byte()) << BigInt(8 * i);
    return n;
  }

  varint(): bigint {
    let n = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte();
      n |= BigInt(byte & 127) << shift;
      if (byte < 128) return n;
    }
  }

  signed(): bigint {
    const n = this.varint();
    return n & 1n ? -(n >> 1n) - 1n : n >> 1n;
  }

  /**
   * Numbers of given widths, lowest bit first.
   *
   * @param tail the last 8 bytes, where these are elsewhere
   */
  bits(widths: readonly number[], tail?: bigint): bigint[] {
    const size = Math.ceil(widths.reduce((sum, width) => sum + width, 0) / 8);
    const stored = tail === undefined ? size : Math.max(0, size - 8);
    let held = 0n;
    for (let i = 0; i < stored; i++) held |= BigInt(this.byte()) << BigInt(8 * i);
    if (tail !== undefined) held |= tail << BigInt(8 * stored);
    return widths.map((width) => {
      const bits = held & ((1n << BigInt(width)) - 1n);
      held >>= BigInt(width);
      return bits;
    });
  }
}

const weightOf = (code: number) => (code < 2 ? code : (2 + (code & 1)) * 2 ** ((code >> 1) - 1));
const openBits = (cls: number) => (cls < 4 ? 0 : (cls >> 1) - 1);
const smallestOf = (cls: number) =>
  cls < 2 ? BigInt(cls) : BigInt(2 + (cls & 1)) << BigInt((cls >> 1) - 1);

/** [128] how many of 1024 states each class has. */
function readFrequencies(source: Source, lowest: number, classes: number): number[] {
  const codes: number[] = [];
  for (let i = 0; i < classes; i += 2) {
    const pair = source.byte();
    codes.push(pair & 15, pair >> 4);
  }
  codes.length = classes;
  const sum = codes.reduce((total, code) => total + weightOf(code), 0);
  const shares = codes.map((code) =>
    code === 0 ? 0 : Math.max(1, Math.floor((1024 * weightOf(code)) / sum)),
  );
  const heaviest = codes.indexOf(Math.max(...codes));
  const left = 1024 - shares.reduce((total, share) => total + share, 0);
  shares[heaviest] = (shares[heaviest] as number) + left;
  const frequencies = new Array<number>(CLASSES).fill(0);
  shares.forEach((share, i) => {
    frequencies[lowest + i] = share;
  });
  return frequencies;
}

interface Classes {
  readonly classes: readonly number[];
  /** Bits that the states end with. */
  readonly tail: bigint | undefined;
}

function readClasses(source: Source, count: number): Classes {
  const lowest = source.byte();
  const classes = source.byte() + 1;
  if (classes === 1) {
    return { classes: new Array<number>(count).fill(lowest), tail: undefined };
  }
  const frequencies = readFrequencies(source, lowest, classes);
  const words = Number(source.varint());
  const states = Array.from({ length: STATES }, () => Number(source.number(4)));
  const wordsFrom = source.at;
  const found = Array.from({ length: count }, (_, i) => {
    const state = states[i % STATES] as number;
    const slot = state % 1024;
    let cls = 0;
    let start = 0;
    while (start + (frequencies[cls] as number) <= slot) start += frequencies[cls++] as number;
    let next = (frequencies[cls] as number) * Math.floor(state / 1024) + slot - start;
    if (next < STATE_MIN) next = next * 2 ** 16 + Number(source.number(2));
    states[i % STATES] = next;
    return cls;
  });
  if (source.at !== wordsFrom + 2 * words) throw new Error('another number of words');
  const tail = states.reduce(
    (bits, state, i) => bits | (BigInt(state - STATE_MIN) << BigInt(16 * i)),
    0n,
  );
  return { classes: found, tail };
}

function readRests(source: Source, count: number, head: number): bigint[] {
  if ((head & 4) === 0) {
    const width = source.byte();
    return source.bits(new Array<number>(count).fill(width));
  }
  const isSigned = (head & 2) !== 0;
  const { classes, tail } = readClasses(source, count);
  const widths = classes.map((cls) => openBits(cls) + (isSigned && cls > 0 ? 1 : 0));
  return source.bits(widths, tail).map((bits, i) => {
    const cls = classes[i] as number;
    if (!isSigned) return smallestOf(cls) + bits;
    const magnitude = smallestOf(cls) + (bits >> 1n);
    return cls > 0 && bits & 1n ? -magnitude : magnitude;
  });
}

function readIntegers(source: Source, count: number, isPattern: boolean): bigint[] {
  const first = source.signed();
  if (count === 1) return [first];
  const head = source.byte();
  let divisor = head & 8 ? source.varint() : 1n;
  if (isPattern) divisor = head & 8 ? 1n << divisor : 1n;
  const base = source.signed();
  let before = first;
  const rests = readRests(source, count - 1, head);
  return [
    first,
    ...rests.map((rest) => {
      const integer = BigInt.asIntN(64, (head & 1 ? first : before) + divisor * (base + rest));
      before = integer;
      return integer;
    }),
  ];
}

/** Values of the column, and how many bytes it took. */
export function readPlainly(
  bytes: Uint8Array,
  count: number,
  before?: Float64Array,
): { readonly values: Float64Array; readonly size: number } {
  const source = new Source(bytes);
  const values = new Float64Array(count);
  const patterns = new BigUint64Array(values.buffer);
  const type = source.byte();
  if (type === 1) {
    patterns.fill(source.number(8));
  } else if (type === 3) {
    readIntegers(source, count, true).forEach((n, i) => {
      patterns[i] = BigInt.asUintN(64, n < 0n ? n ^ 0x7fff_ffff_ffff_ffffn : n);
    });
  } else {
    const head = source.byte();
    const power = Number(`1e${head & 31}`);
    const misfits: [number, bigint][] = [];
    let next = 0;
    for (let left = head & 64 ? source.varint() : 0n; left > 0n; left--) {
      next += Number(source.varint());
      misfits.push([next++, source.number(8)]);
    }
    readIntegers(source, count, false).forEach((n, i) => {
      const other = head & 32 ? referenceInteger(before?.[i] as number, power) : 0n;
      values[i] = Number(n + other) / power;
    });
    for (const [i, bits] of misfits) patterns[i] = bits;
  }
  return { values, size: source.at };
}

/** Nearest integer, the even one of two; 0 where there is none below 2^51. */
function referenceInteger(value: number, power: number): bigint {
  const scaled = value * power;
  if (!(Math.abs(scaled) < 2 ** 51 + 1)) return 0n;
  const low = Math.floor(scaled);
  const isUp = scaled - low > 0.5 || (scaled - low === 0.5 && low % 2 !== 0);
  const nearest = isUp ? low + 1 : low;
  return Math.abs(nearest) < 2 ** 51 ? BigInt(nearest) : 0n;
}

export const bitText = (values: Float64Array): string =>
  Buffer.from(bitsOf(values).slice().buffer).toString('hex');
