/**
 * What value columns cost by kind of metric: bits a value, and CPU of encoding and decoding in ns a
 * value. Buckets are encoded as in a block, as what they are above the bucket below.
 *
 *     node test/bench/columns.ts [values in a column]
 */
import { encodeColumn } from '@mon/storage/chunk/value-chain';
import { columnMemory } from '@mon/storage/encoding/column-memory';
import { sameHistogram } from '@mon/storage/index/series-order';
import { labelValue, METRIC_NAME } from '@mon/storage/model/labels';
import { hostSeries } from './host-series.ts';

const length = Number(process.argv[2] ?? 960);
const ROUNDS = 10;
const series = hostSeries(4, 4 * length, Date.UTC(2026, 0, 5));

interface Cost {
  values: number;
  bytes: number;
  encodeNs: number;
  decodeNs: number;
}

function nsOf(run: () => void): number {
  const before = process.cpuUsage();
  for (let round = 0; round < ROUNDS; round++) run();
  const { user, system } = process.cpuUsage(before);
  return (1000 * (user + system)) / ROUNDS;
}

function measure(): Map<string, Cost> {
  const costs = new Map<string, Cost>();
  const out = new Float64Array(length);
  const memory = columnMemory();
  series.forEach(({ labels, values }, i) => {
    const name = labelValue(labels, METRIC_NAME);
    const before = series[i - 1];
    const isNext = before !== undefined && sameHistogram(before.labels, labels);
    const cost = costs.get(name) ?? { values: 0, bytes: 0, encodeNs: 0, decodeNs: 0 };
    costs.set(name, cost);
    for (let from = 0; from < values.length; from += length) {
      const part = values.subarray(from, from + length);
      const reference = isNext ? before.values.subarray(from, from + length) : undefined;
      cost.encodeNs += nsOf(() => encodeColumn(part, reference));
      const { bytes } = encodeColumn(part, reference);
      if (reference !== undefined) {
        const own = encodeColumn(reference).bytes;
        memory.take(own, length);
        memory.decode(length, false);
      }
      memory.take(bytes, length);
      let isSecond = false;
      cost.decodeNs += nsOf(() => {
        // Two places take turns: what a second decoding is the difference from is not the reference,
        // which changes the values and not the work.
        memory.decode(length, reference !== undefined || isSecond);
        memory.copy({ from: 0, to: length }, out);
        isSecond = reference !== undefined;
        memory.take(bytes, length);
      });
      cost.values += length;
      cost.bytes += bytes.length;
    }
  });
  return costs;
}

measure();
const costs = measure();
const all: Cost = { values: 0, bytes: 0, encodeNs: 0, decodeNs: 0 };
for (const cost of costs.values()) {
  all.values += cost.values;
  all.bytes += cost.bytes;
  all.encodeNs += cost.encodeNs;
  all.decodeNs += cost.decodeNs;
}
console.table(
  Object.fromEntries(
    [...costs, ['all', all] as const].map(([name, { values, bytes, encodeNs, decodeNs }]) => [
      name,
      {
        'bits a value': ((8 * bytes) / values).toFixed(2),
        'encode ns': (encodeNs / values).toFixed(1),
        'decode ns': (decodeNs / values).toFixed(1),
      },
    ]),
  ),
);
