import {
  checkSteps,
  epochMs,
  limitParameter,
  parseJsonTimeMs,
  parseSpanMs,
  parseTimeMs,
} from '@mon/server/api/parameters';
import t from 'tap';

t.test('parseTimeMs() reads seconds, RFC 3339 and the extremes', async (t) => {
  t.equal(parseTimeMs('time', '1435781430.781'), 1_435_781_430_781);
  t.equal(parseTimeMs('time', '-1.5'), -1500);
  t.equal(parseTimeMs('time', '1.4e9'), 1_400_000_000_000);
  t.equal(parseTimeMs('time', '2015-07-01T20:10:51.781Z'), 1_435_781_451_781);
  t.equal(parseTimeMs('time', '2015-07-01T20:10:51.7819999Z'), 1_435_781_451_781);
  t.equal(parseTimeMs('time', '2015-07-01T22:10:51+02:00'), 1_435_781_451_000);
  t.equal(parseTimeMs('start', '-292273086-05-16T16:47:06Z'), -8.64e15);
  t.equal(parseTimeMs('end', '292277025-08-18T07:12:54.999999999Z'), 8.64e15);
  t.equal(parseTimeMs('end', '1e300'), 8.64e15);
});

t.test('parseTimeMs() names the parameter it cannot read', async (t) => {
  for (const text of [
    '',
    'now',
    'NaN',
    'Inf',
    '2015-13-01T00:00:00Z',
    '2015-07-01',
    '1 2',
    '0x10',
  ]) {
    t.throws(() => parseTimeMs('start', text), {
      code: 'bad-parameter',
      message: /^invalid parameter "start": cannot parse/,
    });
  }
});

t.test('parseJsonTimeMs() takes numbers and texts', async (t) => {
  t.equal(parseJsonTimeMs('start', 1_735_819_200), 1_735_819_200_000);
  t.equal(parseJsonTimeMs('start', 1_735_819_200_000), 1_735_819_200_000);
  t.equal(parseJsonTimeMs('start', '2025-01-02T12:00:00Z'), 1_735_819_200_000);
  t.throws(() => parseJsonTimeMs('start', { a: 1 }), { code: 'bad-parameter' });
  t.throws(() => parseJsonTimeMs('start', null), { code: 'bad-parameter' });
  t.equal(epochMs(1.5), 1500);
});

t.test('parseSpanMs() reads seconds and durations', async (t) => {
  t.equal(parseSpanMs('step', '15'), 15_000);
  t.equal(parseSpanMs('step', '0.5'), 500);
  t.equal(parseSpanMs('step', '1h30m'), 5_400_000);
  t.equal(parseSpanMs('step', '-5m'), -300_000);
  for (const text of ['', '5 m', '1e300', 'NaN', '5x']) {
    t.throws(() => parseSpanMs('step', text), { message: /^invalid parameter "step"/ }, text);
  }
});

t.test('limitParameter() takes whole numbers', async (t) => {
  t.equal(limitParameter(new URLSearchParams('')), 0);
  t.equal(limitParameter(new URLSearchParams('limit=7')), 7);
  for (const text of ['-1', 'x', '1.5', '99999999999999999999']) {
    const parameters = new URLSearchParams({ limit: text });
    t.throws(() => limitParameter(parameters), { message: /"limit"/ }, text);
  }
});

t.test('checkSteps() bounds the grid', async (t) => {
  t.doesNotThrow(() => checkSteps({ startMs: 0, endMs: 11_000, stepMs: 1 }, 11_000));
  t.throws(() => checkSteps({ startMs: 0, endMs: 11_001, stepMs: 1 }, 11_000), {
    message: /maximum resolution of 11000 points/,
  });
  t.throws(() => checkSteps({ startMs: 0, endMs: 1, stepMs: 0 }, 11_000), { message: /"step"/ });
  t.throws(() => checkSteps({ startMs: 2, endMs: 1, stepMs: 1 }, 11_000), { message: /"end"/ });
});
