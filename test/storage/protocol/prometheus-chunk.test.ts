/** Chunks in Prometheus's encoding, read back by a decoder written from the format. */
import { bitsOf, setStaleAt } from '@mon/storage/model/sample';
import { CHUNK_SAMPLES_MAX, encodePrometheusChunk } from '@mon/storage/protocol/prometheus-chunk';
import t from 'tap';

class Bits {
  readonly #bytes: Uint8Array;
  #at = 16;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(count: number): bigint {
    let value = 0n;
    for (let i = 0; i < count; i++, this.#at++) {
      const byte = this.#bytes[this.#at >> 3] ?? 0;
      value = (value << 1n) | BigInt((byte >> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }

  varint(): bigint {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      const byte = this.read(8);
      value |= (byte & 127n) << shift;
      if (byte < 128n) return value;
    }
  }

  /** A difference of differences; the smallest widths reach one further up than down. */
  step(): bigint {
    if (this.read(1) === 0n) return 0n;
    for (const width of [14, 17, 20]) {
      if (this.read(1) !== 0n) continue;
      const value = this.read(width);
      return value > 1n << BigInt(width - 1) ? value - (1n << BigInt(width)) : value;
    }
    return BigInt.asIntN(64, this.read(64));
  }
}

function decode(bytes: Uint8Array): { times: bigint[]; values: bigint[] } {
  const count = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  const bits = new Bits(bytes);
  const first = bits.varint();
  const times = [(first >> 1n) ^ -(first & 1n)];
  const values = [bits.read(64)];
  let delta = 0n;
  let leading = 0;
  let width = 0;
  for (let i = 1; i < count; i++) {
    delta = i === 1 ? bits.varint() : delta + bits.step();
    times.push((times[i - 1] ?? 0n) + delta);
    let xor = 0n;
    if (bits.read(1) === 1n) {
      if (bits.read(1) === 1n) {
        leading = Number(bits.read(5));
        width = Number(bits.read(6)) || 64;
      }
      xor = bits.read(width) << BigInt(64 - leading - width);
    }
    values.push((values[i - 1] ?? 0n) ^ xor);
  }
  return { times, values };
}

function roundTrip(times: number[], values: number[], staleAt: number[] = []) {
  const column = Float64Array.from(values);
  const bits = bitsOf(column);
  for (const at of staleAt) setStaleAt(bits, at);
  const bytes = encodePrometheusChunk(Float64Array.from(times), bits, {
    from: 0,
    to: times.length,
  });
  const wanted = { times: times.map(BigInt), values: [...new BigUint64Array(column.buffer)] };
  return { got: decode(bytes), wanted, bytes };
}

t.test('one sample', async (t) => {
  const { got, wanted, bytes } = roundTrip([1000], [1]);
  t.same(got, wanted);
  t.same([...bytes], [0, 1, 0xd0, 0x0f, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0]);
});

t.test('values of all kinds, bit by bit', async (t) => {
  const values = [0, -0, 1, 1, 1.5, -1.5, 1e300, 5e-324, Number.NaN, Infinity, -Infinity, 0.1, 0.3];
  const times = values.map((_, i) => 1_700_000_000_000 + i * 15_000);
  const { got, wanted } = roundTrip(times, values, [3, 7]);
  t.same(got, wanted);
});

t.test('differences of differences at the edges of their widths', async (t) => {
  for (const half of [2 ** 13, 2 ** 16, 2 ** 19]) {
    for (const step of [half - 1, half, half + 1, 1 - half, -half, -half - 1, 0]) {
      const delta = 2 ** 21;
      const times = [0, delta, 2 * delta + step, 3 * delta + 2 * step];
      const { got, wanted } = roundTrip(times, [1, 2, 3, 4]);
      t.same(got, wanted, `step ${step}`);
    }
  }
  const far = roundTrip([-(2 ** 45), 0, 1, 2 ** 45], [1, 2, 3, 4]);
  t.same(far.got, far.wanted, 'far apart');
});

t.test('random chunks', async (t) => {
  let seed = 7;
  const random = () => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return seed / 2 ** 32;
  };
  for (let round = 0; round < 50; round++) {
    const count = 1 + Math.floor(random() * CHUNK_SAMPLES_MAX);
    let time = Math.floor(random() * 2e12);
    const times = Array.from({ length: count }, () => {
      time += 1 + Math.floor(random() ** 4 * 1e6);
      return time;
    });
    const kind = round % 3;
    const values = times.map((_, i) =>
      kind === 0 ? i : kind === 1 ? random() : Math.round(random() * 9),
    );
    const { got, wanted } = roundTrip(times, values);
    t.same(got, wanted);
  }
});
