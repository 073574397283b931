/** Pieces dealt out and given back in any order. */
import { TransitSpace, UNIT_BYTES } from '@mon/storage/memory/transit-space';
import { MonError } from '@mon/storage/model/error';
import t from 'tap';
import { randomFrom } from '../random.ts';

const START = 65536;

function space(units: number): TransitSpace {
  return new TransitSpace(new SharedArrayBuffer(0), { start: START, bytes: units * UNIT_BYTES });
}

t.test('TransitSpace deals out pieces that do not overlap, and takes them back', async (t) => {
  const seed = 7;
  const random = randomFrom(seed);
  const transit = space(50);
  const held = new Map<number, number>();
  let refused = 0;
  for (let step = 0; step < 20_000; step++) {
    if (random.next(2) === 0 && held.size > 0) {
      const address = [...held.keys()][random.next(held.size)] as number;
      transit.give(address);
      held.delete(address);
      continue;
    }
    const bytes = random.next(6 * UNIT_BYTES);
    const address = transit.find(bytes);
    if (address === 0) refused++;
    else held.set(address, Math.max(1, Math.ceil(bytes / UNIT_BYTES)) * UNIT_BYTES);
    const sorted = [...held].sort(([a], [b]) => a - b);
    const isApart = sorted.every(([from, size], i) => {
      const end = START + transit.bytes;
      return from >= START && from + size <= (sorted[i + 1]?.[0] ?? end);
    });
    if (!isApart) t.fail(`pieces overlap at step ${step} of seed ${seed}`);
  }
  t.ok(refused > 0, 'it was full at times');
  for (const address of held.keys()) transit.give(address);
  t.equal(transit.bytesUsed, 0);
  t.equal(transit.take(50 * UNIT_BYTES), START, 'all of it is one piece again');
});

t.test('take() refuses with overloaded what it has no room for', async (t) => {
  const transit = space(2);
  transit.take(1);
  const refusal = (): unknown => {
    try {
      return transit.take(2 * UNIT_BYTES);
    } catch (error) {
      return error;
    }
  };
  const error = refusal();
  t.ok(error instanceof MonError && error.code === 'overloaded' && error.retryable);
  t.throws(() => transit.give(START + UNIT_BYTES), 'what was not dealt out');
});
