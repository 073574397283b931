import { backoffMs, judgeAnswer, RETRY_AFTER_MS_MAX, retryAfterMs } from '@mon/agent/send/delivery';
import t from 'tap';

t.test('judgeAnswer() retries what may pass and refuses what will not', async (t) => {
  const judge = (status: number) =>
    judgeAnswer({ status, retryAfter: undefined, body: '' }, 0).kind;
  for (const status of [200, 202, 204]) t.equal(judge(status), 'accepted', String(status));
  for (const status of [500, 502, 503, 429, 301, 304]) t.equal(judge(status), 'retry', `${status}`);
  for (const status of [400, 401, 404, 409, 413]) t.equal(judge(status), 'refused', `${status}`);
  t.match(judgeAnswer({ status: 400, retryAfter: undefined, body: ' out of order\n' }, 0), {
    reason: 'status 400: out of order',
  });
});

t.test('retryAfterMs() reads seconds and dates within a bound', async (t) => {
  const nowMs = Date.UTC(2026, 0, 1);
  t.equal(retryAfterMs('7', nowMs), 7000);
  t.equal(retryAfterMs('Thu, 01 Jan 2026 00:00:30 GMT', nowMs), 30_000);
  t.equal(retryAfterMs('Wed, 31 Dec 2025 00:00:30 GMT', nowMs), 0);
  t.equal(retryAfterMs('99999999', nowMs), RETRY_AFTER_MS_MAX);
  t.equal(retryAfterMs('soon', nowMs), undefined);
  t.equal(retryAfterMs(undefined, nowMs), undefined);
});

t.test('backoffMs() doubles up to its bound, with jitter over the upper half', async (t) => {
  const bounds = { minMs: 100, maxMs: 1000 };
  const times = [1, 2, 3, 4, 5, 50].map((attempt) => backoffMs(attempt, bounds, () => 1));
  t.strictSame(times, [100, 200, 400, 800, 1000, 1000]);
  t.equal(
    backoffMs(1, bounds, () => 0),
    50,
  );
  t.equal(
    backoffMs(1, bounds, () => 0.5),
    75,
  );
});
