import { parseMoment } from '@mon/cli/moment';
import { rangeWindow } from '@mon/cli/range-window';
import t from 'tap';

process.env['TZ'] = 'Asia/Kolkata';

const NOW_MS = Date.UTC(2026, 0, 1, 12, 0, 7);
const HOUR_MS = 3_600_000;

t.test('parseMoment() reads now, offsets, epoch seconds and ISO 8601', async (t) => {
  const cases: [string, number][] = [
    ['now', NOW_MS],
    ['now-1h', NOW_MS - HOUR_MS],
    ['now+30s', NOW_MS + 30_000],
    ['1767225600', 1_767_225_600_000],
    ['1767225600.5', 1_767_225_600_500],
    ['2026-01-01T00:00:00Z', Date.UTC(2026, 0, 1)],
    ['2026-01-01T00:00:00+02:00', Date.UTC(2025, 11, 31, 22)],
    ['2026-01-01 05:30', Date.UTC(2026, 0, 1)],
    ['2026-01-01', Date.UTC(2025, 11, 31, 18, 30)],
  ];
  for (const [text, timeMs] of cases) t.equal(parseMoment(text, NOW_MS), timeMs, text);
  for (const text of ['', 'yesterday', 'now-', 'now-soon', '2026-13-01', '12h', '1e300']) {
    t.throws(() => parseMoment(text, NOW_MS), { code: 'bad-time' }, text);
  }
});

t.test('rangeWindow() is no range where no flag asks for one', async (t) => {
  t.equal(rangeWindow({}, NOW_MS), undefined);
  for (const flags of [{ stepMs: 1000 }, { end: 'now' }]) {
    t.throws(() => rangeWindow(flags, NOW_MS), { code: 'bad-range', mend: 'Add --since 1h.' });
  }
});

t.test('rangeWindow() ends --since at a multiple of the step', async (t) => {
  const startOfMinute = Date.UTC(2026, 0, 1, 12);
  t.same(rangeWindow({ sinceMs: HOUR_MS, stepMs: 60_000 }, NOW_MS), {
    startMs: startOfMinute - HOUR_MS,
    endMs: startOfMinute,
    stepMs: 60_000,
  });
  t.match(rangeWindow({ sinceMs: HOUR_MS }, NOW_MS), { stepMs: 15_000 }, 'step by length');
  t.match(rangeWindow({ sinceMs: 60_000 }, NOW_MS), { stepMs: 1000 });
  t.match(rangeWindow({ sinceMs: 400 * 24 * HOUR_MS }, NOW_MS), { stepMs: 48 * HOUR_MS });
});

t.test('rangeWindow() takes --start and --end as they are', async (t) => {
  t.same(rangeWindow({ start: 'now-1h', stepMs: 60_000 }, NOW_MS), {
    startMs: NOW_MS - HOUR_MS,
    endMs: NOW_MS,
    stepMs: 60_000,
  });
});

t.test('rangeWindow() refuses what the server would, with a step that fits', async (t) => {
  const refused = (flags: Parameters<typeof rangeWindow>[0], mend: RegExp) => {
    t.throws(() => rangeWindow(flags, NOW_MS), { code: 'bad-range', mend });
  };
  refused({ start: 'now', end: 'now-1h' }, /Exchange/);
  refused({ sinceMs: HOUR_MS, stepMs: 0 }, /at least 1ms/);
  refused({ sinceMs: 24 * HOUR_MS, stepMs: 1000 }, /at least 10m\./);
});
