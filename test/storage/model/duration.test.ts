import { durationMs, formatDurationMs, parseDurationMs } from '@mon/storage/model/duration';
import t from 'tap';

t.test('durationMs() reads what Prometheus writes', async (t) => {
  t.equal(durationMs('1h30m'), 5_400_000);
  t.equal(durationMs('15s'), 15_000);
  t.equal(durationMs('1y2w3d'), (365 + 14 + 3) * 86_400_000);
  t.equal(durationMs('5ms'), 5);
  t.equal(durationMs('0'), 0);
});

t.test('durationMs() refuses what is no duration', async (t) => {
  for (const text of ['', '5', 'm', '1m1h', '1.5h', '-5m', '1h 30m', '99999999999999y']) {
    t.equal(durationMs(text), undefined, text);
  }
  t.throws(() => parseDurationMs('5 minutes'), { code: 'bad-duration' });
});

t.test('formatDurationMs() writes the fewest units', async (t) => {
  for (const text of ['1h30m', '15s', '450d', '1w', '2y', '1ms', '0s']) {
    t.equal(formatDurationMs(durationMs(text) ?? 0), text);
  }
});
