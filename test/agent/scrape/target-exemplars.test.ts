import { TargetSeries } from '@mon/agent/scrape/target-series';
import { labelsFromRecord } from '@mon/storage/model/labels';
import t from 'tap';

const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0';
const body = (exemplar: string) =>
  Buffer.from(`# TYPE a counter\na_total 5 # ${exemplar}\nb_total 1\n# EOF\n`);

t.test('TargetSeries hands each exemplar on once, with the final labels', async (t) => {
  const series = new TargetSeries({
    targetLabels: labelsFromRecord({ job: 'x' }),
    honorLabels: false,
    metricRelabel: [],
    limits: { labels: 0, nameBytes: 0, valueBytes: 0 },
    finishLabels: (labels) => labels,
    honorTimestamps: true,
    tracksTimestamps: false,
    sampleLimit: 0,
  });
  const round = (ms: number, exemplar: string) => {
    series.begin(ms);
    series.read(body(exemplar), OPEN_METRICS);
    return series.finish(1).exemplars;
  };
  const pairs = ['__name__', 'a_total', 'job', 'x'];
  const labels = ['trace_id', '1'];
  t.same(round(1000, '{trace_id="1"} 0.5'), [
    { pairs, histograms: [], exemplars: [{ labels, value: 0.5, timestampMs: 1000 }] },
  ]);
  t.same(round(2000, '{trace_id="1"} 0.5'), [], 'the same is not new');
  t.same(round(3000, '{trace_id="1"} 0.5 2.25'), [
    { pairs, histograms: [], exemplars: [{ labels, value: 0.5, timestampMs: 2250 }] },
  ]);
  t.same(round(4000, `{trace_id="${'x'.repeat(130)}"} 1`), [], 'too long for anyone');
});
