import type { BlockSelection } from '@mon/storage/block/block-selection';
import type { BlockSeries } from '@mon/storage/block/block-series';
import { labelValue } from '@mon/storage/model/labels';
import type { Matcher, MatcherKind } from '@mon/storage/model/matcher';
import { tenantId } from '@mon/storage/model/tenant';
import t from 'tap';
import { type Random, seededRandom } from '../encoding/seeded-random.ts';
import {
  collect,
  everything,
  labelTexts,
  naive,
  openedBlock,
  START_MS,
  seriesOf,
  times,
} from './block-fixture.ts';

const NAMES = ['a', 'b', 'c', 'many', 'rare', 'never', '__name__'];
const TENANTS = ['default', 'big', 'small'];

/** Label sets at random, with labels missing, of few values and of many. */
function randomLabelSets(random: Random, count: number): BlockSeries[] {
  const seen = new Map<string, BlockSeries>();
  for (let i = 0; i < count; i++) {
    const record: Record<string, string> = { __name__: random.pick(['cpu', 'mem', 'disk_io', '']) };
    if (random.next() < 0.8) record['a'] = random.pick(['x', 'y', 'z', 'xx', 'x|y', '']);
    if (random.next() < 0.5) record['b'] = `${random.below(20)}`;
    if (random.next() < 0.3) record['c'] = random.pick(['prod-1', 'prod-2', 'test\n1', 'Prod']);
    if (random.next() < 0.9) record['many'] = `value_${random.below(900)}`;
    if (random.next() < 0.01) record['rare'] = 'yes';
    const tenant = tenantId(random.next() < 0.9 ? 'big' : random.pick(TENANTS));
    const from = START_MS + random.below(40) * 600_000;
    const series = seriesOf(record, times(from, 1 + random.below(20)), () => i, tenant);
    seen.set(`${tenant} ${series.labels.join('\0')}`, series);
  }
  return [...seen.values()];
}

function randomMatcher(random: Random): Matcher {
  const kind = random.pick<MatcherKind>(['=', '!=', '=~', '!~']);
  const name = random.pick(NAMES);
  const literals = ['x', 'y', 'nothing', '', '7', 'cpu', 'prod-1', 'value_17', 'yes'];
  const patterns = [
    'x|y',
    'x|',
    '',
    '.*',
    '.+',
    'x.*',
    'prod-.*',
    'prod-[0-9]',
    '1|2|3',
    '.*1',
    'value_1.*',
    'value_1|value_2|value_3',
    '(cpu|mem)',
    'test.1',
    'x.+|',
    '[^x]',
    'nothing|never',
  ];
  const isRegex = kind === '=~' || kind === '!~';
  return { kind, name, value: random.pick(isRegex ? [...patterns, ...literals] : literals) };
}

const sets = (series: readonly BlockSeries[]) => labelTexts(series.map(({ labels }) => labels));

t.test('series() equals testing each label set, for any matchers', async (t) => {
  const random = seededRandom(t);
  const series = randomLabelSets(random, 3000);
  const block = await openedBlock(t, series);
  for (let round = 0; round < 600; round++) {
    const matchers = Array.from({ length: random.below(4) }, () => randomMatcher(random));
    const selection = everything({
      matchers,
      tenant: tenantId(random.pick([...TENANTS, 'nobody'])),
      shard: { index: 0, count: random.pick([1, 1, 2]) },
    });
    const found = labelTexts(await collect(block.series(selection)));
    const expected = sets(naive(series, selection));
    if (found.join('\n') !== expected.join('\n')) {
      t.fail(`${JSON.stringify(matchers)}: ${found.length} series, not ${expected.length}`);
    }
  }
  t.pass('600 selections');
});

t.test('labelNames() and labelValues() equal those of the selected series', async (t) => {
  const random = seededRandom(t);
  const series = randomLabelSets(random, 1500);
  const block = await openedBlock(t, series);
  const namesOf = (list: readonly BlockSeries[]) =>
    [...new Set(list.flatMap(({ labels }) => labels.filter((_, i) => i % 2 === 0)))].sort();
  const valuesOf = (list: readonly BlockSeries[], name: string) => {
    const values = list.map(({ labels }) => labelValue(labels, name));
    return [...new Set(values)].filter((value) => value !== '').sort();
  };
  for (let round = 0; round < 100; round++) {
    const selection: BlockSelection = everything({
      matchers: random.next() < 0.3 ? [] : [randomMatcher(random)],
      tenant: tenantId(random.pick([...TENANTS, 'nobody'])),
    });
    const matching = naive(series, selection);
    t.same(await block.labelNames(selection), namesOf(matching), JSON.stringify(selection));
    for (const name of NAMES) {
      const found = await block.labelValues(name, selection);
      t.same(found, valuesOf(matching, name), `${name} of ${JSON.stringify(selection)}`);
    }
  }
});

t.test('metadata of a block with one tenant comes from the catalog', async (t) => {
  const block = await openedBlock(t, [
    seriesOf({ __name__: 'up', job: 'b' }, times(START_MS, 2), () => 1),
    seriesOf({ __name__: 'up', job: 'a' }, times(START_MS, 2), () => 1),
    seriesOf({ nameless: '1' }, times(START_MS, 2), () => 1),
  ]);
  t.same(await block.labelNames(everything()), ['__name__', 'job', 'nameless']);
  t.same(await block.labelValues('job', everything()), ['a', 'b']);
  t.same(await block.labelValues('__name__', everything()), ['up']);
  t.same(await block.labelValues('none', everything()), []);
});

t.test('series() looks at the time from first to last sample', async (t) => {
  const early = seriesOf({ __name__: 'early' }, times(START_MS, 2, 1000), () => 1);
  const late = seriesOf({ __name__: 'late' }, times(START_MS + 5000, 2, 1000), () => 1);
  const block = await openedBlock(t, [early, late]);
  const names = async (startMs: number, endMs: number) =>
    (await collect(block.series(everything({ startMs, endMs })))).map((labels) => labels[1]);
  t.same(await names(START_MS, START_MS), ['early']);
  t.same(await names(START_MS + 1000, START_MS + 5000), ['early', 'late']);
  t.same(await names(START_MS + 1001, START_MS + 4999), []);
  t.same(await names(START_MS + 6000, START_MS + 9000), ['late']);
  t.same(await block.labelValues('__name__', everything({ endMs: START_MS })), ['early']);
});

t.test('a bad regular expression is an error of the query', async (t) => {
  const series = [seriesOf({ __name__: 'up', a: 'x' }, times(START_MS, 2), () => 1)];
  const block = await openedBlock(t, series);
  for (const name of ['a', '__name__']) {
    const matchers: Matcher[] = [{ kind: '=~', name, value: '(' }];
    await t.rejects(collect(block.series(everything({ matchers }))), { code: 'bad-regex' });
  }
});
