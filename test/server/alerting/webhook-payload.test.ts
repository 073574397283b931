import { fingerprint } from '@mon/server/alerting/fingerprint';
import type { Notification } from '@mon/server/alerting/integration';
import type { ManagedAlert } from '@mon/server/alerting/managed-alert';
import { webhookPayload } from '@mon/server/alerting/receivers/webhook-payload';
import { labelsFromRecord } from '@mon/storage/model/labels';
import type { TenantId } from '@mon/storage/model/tenant';
import t from 'tap';

function alert(labels: Record<string, string>, endsAtMs?: number): ManagedAlert {
  const sorted = labelsFromRecord(labels);
  return {
    tenant: 'default' as TenantId,
    fingerprint: fingerprint(sorted),
    labels: sorted,
    annotations: { summary: 's', host: labels['host'] ?? '' },
    value: 3,
    startsAtMs: Date.parse('2026-01-02T03:04:05.678Z'),
    endsAtMs,
    generatorUrl: 'http://mon/graph?g0.expr=up',
    receivers: [],
  };
}

const NOTIFICATION: Notification = {
  tenant: 'default' as TenantId,
  receiver: 'hook',
  groupKey: '{}:{alertname="Down"}',
  groupLabels: ['alertname', 'Down'],
  alerts: [
    alert({ alertname: 'Down', host: 'a', job: 'api' }),
    alert({ alertname: 'Down', host: 'b', job: 'api' }, Date.parse('2026-01-02T04:00:00Z')),
  ],
  externalUrl: 'http://mon',
  nowMs: 0,
};

t.test("webhookPayload() is Alertmanager's version 4", async (t) => {
  t.strictSame(webhookPayload(NOTIFICATION, 0), {
    receiver: 'hook',
    status: 'firing',
    alerts: [
      {
        status: 'firing',
        labels: { alertname: 'Down', host: 'a', job: 'api' },
        annotations: { summary: 's', host: 'a' },
        startsAt: '2026-01-02T03:04:05.678Z',
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: 'http://mon/graph?g0.expr=up',
        fingerprint: fingerprint(['alertname', 'Down', 'host', 'a', 'job', 'api']),
      },
      {
        status: 'resolved',
        labels: { alertname: 'Down', host: 'b', job: 'api' },
        annotations: { summary: 's', host: 'b' },
        startsAt: '2026-01-02T03:04:05.678Z',
        endsAt: '2026-01-02T04:00:00Z',
        generatorURL: 'http://mon/graph?g0.expr=up',
        fingerprint: fingerprint(['alertname', 'Down', 'host', 'b', 'job', 'api']),
      },
    ],
    groupLabels: { alertname: 'Down' },
    commonLabels: { alertname: 'Down', job: 'api' },
    commonAnnotations: { summary: 's' },
    externalURL: 'http://mon',
    version: '4',
    groupKey: '{}:{alertname="Down"}',
    truncatedAlerts: 0,
  });
});

t.test('webhookPayload() counts what max_alerts leaves out', async (t) => {
  const payload = webhookPayload(NOTIFICATION, 1);
  t.equal(payload.alerts.length, 1);
  t.equal(payload.truncatedAlerts, 1);
  t.same(payload.commonLabels, { alertname: 'Down', job: 'api' }, 'of all alerts');
});

t.test('webhookPayload() is resolved when all alerts are', async (t) => {
  const alerts = [alert({ alertname: 'A' }, 1)];
  t.equal(webhookPayload({ ...NOTIFICATION, alerts }, 0).status, 'resolved');
});

t.test("fingerprint() is Prometheus's", async (t) => {
  // The empty set has FNV's offset basis; the other was read off Alertmanager 0.25.
  t.equal(fingerprint([]), 'cbf29ce484222325');
  const labels = { alertname: 'Down', host: 'a', job: 'api', severity: 'critical', zone: 'x' };
  t.equal(fingerprint(labelsFromRecord(labels)), '05b3bfe354bc2582');
});
