import { formatTime, type TimeZone, timeTicks, UTC_ZONE } from '@mon/cli/print/time-axis';
import { valueAxis } from '@mon/cli/print/value-axis';
import t from 'tap';

const labels = (axis: ReturnType<typeof valueAxis>) => axis.ticks.map(({ label }) => label);

t.test('valueAxis() chooses round ticks of the unit', async (t) => {
  t.same(labels(valueAxis({ min: 0, max: 9.3 }, 6, 'none')), ['0', '2', '4', '6', '8', '10']);
  t.same(labels(valueAxis({ min: 0, max: 3e9 }, 4, 'bytes')), ['0', '1 GiB', '2 GiB', '3 GiB']);
  t.same(labels(valueAxis({ min: 0, max: 0.03 }, 4, 'seconds')), ['0', '10 ms', '20 ms', '30 ms']);
  t.same(labels(valueAxis({ min: 0, max: 5000 }, 4, 'seconds')), ['0s', '30m', '1h', '1h30m']);
  t.same(labels(valueAxis({ min: 0.1, max: 0.5 }, 6, 'ratio')), [
    '0%',
    '10%',
    '20%',
    '30%',
    '40%',
    '50%',
  ]);
  t.same(labels(valueAxis({ min: -5, max: 5 }, 3, 'none')), ['-5', '0', '5']);
});

t.test('valueAxis() drops the prefix where it would hide the difference', async (t) => {
  t.same(labels(valueAxis({ min: 1e6, max: 1e6 + 0.4 }, 3, 'none')), [
    '1000000.0',
    '1000000.2',
    '1000000.4',
  ]);
});

t.test('valueAxis() covers its range with ticks at both ends, whatever the range', async (t) => {
  for (const unit of ['none', 'bytes', 'seconds', 'percent'] as const) {
    for (const max of [1e-9, 0.3, 1, 7, 123, 86_400 * 400, 1e18]) {
      for (const min of [-max, 0, max / 3, max * 0.99, max]) {
        for (const count of [2, 3, 7]) {
          const axis = valueAxis({ min, max }, count, unit);
          const what = `${min}..${max} ${unit} ${count}`;
          t.ok(axis.min <= min + Math.abs(min) * 1e-9, `${what}: min ${axis.min}`);
          t.ok(axis.max >= max * (1 - 1e-9), `${what}: max ${axis.max}`);
          t.ok(axis.ticks.length >= 2, what);
          const distinct = new Set(labels(axis));
          t.equal(distinct.size, axis.ticks.length, `${what}: ${labels(axis).join(' ')}`);
        }
      }
    }
  }
});

t.test('timeTicks() stand at round local times and fit the width', async (t) => {
  const startMs = Date.UTC(2026, 10, 22, 22, 10);
  const hours = (n: number) => ({ startMs, endMs: startMs + n * 3_600_000 });
  const text = (n: number, width: number, zone: TimeZone = UTC_ZONE) =>
    timeTicks(hours(n), width, zone).map(({ label }) => label);
  t.same(text(6, 60), ['23:00', '11-23', '01:00', '02:00', '03:00', '04:00']);
  t.same(text(0.05, 60), [
    '22:10:00',
    '22:10:30',
    '22:11:00',
    '22:11:30',
    '22:12:00',
    '22:12:30',
    '22:13:00',
  ]);
  t.same(text(24 * 400, 30), ['2027-04', '2027-10']);
  const india: TimeZone = { offsetMs: () => 5.5 * 3_600_000 };
  t.same(text(6, 60, india), ['04:00', '05:00', '06:00', '07:00', '08:00', '09:00']);
});

t.test('formatTime() writes local time, and a time beyond any date without throwing', async (t) => {
  t.equal(formatTime(0, UTC_ZONE), '1970-01-01 00:00:00');
  t.match(formatTime(1e300, UTC_ZONE), /out of range/);
});
