import {
  type ActiveAlerts,
  type AlertElement,
  NO_ALERTS,
  shiftAlerts,
  stepAlerts,
} from '@mon/server/rules/alert-step';
import t from 'tap';

const MINUTE = 60_000;

function element(host: string, value = 1): AlertElement {
  return { labels: ['alertname', 'A', 'host', host], annotations: { v: String(value) }, value };
}

/** Runs evaluations a minute apart; each entry names the hosts that have an element. */
function run(
  evaluations: readonly (readonly string[])[],
  { forMs = 0, keepFiringForMs = 0 } = {},
): { states: string[]; resolvedAt: number[]; alerts: ActiveAlerts } {
  let alerts = NO_ALERTS;
  const states: string[] = [];
  const resolvedAt: number[] = [];
  evaluations.forEach((hosts, minute) => {
    const step = stepAlerts(
      alerts,
      hosts.map((host) => element(host, minute)),
      { nowMs: minute * MINUTE, forMs, keepFiringForMs },
    );
    alerts = step.after;
    states.push([...alerts.values()].map(({ state }) => state).join(' ') || 'inactive');
    for (const _ of step.resolved) resolvedAt.push(minute);
  });
  return { states, resolvedAt, alerts };
}

t.test('R1: stepAlerts() makes an element pending, and firing at once without for', async (t) => {
  t.same(run([['a']], { forMs: MINUTE }).states, ['pending']);
  t.same(run([['a']]).states, ['firing']);
});

t.test('R2: stepAlerts() fires after exactly for', async (t) => {
  const { states, alerts } = run([['a'], ['a'], ['a'], ['a']], { forMs: 2 * MINUTE });
  t.same(states, ['pending', 'pending', 'firing', 'firing']);
  t.match([...alerts.values()][0], { activeAtMs: 0, firedAtMs: 2 * MINUTE });
});

t.test('R3: stepAlerts() forgets a pending alert without telling anyone', async (t) => {
  const { states, resolvedAt } = run([['a'], [], ['a']], { forMs: MINUTE });
  t.same(states, ['pending', 'inactive', 'pending']);
  t.same(resolvedAt, []);
});

t.test('R4: stepAlerts() keeps a firing alert with the value and annotations of now', async (t) => {
  const { alerts } = run([['a'], ['a'], ['a']]);
  t.match([...alerts.values()][0], { value: 2, annotations: { v: '2' }, firedAtMs: 0 });
});

t.test('R5: stepAlerts() resolves a firing alert without element', async (t) => {
  const { states, resolvedAt } = run([['a', 'b'], ['b'], []]);
  t.same(states, ['firing firing', 'firing', 'inactive']);
  t.same(resolvedAt, [1, 2]);
});

t.test('R6: stepAlerts() keeps firing for keep_firing_for', async (t) => {
  const { states, resolvedAt } = run([['a'], [], [], [], []], { keepFiringForMs: 2 * MINUTE });
  t.same(states, ['firing', 'firing', 'firing', 'inactive', 'inactive']);
  t.same(resolvedAt, [3]);
});

t.test('R7: stepAlerts() starts keep_firing_for anew after an element', async (t) => {
  const { states } = run([['a'], [], ['a'], [], [], []], { keepFiringForMs: 2 * MINUTE });
  t.same(states, ['firing', 'firing', 'firing', 'firing', 'firing', 'inactive']);
});

t.test('R8: stepAlerts() begins again after an alert was resolved', async (t) => {
  const { alerts } = run([['a'], [], ['a']]);
  t.match([...alerts.values()][0], { activeAtMs: 2 * MINUTE, firedAtMs: 2 * MINUTE });
});

t.test('stepAlerts() says whether what must survive a restart changed', async (t) => {
  const timing = { forMs: MINUTE, keepFiringForMs: MINUTE };
  const steps = [['a'], ['a'], ['a'], [], ['a'], ['a']];
  let alerts = NO_ALERTS;
  const changes = steps.map((hosts, minute) => {
    const elements = hosts.map((host) => element(host, minute));
    const step = stepAlerts(alerts, elements, { ...timing, nowMs: minute * MINUTE });
    alerts = step.after;
    return step.changed;
  });
  t.same(changes, [true, true, false, true, true, false]);
});

t.test('R19: shiftAlerts() moves all times of alerts', async (t) => {
  const { alerts } = run([['a'], []], { keepFiringForMs: 5 * MINUTE });
  t.match([...shiftAlerts(alerts, -MINUTE).values()][0], {
    activeAtMs: -MINUTE,
    firedAtMs: -MINUTE,
    keepFiringSinceMs: 0,
  });
});
