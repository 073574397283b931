import { Engine } from '@mon/server/promql/engine';
import { SAMPLES_AT_ONCE, stepParts } from '@mon/server/promql/exec/window-table';
import type { Clock } from '@mon/storage/model/clock';
import { labelsFromRecord } from '@mon/storage/model/labels';
import { MemoryQueryable } from '@mon/storage/model/memory-queryable';
import { DEFAULT_TENANT } from '@mon/storage/model/tenant';
import t from 'tap';

const SAMPLES = 6000;
const STEPS = 2000;

/** A counter and nothing else, a sample a second. */
function counting(): MemoryQueryable {
  const memory = new MemoryQueryable();
  memory.add(DEFAULT_TENANT, {
    labels: [labelsFromRecord({ __name__: 'v_total' })],
    sampleOffsets: Uint32Array.of(0, SAMPLES),
    timestampsMs: Float64Array.from({ length: SAMPLES }, (_, i) => i * 1000),
    values: Float64Array.from({ length: SAMPLES }, (_, i) => i),
  });
  return memory;
}

t.test('windows of millions of samples are looked at in parts, with the same answer', async (t) => {
  let looks = 0;
  const clock: Clock = {
    nowMs() {
      looks++;
      return looks;
    },
    after: () => () => undefined,
  };
  const engine = new Engine({ queryable: counting(), clock });
  const startMs = (SAMPLES - STEPS) * 1000;
  const ask = async (query: string) => {
    const endMs = (SAMPLES - 1) * 1000;
    const range = { tenant: DEFAULT_TENANT, startMs, endMs, stepMs: 1000 };
    const { result } = await engine.range({ ...range, query });
    if (result.kind !== 'matrix') throw new Error(`answered ${result.kind}`);
    return result.values;
  };
  const parts = (3600 * STEPS) / SAMPLES_AT_ONCE;
  for (const source of ['v_total[1h]', 'v_total[1h:1s]']) {
    looks = 0;
    const means = await ask(`avg_over_time(${source})`);
    t.ok(looks >= parts, `${source}: the clock was looked at ${looks} times`);
    const isRight = means.every((mean, step) => mean === SAMPLES - STEPS + step - 3599 / 2);
    t.ok(isRight, `${source}: each mean is that of its window`);
    const rates = await ask(`rate(${source})`);
    const areOne = rates.every((rate) => Math.abs(rate - 1) < 1e-9);
    t.ok(areOne, `${source}: each rate is one a second`);
  }
});

t.test('stepParts() covers every step once, each part of bounded work', async (t) => {
  const windows = Uint32Array.of(0, 10, 0, SAMPLES_AT_ONCE * 3, 5, 5, 0, SAMPLES_AT_ONCE - 1, 0, 1);
  t.same(
    [...stepParts(windows)],
    [
      { from: 0, to: 2 },
      { from: 2, to: 5 },
    ],
  );
  t.same([...stepParts(new Uint32Array(6))], [{ from: 0, to: 3 }]);
  t.same([...stepParts(new Uint32Array(0))], []);
});
