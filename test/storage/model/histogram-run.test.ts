import {
  copyRun,
  entryBytes,
  type HistogramRun,
  hasTime,
  mergeRuns,
  runWithin,
  samplesWeight,
  sliceRun,
  withoutTimes,
} from '@mon/storage/model/histogram-run';
import t from 'tap';

/** A run of one byte an entry. */
const run = (...entries: readonly (readonly [ms: number, byte: number])[]): HistogramRun => ({
  timestampsMs: Float64Array.from(entries, ([ms]) => ms),
  byteOffsets: Uint32Array.from({ length: entries.length + 1 }, (_, i) => i),
  bytes: Uint8Array.from(entries, ([, byte]) => byte),
});
const listed = (of: HistogramRun) =>
  Array.from(of.timestampsMs, (ms, i) => [ms, ...entryBytes(of, i)]);

t.test('mergeRuns() keeps the later part at equal times', async (t) => {
  const merged = mergeRuns([run([1, 1], [3, 1], [5, 1]), run(), run([3, 2], [4, 2]), run([0, 3])]);
  t.same(listed(merged), [
    [0, 3],
    [1, 1],
    [3, 2],
    [4, 2],
    [5, 1],
  ]);
  t.same(listed(mergeRuns([])), []);
});

t.test('sliceRun(), runWithin() and withoutTimes() take parts', async (t) => {
  const whole = run([1, 1], [3, 2], [5, 3]);
  t.same(listed(sliceRun(whole, 1, 3)), [
    [3, 2],
    [5, 3],
  ]);
  t.same(listed(runWithin(whole, 2, 4)), [[3, 2]]);
  t.equal(runWithin(whole, 1, 5), whole);
  t.same(listed(withoutTimes(sliceRun(whole, 1, 3), new Set([5]))), [[3, 2]]);
  t.same(copyRun(sliceRun(whole, 1, 2)), run([3, 2]));
  t.ok(hasTime(whole.timestampsMs, 3));
  t.notOk(hasTime(whole.timestampsMs, 4));
});

t.test('samplesWeight() is a sample each and one for every 16 bytes', async (t) => {
  t.equal(samplesWeight(run([1, 1], [2, 1])), 2);
  const long = { ...run([1, 1]), byteOffsets: Uint32Array.of(0, 100), bytes: new Uint8Array(100) };
  t.equal(samplesWeight(long), 7);
});
