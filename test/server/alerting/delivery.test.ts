import { BACKOFF_MAX_MS, backoffMs, retryAfterMs } from '@mon/server/alerting/backoff';
import t, { type Test } from 'tap';
import { AlertingBench, Hook, MINUTE, TENANT, until } from './alerting-bench.ts';

async function setUp(t: Test): Promise<{ bench: AlertingBench; hook: Hook }> {
  const hook = await Hook.start();
  const bench = new AlertingBench();
  t.teardown(async () => {
    await bench.alerting.close();
    await hook.close();
  });
  return { bench, hook };
}

function config(...configs: readonly string[]): string {
  return `
route: {receiver: hook, group_wait: 0s}
receivers:
- name: hook
  webhook_configs:
${configs.map((one) => `  - ${one}\n`).join('')}`;
}

/** Answers with these statuses, one after the other, then 200. */
function answerWith(hook: Hook, ...statuses: (number | [number, string])[]): void {
  hook.answer = (_, response) => {
    const next = statuses.shift() ?? 200;
    const [status, retryAfter] = typeof next === 'number' ? [next] : next;
    if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
    response.writeHead(status).end(`status ${status}`);
  };
}

t.test('N16: backoffMs() doubles to a bound, with jitter', async (t) => {
  t.same(
    [1, 2, 3, 4].map((attempt) => backoffMs(attempt, 0.5)),
    [500, 1000, 2000, 4000],
  );
  t.equal(backoffMs(30, 0.5), BACKOFF_MAX_MS);
  t.equal(backoffMs(1, 0), 250);
  t.ok(backoffMs(1, 0.999) < 750);
});

t.test('N16: retryAfterMs() reads seconds and dates, within bounds', async (t) => {
  const nowMs = Date.parse('2026-01-01T00:00:00Z');
  t.equal(retryAfterMs('120', nowMs), 120_000);
  t.equal(retryAfterMs('Thu, 01 Jan 2026 00:01:00 GMT', nowMs), MINUTE);
  t.equal(retryAfterMs('Wed, 31 Dec 2025 00:00:00 GMT', nowMs), 0);
  t.equal(retryAfterMs('999999999', nowMs), 3600_000);
  for (const header of ['soon', '', undefined]) t.equal(retryAfterMs(header, nowMs), undefined);
});

t.test('N16: 5xx and 429 are tried again until they are taken', async (t) => {
  const { bench, hook } = await setUp(t);
  answerWith(hook, 500, 429, 503);
  await bench.start(config(`url: ${hook.url}`));
  bench.fire(bench.alert('a'));
  await bench.pass(10_000);
  t.equal(hook.received.length, 4);
  t.match(bench.alerting.history.list(TENANT), [{ outcome: 'delivered', attempts: 4 }]);
  const metrics = await bench.registry.exposition();
  t.match(metrics, /mon_notification_attempt_failures_total\{integration="webhook"\} 3/);
  t.notMatch(metrics, /mon_notification_failures_total\{integration="webhook"\}/);
});

t.test('N16: Retry-After is obeyed', async (t) => {
  const { bench, hook } = await setUp(t);
  answerWith(hook, [429, '90']);
  await bench.start(config(`url: ${hook.url}`));
  bench.fire(bench.alert('a'));
  await bench.pass(89_000);
  t.equal(hook.received.length, 1);
  await bench.pass(2000);
  t.equal(hook.received.length, 2);
});

t.test('N16: a refusal ends the attempts until the next flush', async (t) => {
  const { bench, hook } = await setUp(t);
  answerWith(hook, 400, 404);
  await bench.start(config(`url: ${hook.url}`));
  const alert = bench.alert('a');
  bench.fire(alert);
  await bench.pass(4 * MINUTE);
  t.equal(hook.received.length, 1);
  t.match(bench.alerting.history.list(TENANT), [{ outcome: 'failed', error: /400: status 400/ }]);
  t.match(bench.alerting.warningsOf(TENANT, alert.labels, []), [
    /to "hook" failed: it answered 400/,
  ]);
  await bench.pass(7 * MINUTE);
  t.equal(hook.received.length, 3, 'one at each flush');
  t.same(bench.alerting.warningsOf(TENANT, alert.labels, []), [], 'mended');
});

t.test('N16: what is down is tried until the next flush, which starts over', async (t) => {
  const { bench, hook } = await setUp(t);
  hook.answer = (_, response) => response.destroy();
  await bench.start(config(`url: ${hook.url}`));
  bench.fire(bench.alert('a'));
  await bench.pass(5 * MINUTE);
  const [failed] = bench.alerting.history.list(TENANT);
  t.match(failed, { outcome: 'failed', firing: 1 });
  t.ok(
    (failed?.attempts ?? 0) >= 8 && (failed?.attempts ?? 0) < 20,
    `${failed?.attempts} attempts`,
  );
  hook.answer = (_, response) => response.end();
  await bench.pass(2000);
  t.equal(bench.alerting.history.list(TENANT)[0]?.outcome, 'delivered');
});

t.test('N17: an integration that is down holds back no other', async (t) => {
  const { bench, hook } = await setUp(t);
  hook.answer = ({ path }, response) => {
    response.writeHead(path === '/down' ? 503 : 200).end();
  };
  await bench.start(config(`url: ${hook.url}/down`, `url: ${hook.url}/up`));
  bench.fire(bench.alert('a'));
  await bench.pass(2 * MINUTE);
  t.equal(hook.received.filter(({ path }) => path === '/up').length, 1);
  await bench.pass(5 * MINUTE);
  t.equal(hook.received.filter(({ path }) => path === '/up').length, 1, 'nor is it told twice');
  t.ok(hook.received.filter(({ path }) => path === '/down').length > 10);
});

t.test('N17: a receiver that answers nothing is cut off after its timeout', async (t) => {
  const { bench, hook } = await setUp(t);
  const held: (() => void)[] = [];
  hook.answer = (_, response) => held.push(() => response.end());
  await bench.start(config(`{url: ${hook.url}, timeout: 50ms}`));
  bench.fire(bench.alert('a'));
  await bench.pass(2000);
  await until(() => hook.received.length >= 2);
  hook.answer = (_, response) => response.end();
  await bench.pass(10_000);
  t.match(bench.alerting.history.list(TENANT)[0], { outcome: 'delivered' });
});

t.test('close() cuts deliveries off', async (t) => {
  const { bench, hook } = await setUp(t);
  hook.answer = () => {};
  await bench.start(config(`url: ${hook.url}`));
  bench.fire(bench.alert('a'));
  await bench.clock.advance(1000);
  await until(() => hook.received.length === 1);
  await bench.alerting.close();
  t.equal(bench.alerting.attemptsInFlight, 0);
});

t.test('webhooks send what http_config says and keep secrets out of messages', async (t) => {
  const { bench, hook } = await setUp(t);
  answerWith(hook, 401, 401);
  const basic = 'http_config: {basic_auth: {username: u, password: geheim}}';
  const bearer = 'http_config: {authorization: {credentials: geheim}}';
  await bench.start(
    config(`{url: ${hook.url}/geheim, ${basic}}`, `{url: ${hook.url}/geheim, ${bearer}}`),
  );
  bench.fire(bench.alert('a'));
  await bench.pass(1000);
  t.same(
    hook.received.map(({ headers }) => headers.authorization).sort(),
    [`Basic ${Buffer.from('u:geheim').toString('base64')}`, 'Bearer geheim'].sort(),
  );
  t.notMatch(JSON.stringify(bench.alerting.history.list(TENANT)), /geheim/);
});
