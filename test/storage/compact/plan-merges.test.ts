import { DAY_MS, HOUR_MS, planNextMerge, SOURCES_MAX } from '@mon/storage/compact/plan-merges';
import { planRetention } from '@mon/storage/compact/plan-retention';
import type { ManifestEntry } from '@mon/storage/manifest/manifest-entry';
import t, { type Test } from 'tap';
import { type Random, seededRandom } from '../encoding/seeded-random.ts';

const START_MS = Date.UTC(2026, 0, 5);
const CUT_MS = HOUR_MS / 2;

/** A block as the samples (time, generation) it holds: enough to carry merges out. */
interface ModelBlock {
  readonly entry: ManifestEntry;
  readonly samples: readonly (readonly [timeMs: number, generation: number])[];
}

class Model {
  blocks: ModelBlock[] = [];
  #lastId = 0;
  #lastGeneration = 0;

  cut(timesMs: readonly number[]): void {
    const generation = ++this.#lastGeneration;
    this.#add(timesMs.map((timeMs) => [timeMs, generation] as const));
  }

  #add(samples: ModelBlock['samples'], generations = samples.map(([, generation]) => generation)) {
    const id = String(++this.#lastId).padStart(8, '0');
    const timesMs = samples.map(([timeMs]) => timeMs);
    const entry: ManifestEntry = {
      id,
      tier: 'raw',
      minTimeMs: Math.min(...timesMs),
      maxTimeMs: Math.max(...timesMs),
      series: 1,
      samples: samples.length,
      bytes: 1000 * samples.length,
      generations: { min: Math.min(...generations), max: Math.max(...generations) },
    };
    this.blocks.push({ entry, samples });
  }

  get entries(): ManifestEntry[] {
    return this.blocks.map(({ entry }) => entry);
  }

  /** Merges until nothing is planned; returns how many merges that took. */
  settle(t: Test, until: 'usual' | 'days' = 'usual'): number {
    for (let merges = 0; merges < 1000; merges++) {
      const merge = planNextMerge(this.entries, until);
      if (merge === undefined) return merges;
      const sources = this.blocks.filter(({ entry }) => merge.sources.includes(entry.id));
      if (sources.length !== merge.sources.length) t.fail('sources that are not there');
      this.blocks = this.blocks.filter((block) => !sources.includes(block));
      const windowOf = (timeMs: number) => Math.floor(timeMs / merge.windowMs);
      const windows = new Set(
        sources.flatMap((s) => s.samples.map(([timeMs]) => windowOf(timeMs))),
      );
      for (const window of windows) {
        const parts = sources.filter((s) =>
          s.samples.some(([timeMs]) => windowOf(timeMs) === window),
        );
        const samples = parts.flatMap((s) => s.samples).filter(([at]) => windowOf(at) === window);
        const generations = parts.flatMap(({ entry }) => Object.values(entry.generations));
        this.#add(samples, generations);
      }
      this.#checkOrder(t);
    }
    throw new Error('merging does not end');
  }

  /** Blocks that overlap in time have disjoint ranges of generations. */
  #checkOrder(t: Test): void {
    const overlaps = (a: number, b: number, c: number, d: number) => a <= d && c <= b;
    for (const a of this.entries) {
      for (const b of this.entries) {
        if (a.id >= b.id || !overlaps(a.minTimeMs, a.maxTimeMs, b.minTimeMs, b.maxTimeMs)) continue;
        const [g, h] = [a.generations, b.generations];
        if (overlaps(g.min, g.max, h.min, h.max)) {
          t.fail(`blocks ${a.id} and ${b.id}: generations ${g.min}-${g.max}, ${h.min}-${h.max}`);
        }
      }
    }
  }
}

/** The times of a cut that ends at `endMs`: a sample a minute, the first a little early. */
const cutTimes = (endMs: number) =>
  Array.from({ length: 31 }, (_, i) => endMs - CUT_MS - 5000 + i * 60_000);

const isOneDay = ({ minTimeMs, maxTimeMs }: ManifestEntry) =>
  Math.floor(minTimeMs / DAY_MS) === Math.floor(maxTimeMs / DAY_MS);

t.test('planNextMerge() makes 2 hours of 30 minutes, and days of these', async (t) => {
  const model = new Model();
  let merges = 0;
  // Cuts do not fall on full hours, so that some lie across windows.
  for (let cut = 1; cut <= 3 * 48; cut++) {
    model.cut(cutTimes(START_MS + 12 * 60_000 + cut * CUT_MS));
    merges += model.settle(t);
    t.ok(model.blocks.length <= 3 + 12 + 6, `${model.blocks.length} blocks after ${cut} cuts`);
  }
  const days = model.entries.filter((entry) => entry.maxTimeMs - entry.minTimeMs > 20 * HOUR_MS);
  t.equal(days.length, 3);
  t.ok(days.every(isOneDay), 'days are cut at UTC');
  t.ok(merges < 60, `${merges} merges`);
});

t.test('planNextMerge() until days leaves one block a day', async (t) => {
  const model = new Model();
  for (let cut = 1; cut <= 60; cut++) model.cut(cutTimes(START_MS + cut * CUT_MS));
  model.cut(Array.from({ length: 300 }, (_, i) => START_MS - i * 5 * HOUR_MS));
  model.settle(t, 'days');
  const days = model.entries.map(({ minTimeMs }) => Math.floor(minTimeMs / DAY_MS));
  t.equal(new Set(days).size, days.length);
  t.ok(model.entries.every(isOneDay));
  t.equal(planNextMerge(model.entries, 'days'), undefined);
});

t.test('planNextMerge() until days leaves alone what is a day already', async (t) => {
  const model = new Model();
  model.cut([START_MS, START_MS + HOUR_MS]);
  model.cut([START_MS + DAY_MS, START_MS + DAY_MS + HOUR_MS]);
  t.equal(planNextMerge(model.entries, 'days'), undefined);
  model.cut([START_MS + DAY_MS + 5]);
  t.same(planNextMerge(model.entries, 'days')?.sources, ['00000002', '00000003']);
});

t.test('planNextMerge() cuts a backfill by day before it merges it', async (t) => {
  const model = new Model();
  model.cut(cutTimes(START_MS + CUT_MS));
  model.cut(Array.from({ length: 400 }, (_, i) => START_MS - i * HOUR_MS));
  t.same(planNextMerge(model.entries), { sources: ['00000002'], windowMs: DAY_MS });
  model.settle(t);
  t.ok(model.entries.every(isOneDay));
});

t.test('planNextMerge() does not rewrite a day for every late sample', async (t) => {
  const model = new Model();
  for (let cut = 1; cut <= 3 * 48; cut++) {
    const late = cut > 96 ? [START_MS + cut * 1000] : [];
    model.cut([...cutTimes(START_MS + cut * CUT_MS), ...late]);
    const [day] = model.entries.filter((entry) => entry.samples > 1000);
    model.settle(t);
    if (cut > 100 && day) t.ok(model.entries.includes(day), `the first day stays at cut ${cut}`);
    t.ok(model.blocks.length < 60, `${model.blocks.length} blocks`);
  }
});

t.test('planNextMerge() merges many blocks of one range even while it lasts', async (t) => {
  const model = new Model();
  for (let cut = 0; cut < 40; cut++)
    model.cut([START_MS + cut * 1000, START_MS + cut * 1000 + 500]);
  model.settle(t);
  t.ok(model.blocks.length < 8, `${model.blocks.length} blocks`);
});

t.test('planNextMerge() opens a bounded number at once', async (t) => {
  const model = new Model();
  for (let cut = 0; cut < 3 * SOURCES_MAX; cut++) model.cut([START_MS + cut, START_MS + HOUR_MS]);
  t.equal(planNextMerge(model.entries, 'days')?.sources.length, SOURCES_MAX);
  model.settle(t, 'days');
  t.equal(model.blocks.length, 1);
});

function randomTimes(random: Random, nowMs: number): number[] {
  const times = cutTimes(nowMs).filter(() => random.next() < 0.5);
  const kind = random.next();
  if (kind < 0.3) times.push(nowMs - random.below(2 * DAY_MS));
  if (kind < 0.1) for (let i = 0; i < 50; i++) times.push(nowMs - i * random.below(12 * HOUR_MS));
  if (kind > 0.95) return times.map((timeMs) => timeMs - random.below(40 * DAY_MS));
  return times.length > 0 ? times : [nowMs];
}

t.test('planNextMerge() keeps the order of generations, ends and bounds blocks', async (t) => {
  const random = seededRandom(t);
  for (let round = 0; round < 10; round++) {
    const model = new Model();
    let nowMs = START_MS;
    for (let cut = 0; cut < 120; cut++) {
      nowMs += random.below(2 * CUT_MS);
      model.cut(randomTimes(random, nowMs));
      if (random.next() < 0.7) model.settle(t, random.next() < 0.05 ? 'days' : 'usual');
    }
    model.settle(t);
    const days = new Set(model.entries.map(({ minTimeMs }) => Math.floor(minTimeMs / DAY_MS))).size;
    t.ok(model.blocks.length <= 3 * days + 24, `${model.blocks.length} blocks for ${days} days`);
    model.settle(t, 'days');
    t.ok(model.entries.every(isOneDay));
  }
});

t.test('planRetention() lists what ended before the retention', async (t) => {
  const model = new Model();
  model.cut([START_MS, START_MS + 5]);
  model.cut([START_MS + 6, START_MS + DAY_MS]);
  const plan = (nowMs: number, retentionMs: number | undefined) =>
    planRetention(model.entries, { nowMs, retentionMs });
  t.same(plan(START_MS + DAY_MS + 5, DAY_MS), []);
  t.same(plan(START_MS + DAY_MS + 6, DAY_MS), ['00000001']);
  t.same(plan(START_MS + 900 * DAY_MS, DAY_MS), ['00000001', '00000002']);
  t.same(plan(START_MS + 900 * DAY_MS, undefined), []);
});
