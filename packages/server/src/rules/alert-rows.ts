/**
 * The series that alerting rules write: `ALERTS` and `ALERTS_FOR_STATE`.
 *
 * Rule R13 in docs/spec/rules.md; source: Prometheus rules/alerting.go.
 */
import { labelsKey, METRIC_NAME, withLabel } from '@mon/storage/model/labels';
import type { ActiveAlerts } from './alert-step.ts';
import type { SampleRow, SampleRows } from './sample-rows.ts';

export const ALERTS_METRIC = 'ALERTS';
export const ALERTS_FOR_STATE_METRIC = 'ALERTS_FOR_STATE';

export function alertRows(alerts: ActiveAlerts): SampleRows {
  const rows = new Map<string, SampleRow>();
  const add = (row: SampleRow): void => {
    rows.set(labelsKey(row.labels), row);
  };
  for (const { labels, state, activeAtMs } of alerts.values()) {
    const named = withLabel(labels, METRIC_NAME, ALERTS_METRIC);
    add({ labels: withLabel(named, 'alertstate', state), value: 1 });
    const forState = withLabel(labels, METRIC_NAME, ALERTS_FOR_STATE_METRIC);
    add({ labels: forState, value: Math.floor(activeAtMs / 1000) });
  }
  return rows;
}
