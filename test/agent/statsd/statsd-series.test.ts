import {
  StatsdSeries,
  type StatsdSeriesOptions,
  TIMER_BOUNDS,
} from '@mon/agent/statsd/statsd-series';
import { labelsFromRecord } from '@mon/storage/model/labels';
import t from 'tap';
import { sampleLines } from '../sample-lines.ts';

function open(options: Partial<StatsdSeriesOptions> = {}): StatsdSeries {
  return new StatsdSeries({
    targetLabels: labelsFromRecord({ job: 'statsd' }),
    finishLabels: (labels) => labels,
    seriesMax: 1000,
    expiryMs: 60_000,
    ...options,
  });
}

/** Takes lines that must be fine, then flushes. */
function flushed(series: StatsdSeries, nowMs: number, ...lines: string[]): string[] {
  for (const line of lines) {
    const fault = series.take(line, nowMs);
    if (fault !== undefined) throw new Error(`${line}: ${fault}`);
  }
  return sampleLines(series.flush(nowMs));
}

t.test('StatsdSeries adds counters up, sampled ones by their rate', async (t) => {
  const series = open();
  t.strictSame(flushed(series, 1, 'a.b:1|c', 'a.b:2|c|@0.1', 'a.b:1:2|c'), [
    'a_b{job="statsd"} 24 1',
  ]);
  t.strictSame(flushed(series, 2), ['a_b{job="statsd"} 24 2'], 'and keeps them');
  t.strictSame(flushed(series, 3, 'a.b:1|c'), ['a_b{job="statsd"} 25 3']);
});

t.test('StatsdSeries sets gauges, or changes them by a signed value', async (t) => {
  const series = open();
  t.strictSame(flushed(series, 1, 'g:10|g', 'g:-3|g', 'g:+1|g', 'h:-2|g'), [
    'g{job="statsd"} 8 1',
    'h{job="statsd"} -2 1',
  ]);
  t.strictSame(flushed(series, 2, 'g:5|g'), ['g{job="statsd"} 5 2', 'h{job="statsd"} -2 2']);
});

t.test('StatsdSeries counts the members of a set since the last flush', async (t) => {
  const series = open();
  t.strictSame(flushed(series, 1, 'u:a|s', 'u:b|s', 'u:a|s'), ['u{job="statsd"} 2 1']);
  t.strictSame(flushed(series, 2), ['u{job="statsd"} 0 2']);
});

t.test('StatsdSeries makes histograms in seconds of timers', async (t) => {
  const series = open();
  const lines = flushed(series, 1, 't:3|ms', 't:300|ms|@0.5', 't:90000|ms');
  t.equal(lines.length, TIMER_BOUNDS.length + 3);
  t.ok(lines.includes('t_bucket{job="statsd", le="0.0025"} 0 1'));
  t.ok(lines.includes('t_bucket{job="statsd", le="0.005"} 1 1'));
  t.ok(lines.includes('t_bucket{job="statsd", le="0.5"} 3 1'));
  t.ok(lines.includes('t_bucket{job="statsd", le="60"} 3 1'));
  t.ok(lines.includes('t_bucket{job="statsd", le="+Inf"} 4 1'));
  t.ok(lines.includes('t_count{job="statsd"} 4 1'));
  t.ok(lines.includes('t_sum{job="statsd"} 90.603 1'));
});

t.test('StatsdSeries makes histograms of h and d without a unit', async (t) => {
  const lines = flushed(open(), 1, 'x:7|h', 'x:700:7000|d');
  t.ok(lines.includes('x_bucket{job="statsd", le="10"} 1 1'));
  t.ok(lines.includes('x_bucket{job="statsd", le="1000"} 2 1'));
  t.ok(lines.includes('x_sum{job="statsd"} 7707 1'));
});

t.test('StatsdSeries makes labels of tags, in any order', async (t) => {
  const series = open();
  const lines = flushed(
    series,
    1,
    'a:1|c|#x:1,y:2',
    'a:1|c|#y:2,x:1',
    'a:1|c|#job:own,flag',
    't:1|h|#le:q',
  );
  t.strictSame(lines.slice(0, 2), [
    'a{job="statsd", x="1", y="2"} 2 1',
    'a{exported_job="own", flag="true", job="statsd"} 1 1',
  ]);
  t.match(lines[2], /^t_bucket\{exported_le="q", job="statsd", le="0\.01"\}/);
});

t.test('StatsdSeries takes nothing of a faulty line', async (t) => {
  const series = open();
  t.equal(series.take('a:1:x|c', 1), 'bad-value');
  t.equal(series.take('a:-1|c', 1), 'negative-counter');
  t.equal(series.take('a:1|c|@5', 1), 'bad-rate');
  t.strictSame(flushed(series, 1), []);
});

t.test('StatsdSeries refuses a second kind under one name', async (t) => {
  const series = open();
  flushed(series, 1, 'a:1|c', 't:1|ms');
  t.equal(series.take('a:1|g', 1), 'type-conflict');
  t.equal(series.take('a:1|g|#x:y', 1), 'type-conflict');
  t.equal(series.take('t:1|h', 1), 'type-conflict', 'other buckets under the same name');
  t.equal(series.take('t_count:1|c', 1), 'type-conflict', 'a name the histogram writes');
});

t.test('StatsdSeries keeps its bound on series and goes on with those it has', async (t) => {
  const series = open({ seriesMax: 19 });
  flushed(series, 1, 'a:1|c', 't:1|ms');
  t.equal(series.seriesCount, 19);
  t.equal(series.take('b:1|c', 1), 'series-limit');
  t.equal(flushed(series, 2, 'a:1|c').length, 19);
});

t.test('StatsdSeries ends series without news and makes room', async (t) => {
  const series = open({ seriesMax: 2 });
  flushed(series, 1000, 'a:1|c', 'b:1|c');
  t.strictSame(flushed(series, 61_500, 'b:1|c'), [
    'b{job="statsd"} 2 61500',
    'a{job="statsd"} stale 61500',
  ]);
  t.strictSame(flushed(series, 62_000, 'c:1|g'), [
    'b{job="statsd"} 2 62000',
    'c{job="statsd"} 1 62000',
  ]);
  t.equal(series.take('a:1|g', 62_000), 'series-limit');
  flushed(series, 200_000);
  t.equal(series.take('a:1|g', 200_000), undefined, 'the name is free for another kind');
});

t.test('StatsdSeries never breaks on noise', async (t) => {
  const series = open();
  const alphabet = 'ab:|@#,.0123-+gcmshd_{}\u0000é';
  for (let i = 0; i < 20_000; i++) {
    let line = '';
    const length = Math.floor(Math.random() * 20);
    for (let j = 0; j < length; j++) line += alphabet[Math.floor(Math.random() * alphabet.length)];
    series.take(line, i);
  }
  series.flush(20_000);
  t.ok(series.seriesCount <= 1000);
});
