import { compileRelabel, type RelabelText } from '@mon/agent/relabel/relabel-rule';
import { TargetSeries, type TargetSeriesRules } from '@mon/agent/scrape/target-series';
import { labelsFromRecord, withLabel } from '@mon/storage/model/labels';
import t from 'tap';
import { sampleLines } from '../sample-lines.ts';

function open(rules: Partial<TargetSeriesRules> = {}, relabel: RelabelText[] = []): TargetSeries {
  return new TargetSeries({
    targetLabels: labelsFromRecord({ job: 'j', instance: 'i' }),
    honorLabels: false,
    honorTimestamps: true,
    tracksTimestamps: false,
    metricRelabel: relabel.map(compileRelabel),
    limits: { labels: 0, nameBytes: 0, valueBytes: 0 },
    sampleLimit: 0,
    finishLabels: (labels) => labels,
    ...rules,
  });
}

const OWN = 'instance="i", job="j"';

/** A round; lines without the report series. */
function round(series: TargetSeries, timestampMs: number, body: string): string[] {
  series.begin(timestampMs);
  series.read(Buffer.from(body), 'text/plain');
  return withoutReport(sampleLines(series.finish(0.5).columns));
}

function withoutReport(lines: string[]): string[] {
  return lines.filter((line) => !/^(up|scrape_)/.test(line));
}

t.test('TargetSeries joins exposition and target labels', async (t) => {
  const series = open();
  t.strictSame(round(series, 1000, 'a{x="1"} 1\nb{job="own",instance=""} 2\n'), [
    `a{${OWN}, x="1"} 1 1000`,
    `b{exported_job="own", ${OWN}} 2 1000`,
  ]);
  const honoring = open({ honorLabels: true });
  t.strictSame(round(honoring, 1000, 'b{job="own",instance=""} 2\n'), [
    'b{instance="i", job="own"} 2 1000',
  ]);
});

t.test('TargetSeries finds free names for labels in conflict', async (t) => {
  const targetLabels = labelsFromRecord({ a: 't', exported_a: 't2' });
  const series = open({ targetLabels });
  t.strictSame(round(series, 1, 'm{a="1",exported_a="2",exported_exported_a="3"} 0\n'), [
    'm{a="t", exported_a="t2", exported_exported_a="3", exported_exported_exported_a="1", ' +
      'exported_exported_exported_exported_a="2"} 0 1',
  ]);
});

t.test('TargetSeries writes report series', async (t) => {
  const series = open({}, [{ action: 'drop', sourceLabels: ['__name__'], regex: 'no.*' }]);
  series.begin(1000);
  series.read(Buffer.from('yes 1\nno 2\nnone 3\n'), undefined);
  t.strictSame(sampleLines(series.finish(0.25).columns), [
    `yes{${OWN}} 1 1000`,
    `up{${OWN}} 1 1000`,
    `scrape_duration_seconds{${OWN}} 0.25 1000`,
    `scrape_samples_scraped{${OWN}} 3 1000`,
    `scrape_samples_post_metric_relabeling{${OWN}} 1 1000`,
    `scrape_series_added{${OWN}} 1 1000`,
  ]);
});

t.test('TargetSeries applies external labels last', async (t) => {
  const series = open({ finishLabels: (labels) => withLabel(labels, 'dc', 'eu') });
  series.begin(1);
  series.read(Buffer.from('a 1\n'), undefined);
  const lines = sampleLines(series.finish(0).columns);
  t.ok(lines.every((line) => line.includes('dc="eu"')));
});

t.test(
  'TargetSeries keeps series apart and together by their labels, round after round',
  async (t) => {
    const series = open();
    const body = (n: number) =>
      Array.from({ length: n }, (_, i) => `m{i="${i}",x="é"} ${i}\n`).join('');
    t.equal(round(series, 1, body(300)).length, 300);
    t.equal(round(series, 2, body(300)).length, 300);
    const lines = round(series, 3, body(100));
    t.equal(lines.length, 300);
    t.equal(lines.filter((line) => line.includes(' stale ')).length, 200);
    t.equal(round(series, 4, body(300)).filter((line) => / \d+ 4$/.test(line)).length, 300);
  },
);

t.test('TargetSeries takes nothing of a body that breaks off', async (t) => {
  const series = open();
  round(series, 1000, 'a 1\nb 1\n');
  series.begin(2000);
  t.throws(() => series.read(Buffer.from('a 2\nc 1\nb zwei\n'), undefined), {
    code: 'bad-exposition',
    what: /line 3, column 3/,
  });
  const outcome = series.fail(0);
  const lines = sampleLines(outcome.columns);
  t.strictSame(withoutReport(lines), [`a{${OWN}} stale 2000`, `b{${OWN}} stale 2000`]);
  t.ok(lines.includes(`up{${OWN}} 0 2000`));
  t.strictSame(round(series, 3000, 'a 3\n'), [`a{${OWN}} 3 3000`]);
});

t.test('TargetSeries honors timestamps or not', async (t) => {
  t.strictSame(round(open(), 1000, 'a 1 500\n'), [`a{${OWN}} 1 500`]);
  t.strictSame(round(open({ honorTimestamps: false }), 1000, 'a 1 500\n'), [`a{${OWN}} 1 1000`]);
  const plain = open();
  round(plain, 1000, 'a 1 500\n');
  t.strictSame(round(plain, 2000, ''), [], 'no marker');
  const tracking = open({ tracksTimestamps: true });
  round(tracking, 1000, 'a 1 500\n');
  t.strictSame(round(tracking, 2000, ''), [`a{${OWN}} stale 2000`]);
});

t.test('TargetSeries leaves out a series that stands twice', async (t) => {
  const series = open();
  series.begin(1);
  series.read(Buffer.from('a{x="1"} 1\na{ x="1" } 2\na{x="1"} 3\n'), undefined);
  const outcome = series.finish(0);
  t.equal(outcome.duplicates, 1, 'written alike; what is written otherwise is seen by the server');
});

t.test('TargetSeries fails the round at a limit', async (t) => {
  const limits = { labels: 0, nameBytes: 0, valueBytes: 0 };
  const cases: [Partial<TargetSeriesRules>, string, RegExp][] = [
    [{ sampleLimit: 1 }, 'a 1\nb 1\n', /sample_limit/],
    [{ limits: { ...limits, labels: 3 } }, 'a{x="1"} 1\n', /it has 4 labels/],
    [
      { limits: { ...limits, nameBytes: 8 } },
      'a{long_name="1"} 1\n',
      /label long_name has 9 bytes/,
    ],
    [{ limits: { ...limits, valueBytes: 3 } }, 'a{x="éé"} 1\n', /value of label x has 4 bytes/],
  ];
  for (const [rules, body, why] of cases) {
    const series = open(rules);
    series.begin(1);
    t.throws(() => series.read(Buffer.from(body), undefined), { code: 'scrape-limit', why });
  }
  const series = open({ sampleLimit: 1 }, [
    { action: 'drop', sourceLabels: ['__name__'], regex: 'b' },
  ]);
  t.equal(round(series, 1, 'a 1\nb 1\n').length, 1, 'what relabeling drops does not count');
});

t.test('TargetSeries keeps metadata of the latest good body', async (t) => {
  const series = open();
  round(series, 1, '# TYPE a counter\n# HELP a All of them.\na 1\n');
  t.strictSame(series.metadata, [{ metric: 'a', type: 'counter', help: 'All of them.', unit: '' }]);
});

t.test('TargetSeries.end() ends everything', async (t) => {
  const series = open();
  round(series, 1000, 'a 1\n');
  const lines = sampleLines(series.end(2000));
  t.equal(lines.length, 6);
  t.ok(lines.every((line) => line.endsWith(' stale 2000')));
});
