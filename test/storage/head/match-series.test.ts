import { matchSeries } from '@mon/storage/head/match-series';
import { SeriesTable } from '@mon/storage/head/series-table';
import { sortSeries } from '@mon/storage/head/sort-series';
import { compareSeries } from '@mon/storage/index/series-order';
import { ShardMemory } from '@mon/storage/memory/shard-memory';
import { formatLabels, type Labels, labelsFromPairs } from '@mon/storage/model/labels';
import {
  formatMatcher,
  labelsTest,
  type Matcher,
  type MatcherKind,
} from '@mon/storage/model/matcher';
import { tenantId } from '@mon/storage/model/tenant';
import t from 'tap';
import { type Random, randomFrom } from '../random.ts';

const KEY = new Uint8Array(16).fill(7);
const TENANTS = [tenantId('a'), tenantId('b')] as const;
const NAMES = ['a', 'b', 'le', 'zone'];
const VALUES = ['', 'x', 'y', 'xy', '0.5', '10', '+Inf', 'x|y', 'ä'];
const PATTERNS = ['.*', '.+', 'x|y', 'x.*', '', '|x', '[xy]+', '(?i)X', 'x\\|y', 'z', '0\\.5|10'];

function pick<T>({ next }: Random, items: readonly T[]): T {
  return items[next(items.length)] as T;
}

function randomLabels(random: Random): Labels {
  const pairs: [string, string][] = [['__name__', pick(random, ['m', 'n', 'up', 'Ö'])]];
  for (const name of NAMES) pairs.push([name, pick(random, VALUES)]);
  return labelsFromPairs(pairs);
}

function randomMatcher(random: Random): Matcher {
  const kind = pick<MatcherKind>(random, ['=', '!=', '=~', '!~']);
  const name = pick(random, [...NAMES, '__name__', 'absent']);
  const isName = name === '__name__' && random.next(2) === 0;
  const plain = isName ? pick(random, ['m', 'n']) : pick(random, VALUES);
  return { kind, name, value: kind.includes('~') ? pick(random, PATTERNS) : plain };
}

function fill(table: SeriesTable, random: Random, count: number): Map<number, Labels> {
  const held = new Map<number, Labels>();
  for (let i = 0; i < count; i++) {
    const labels = randomLabels(random);
    held.set(table.resolve(TENANTS[0], labels), labels);
    if (random.next(3) === 0) table.resolve(TENANTS[1], randomLabels(random));
  }
  return held;
}

t.test('matchSeries() finds what testing every series finds', async (t) => {
  const random = randomFrom();
  t.comment(`seed ${random.seed}`);
  for (let round = 0; round < 20; round++) {
    const table = new SeriesTable(KEY, new ShardMemory(4096));
    const held = fill(table, random, 1 + random.next(300));
    for (let query = 0; query < 100; query++) {
      const matchers = Array.from({ length: random.next(4) }, () => randomMatcher(random));
      const test = labelsTest(matchers);
      const wanted = [...held].filter(([, labels]) => test(labels)).map(([ref]) => ref);
      const got = [...matchSeries(table, TENANTS[0], matchers)].sort((a, b) => a - b);
      wanted.sort((a, b) => a - b);
      if (JSON.stringify(got) !== JSON.stringify(wanted)) {
        t.same(got, wanted, `seed ${random.seed}: {${matchers.map(formatMatcher).join(', ')}}`);
      }
    }
  }
  t.same([...matchSeries(new SeriesTable(KEY, new ShardMemory(4096)), TENANTS[0], [])], []);
});

t.test('SeriesTable keeps identity and index right as series leave and return', async (t) => {
  const random = randomFrom();
  t.comment(`seed ${random.seed}`);
  const table = new SeriesTable(KEY, new ShardMemory(4096));
  const held = new Map<number, Labels>();
  for (let round = 0; round < 60; round++) {
    for (const [ref, labels] of fill(table, random, 40)) held.set(ref, labels);
    for (const [ref, labels] of held) {
      if (table.resolve(TENANTS[0], labels) !== ref) t.fail(`${formatLabels(labels)} moved`);
    }
    const leaving = [...held.keys()].filter(() => random.next(3) === 0);
    const stays = leaving[0];
    const steps = table.detach(leaving, (ref) => ref !== stays);
    let step = steps.next();
    while (!step.done) step = steps.next();
    table.free(step.value);
    t.same(step.value, leaving.slice(1));
    for (const ref of step.value) held.delete(ref);
    const got = [...matchSeries(table, TENANTS[0], [])].sort((a, b) => a - b);
    t.same(
      got,
      [...held.keys()].sort((a, b) => a - b),
      `seed ${random.seed}`,
    );
    for (const [ref, labels] of held) {
      if (formatLabels(table.labels(ref)) !== formatLabels(labels)) t.fail(`labels of ${ref}`);
    }
  }
});

t.test('SeriesTable gives refs and pairs back in slices while others come', async (t) => {
  const random = randomFrom();
  t.comment(`seed ${random.seed}`);
  const table = new SeriesTable(KEY, new ShardMemory(4096));
  const held = new Map<number, Labels>();
  let unique = 0;
  const add = () => {
    // Every other pair is carried by few series, so that its id is soon another's.
    const own = ['pod', `pod-${Math.floor(unique++ / 3)}`];
    const labels = [...randomLabels(random)];
    const at = labels.findIndex((name, i) => i % 2 === 0 && name > 'pod');
    labels.splice(at < 0 ? labels.length : at, 0, ...own);
    held.set(table.resolve(TENANTS[random.next(2)] as (typeof TENANTS)[0], labels), labels);
  };
  for (let i = 0; i < 2000; i++) add();
  const check = () => {
    for (const [ref, labels] of held) {
      if (formatLabels(table.labels(ref)) !== formatLabels(labels)) t.fail(`labels of ${ref}`);
    }
    const found = TENANTS.flatMap((tenant) => [...matchSeries(table, tenant, [])]);
    t.equal(new Set(found).size, held.size, `seed ${random.seed}`);
    t.equal(found.length, held.size);
  };
  for (let round = 0; round < 20; round++) {
    const leaving = [...held.keys()].filter(() => random.next(2) === 0);
    const steps = table.detach(leaving, () => true);
    let step = steps.next();
    while (!step.done) step = steps.next();
    for (const ref of leaving) held.delete(ref);
    for (let from = 0; from < leaving.length; from += 100) {
      table.free(leaving.slice(from, from + 100));
      for (let i = 0; i < 100; i++) add();
    }
    check();
  }
  const { used } = table.space;
  for (let round = 0; round < 5; round++) {
    const leaving = [...held.keys()];
    const steps = table.detach(leaving, () => true);
    let step = steps.next();
    while (!step.done) step = steps.next();
    table.free(step.value);
    t.equal(table.count, 0);
    held.clear();
    for (let i = 0; i < leaving.length; i++) add();
    check();
  }
  t.ok(table.space.used <= used * 1.2, `${used} bytes, then ${table.space.used}`);
});

t.test('sortSeries() gives the order of blocks', async (t) => {
  const random = randomFrom();
  t.comment(`seed ${random.seed}`);
  const table = new SeriesTable(KEY, new ShardMemory(4096));
  const refs = new Set<number>();
  for (let i = 0; i < 4000; i++)
    refs.add(table.resolve(pick(random, TENANTS), randomLabels(random)));
  const sorted: number[] = [];
  let pauses = 0;
  for (const ref of sortSeries(table, Uint32Array.from(refs))) {
    if (ref === undefined) pauses++;
    else sorted.push(ref);
  }
  t.equal(sorted.length, refs.size);
  t.ok(pauses >= Math.floor(refs.size / 1024));
  for (let i = 1; i < sorted.length; i++) {
    const [a, b] = [sorted[i - 1] as number, sorted[i] as number];
    const order = compareSeries(table.tenant(a), table.labels(a), table.tenant(b), table.labels(b));
    if (order >= 0)
      t.fail(`${formatLabels(table.labels(a))} before ${formatLabels(table.labels(b))}`);
  }
});
