import { RoundSchedule, spreadOffsetMs } from '@mon/agent/scrape/round-schedule';
import { ManualClock } from '@mon/storage/model/manual-clock';
import t from 'tap';

function schedule(clock: ManualClock, isImmediate = false) {
  const rounds: number[] = [];
  const running = new RoundSchedule({
    clock,
    intervalMs: 10_000,
    offsetMs: 3000,
    isImmediate,
    async run(timestampMs) {
      rounds.push(timestampMs);
    },
  });
  running.start();
  return { rounds, running };
}

t.test('RoundSchedule runs at its offset in each interval', async (t) => {
  const clock = new ManualClock(1_000_000_001_234);
  const { rounds, running } = schedule(clock);
  await clock.advance(30_000);
  t.strictSame(rounds, [1_000_000_003_000, 1_000_000_013_000, 1_000_000_023_000]);
  await running.stop();
  await clock.advance(30_000);
  t.equal(rounds.length, 3);
});

t.test('RoundSchedule runs at once where it should', async (t) => {
  const clock = new ManualClock(5000);
  const { rounds } = schedule(clock, true);
  await clock.advance(10_000);
  t.strictSame(rounds, [5000, 13_000]);
});

t.test('RoundSchedule takes the real time where a timer is late', async (t) => {
  const clock = new ManualClock(0);
  const { rounds } = schedule(clock);
  await clock.advance(2999);
  clock.jumpTo(3699);
  await clock.advance(1);
  t.strictSame(rounds, [3700]);
});

t.test('RoundSchedule never goes back in time', async (t) => {
  const clock = new ManualClock(0);
  const { rounds } = schedule(clock);
  await clock.advance(15_000);
  t.strictSame(rounds, [3000, 13_000]);
  clock.jumpTo(8000);
  await clock.advance(20_000);
  const ascending = rounds.every((ms, i) => i === 0 || ms > (rounds[i - 1] ?? 0));
  t.ok(ascending, String(rounds));
  t.ok(rounds.length >= 3, 'and goes on');
});

t.test('spreadOffsetMs() spreads names evenly', async (t) => {
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) {
    const offsetMs = spreadOffsetMs(`host http://web-${i}:9100/metrics`, 15_000);
    const slot = Math.floor(offsetMs / 1500);
    counts[slot] = (counts[slot] ?? 0) + 1;
  }
  t.ok(Math.min(...counts) > 850 && Math.max(...counts) < 1150, String(counts));
  t.equal(spreadOffsetMs('a', 1000), spreadOffsetMs('a', 1000));
});
