import { NotificationLog } from '@mon/server/alerting/notification-log';
import t, { type Test } from 'tap';
import { AlertingBench, Hook, MINUTE, sectionOf, TENANT, until } from './alerting-bench.ts';

async function setUp(t: Test): Promise<{ bench: AlertingBench; hook: Hook }> {
  const hook = await Hook.start();
  const bench = new AlertingBench();
  t.teardown(async () => {
    await bench.alerting.close();
    await hook.close();
  });
  return { bench, hook };
}

function config(hook: Hook, extra = ''): string {
  return `
route:
  receiver: hook
  group_by: [alertname]
receivers:
- name: hook
  webhook_configs: [{url: ${hook.url}/a}]
${extra}`;
}

t.test('N6: a group waits group_wait and tells of all alerts at once', async (t) => {
  const { bench, hook } = await setUp(t);
  await bench.start(config(hook));
  const [a, b, c] = ['a', 'b', 'c'].map((host) => bench.alert(host));
  bench.fire(a!);
  await bench.pass(20_000);
  bench.fire(b!);
  t.equal(hook.received.length, 0);
  await bench.pass(10_000);
  await until(() => hook.received.length === 1);
  t.same(hook.take(), ['hook firing: a,b | ']);
  bench.fire(c!);
  await bench.pass(4 * MINUTE);
  t.equal(hook.received.length, 0, 'group_interval is not over');
  await bench.pass(1.1 * MINUTE);
  await until(() => hook.received.length === 1);
  t.same(hook.take(), ['hook firing: a,b,c | ']);
});

t.test('N7: a group of alerts that fire for long waits for nothing', async (t) => {
  const { bench, hook } = await setUp(t);
  await bench.start(config(hook));
  bench.fire({ ...bench.alert('a'), startsAtMs: bench.clock.nowMs() - MINUTE });
  await bench.pass(1);
  await until(() => hook.received.length === 1);
});

t.test('N8: resolved alerts leave once told; an empty group ends', async (t) => {
  const { bench, hook } = await setUp(t);
  await bench.start(config(hook));
  const [a, b] = [bench.alert('a'), bench.alert('b')];
  bench.fire(a, b);
  await bench.pass(30_000);
  await until(() => hook.received.length === 1);
  bench.resolve(a);
  await bench.pass(5 * MINUTE);
  await until(() => hook.received.length === 2);
  bench.resolve(b);
  await bench.pass(5 * MINUTE);
  await until(() => hook.received.length === 3);
  t.same(hook.take(), ['hook firing: a,b | ', 'hook firing: b | a', 'hook resolved:  | b']);
  await bench.pass(1000);
  t.match(await bench.registry.exposition(), /mon_alerting_groups 0\n/);
  t.same(await bench.meta.list('alerting/default/alerts'), [], 'nothing of it stays on disk');
});

t.test('N13: a group repeats after repeat_interval', async (t) => {
  const { bench, hook } = await setUp(t);
  await bench.start(config(hook));
  bench.fire(bench.alert('a'));
  await bench.pass(30_000);
  await until(() => hook.received.length === 1);
  await bench.pass(4 * 60 * MINUTE - MINUTE);
  t.equal(hook.received.length, 1);
  await bench.pass(6 * MINUTE);
  await until(() => hook.received.length === 2);
  const [{ why } = { why: '' }] = bench.alerting.history.list(TENANT);
  t.equal(why, 'repeat-interval');
});

t.test('N5: an alert that names receivers goes to these alone', async (t) => {
  const { bench, hook } = await setUp(t);
  await bench.start(config(hook, `- name: other\n  webhook_configs: [{url: ${hook.url}/b}]`));
  bench.fire({ ...bench.alert('a'), receivers: ['other', 'nowhere'] });
  await bench.pass(31_000);
  await until(() => hook.received.length === 1);
  t.equal(hook.received[0]?.path, '/b');
  const [failed] = bench.alerting.history
    .list(TENANT)
    .filter(({ outcome }) => outcome === 'failed');
  t.match(failed, { receiver: 'nowhere', error: /"nowhere" is not configured/ });
  t.match(
    await bench.registry.exposition(),
    /mon_notification_failures_total\{integration="not-configured"\} 1/,
  );
  t.match(bench.alerting.receiverWarning('nowhere'), /not configured/);
  t.equal(bench.alerting.receiverWarning('other'), undefined);
});

t.test('N15: who does not want resolved alerts does not get them', async (t) => {
  const { bench, hook } = await setUp(t);
  await bench.start(config(hook).replace('/a}', '/a, send_resolved: false}'));
  const [a, b, c] = [bench.alert('a'), bench.alert('b'), bench.alert('c')];
  bench.fire(a, b);
  await bench.pass(30_000);
  await until(() => hook.received.length === 1);
  bench.resolve(a);
  bench.fire(c);
  await bench.pass(5 * MINUTE);
  await until(() => hook.received.length === 2);
  bench.resolve(b, c);
  await bench.pass(6 * MINUTE);
  t.same(hook.take(), ['hook firing: a,b | ', 'hook firing: b,c | ']);
  bench.fire(bench.alert('a'));
  await bench.pass(6 * MINUTE);
  await until(() => hook.received.length === 1);
});

t.test('N19: inhibited alerts are left out until the source is resolved', async (t) => {
  const { bench, hook } = await setUp(t);
  await bench.start(
    config(
      hook,
      `inhibit_rules:
- source_matchers: [severity="critical"]
  target_matchers: [severity=~"warning|critical"]
  equal: [zone]`,
    ),
  );
  const critical = bench.alert('boss', { severity: 'critical', zone: 'x' });
  const warning = bench.alert('held', { severity: 'warning', zone: 'x' });
  const elsewhere = bench.alert('free', { severity: 'warning', zone: 'y' });
  bench.fire(critical, warning, elsewhere);
  await bench.pass(30_000);
  await until(() => hook.received.length === 1);
  t.same(hook.take(), ['hook firing: boss,free | ']);
  bench.resolve(critical);
  await bench.pass(5 * MINUTE);
  await until(() => hook.received.length === 1);
  t.same(hook.take(), ['hook firing: free,held | boss']);
});

t.test('N20: a restart tells nobody twice', async (t) => {
  const { bench, hook } = await setUp(t);
  await bench.start(config(hook));
  const a = bench.alert('a');
  bench.fire(a);
  await bench.pass(30_000);
  await until(() => hook.received.length === 1);
  await until(() => bench.alerting.history.list(TENANT).length === 1);
  for (let i = 0; i < 3; i++) {
    await bench.alerting.close();
    await bench.pass(MINUTE);
    await bench.start(config(hook), {}, [a]);
    await bench.pass(6 * MINUTE);
  }
  t.equal(hook.received.length, 1);
});

t.test('N20: a reload tells nobody twice and goes on with the new configuration', async (t) => {
  const { bench, hook } = await setUp(t);
  await bench.start(config(hook));
  const a = bench.alert('a');
  bench.fire(a);
  await bench.pass(30_000);
  await until(() => bench.alerting.history.list(TENANT).length === 1);
  await bench.alerting.reload(sectionOf(config(hook)), 'http://mon.test');
  await bench.pass(6 * MINUTE);
  t.equal(hook.received.length, 1);
  const other = config(hook)
    .replaceAll('hook\n', 'other\n')
    .replace('receiver: hook', 'receiver: other');
  await bench.alerting.reload(sectionOf(other), 'http://mon.test');
  await bench.pass(1000);
  await until(() => hook.received.length === 2);
  t.same(hook.take()[1], 'other firing: a | ');
});

t.test('N21: what was not delivered before a restart is delivered after it', async (t) => {
  const { bench, hook } = await setUp(t);
  await bench.start(config(hook));
  const [a, b] = [bench.alert('a'), bench.alert('b')];
  bench.fire(a, b);
  await bench.pass(30_000);
  await until(() => bench.alerting.history.list(TENANT).length === 1);
  hook.answer = (_, response) => response.writeHead(503).end();
  bench.resolve(a);
  await bench.pass(5 * MINUTE);
  await until(() => hook.received.length >= 2);
  await bench.alerting.close();
  hook.answer = (_, response) => response.end();
  hook.take();
  await bench.pass(60 * MINUTE);
  await bench.start(config(hook), {}, [b]);
  await bench.pass(1000);
  await until(() => hook.received.length === 1);
  t.same(hook.take(), ['hook firing: b | a']);
});

t.test('N22: alerts that no rule knows after a restart are resolved', async (t) => {
  const { bench, hook } = await setUp(t);
  await bench.start(config(hook));
  bench.fire(bench.alert('a'));
  await bench.pass(30_000);
  await until(() => bench.alerting.history.list(TENANT).length === 1);
  await bench.alerting.close();
  hook.take();
  await bench.start(config(hook), {}, []);
  await bench.pass(31_000);
  await until(() => hook.received.length === 1);
  t.same(hook.take(), ['hook resolved:  | a']);
});

t.test('N23: setting the clock repeats nothing', async (t) => {
  const { bench, hook } = await setUp(t);
  await bench.start(config(hook));
  bench.fire(bench.alert('a'));
  await bench.pass(30_000);
  await until(() => bench.alerting.history.list(TENANT).length === 1);
  const dayMs = 24 * 3600_000;
  bench.clock.jumpTo(bench.clock.nowMs() + dayMs);
  bench.alerting.shift(dayMs);
  await bench.pass(10 * MINUTE);
  t.equal(hook.received.length, 1);
});

t.test('N18: who was told is on disk before the resolved alert leaves it', async (t) => {
  const { bench, hook } = await setUp(t);
  const written: string[] = [];
  const write = bench.meta.write.bind(bench.meta);
  bench.meta.write = async (changes) => {
    for (const { kind, key } of changes) written.push(`${kind} ${key.split('/')[2]}`);
    await write(changes);
  };
  await bench.start(config(hook));
  const a = bench.alert('a');
  bench.fire(a);
  await bench.pass(30_000);
  bench.resolve(a);
  await bench.pass(6 * MINUTE);
  t.same(written, [
    'put alerts',
    'put notified',
    'put alerts',
    'put notified',
    'delete alerts', //
  ]);
});

t.test('NotificationLog forgets what expired', async (t) => {
  const { bench } = await setUp(t);
  await bench.start(undefined);
  bench.fire(bench.alert('a'));
  await bench.pass(31_000);
  await until(() => bench.alerting.history.list(TENANT).length === 1);
  t.match(bench.alerting.history.list(TENANT), [{ receiver: 'default', outcome: 'recorded' }]);
  const prefix = 'alerting/default/notified/';
  t.equal((await bench.meta.list(prefix)).length, 1);
  const writes = { write: (changes: readonly never[]) => bench.meta.write(changes) };
  const log = new NotificationLog(bench.meta, writes as never);
  await log.load(bench.clock.nowMs() + 6 * 24 * 3600_000);
  t.equal((await bench.meta.list(prefix)).length, 0);
});
