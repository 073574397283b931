import { SeriesRounds } from '@mon/agent/scrape/series-rounds';
import type { SampleColumns } from '@mon/storage/model/appender';
import { labelsFromRecord, labelValue } from '@mon/storage/model/labels';
import { bitsOf, isStaleAt } from '@mon/storage/model/sample';
import t from 'tap';

const series = (name: string) => labelsFromRecord({ __name__: name });

/** `name value timestamp` of each sample, `stale` for markers. */
function lines({ labels, values, timestampsMs }: SampleColumns): string[] {
  const bits = bitsOf(values);
  return labels.map((set, i) => {
    const value = isStaleAt(bits, i) ? 'stale' : values[i];
    return `${labelValue(set, '__name__')} ${value} ${timestampsMs[i]}`;
  });
}

t.test('SeriesRounds ends series that vanish and frees their ids', async (t) => {
  const rounds = new SeriesRounds();
  rounds.begin(1000);
  const a = rounds.add(series('a'));
  const b = rounds.add(series('b'));
  rounds.put(a, 1);
  rounds.put(b, Number.NaN);
  t.equal(rounds.added, 2);
  t.strictSame(lines(rounds.finish().columns), ['a 1 1000', 'b NaN 1000']);
  rounds.begin(2000);
  rounds.put(b, 3);
  const second = rounds.finish();
  t.strictSame(lines(second.columns), ['b 3 2000', 'a stale 2000']);
  t.strictSame(second.freed, [a]);
  rounds.begin(3000);
  t.equal(rounds.add(series('c')), a, 'the id is given out again');
});

t.test('SeriesRounds counts dropped and repeated samples and keeps neither', async (t) => {
  const rounds = new SeriesRounds();
  rounds.begin(1000);
  const a = rounds.add(series('a'));
  const dropped = rounds.add(undefined);
  rounds.put(a, 1);
  rounds.put(a, 2);
  rounds.put(dropped, 3);
  t.strictSame([rounds.scraped, rounds.kept, rounds.added, rounds.duplicates], [3, 2, 1, 1]);
  t.strictSame(lines(rounds.finish().columns), ['a 1 1000']);
  rounds.begin(2000);
  t.strictSame(lines(rounds.finish().columns), ['a stale 2000'], 'no marker for the dropped one');
});

t.test('SeriesRounds gives no markers to series with timestamps of their own', async (t) => {
  const rounds = new SeriesRounds();
  rounds.begin(1000);
  const a = rounds.add(series('a'));
  rounds.put(a, 1, 10);
  rounds.put(a, 2, 20);
  t.strictSame(lines(rounds.finish().columns), ['a 1 10', 'a 2 20']);
  rounds.begin(2000);
  const { columns, freed } = rounds.finish();
  t.strictSame(lines(columns), []);
  t.strictSame(freed, [a]);
});

t.test(
  'SeriesRounds ends everything once when rounds fail, and knows what comes back',
  async (t) => {
    const rounds = new SeriesRounds();
    rounds.begin(1000);
    const a = rounds.add(series('a'));
    const b = rounds.add(series('b'));
    rounds.put(a, 1);
    rounds.put(b, 1);
    rounds.finish();
    rounds.begin(2000);
    rounds.put(a, 2);
    const reports = [[series('up'), 0]] as const;
    t.strictSame(lines(rounds.fail(reports)), ['up 0 2000', 'a stale 2000', 'b stale 2000']);
    rounds.begin(3000);
    t.strictSame(lines(rounds.fail(reports)), ['up 0 3000']);
    rounds.begin(4000);
    rounds.put(a, 4);
    t.equal(rounds.added, 0);
    const { columns, freed } = rounds.finish();
    t.strictSame(lines(columns), ['a 4 4000']);
    t.strictSame(freed, [b], 'forgotten without a second marker');
  },
);

t.test('SeriesRounds.end() marks all that is there and the reports', async (t) => {
  const rounds = new SeriesRounds();
  rounds.begin(1000);
  rounds.put(rounds.add(series('a')), 1);
  rounds.report(series('up'), 1);
  rounds.finish();
  t.strictSame(lines(rounds.end(2000, [series('up')])), ['a stale 2000', 'up stale 2000']);
});
