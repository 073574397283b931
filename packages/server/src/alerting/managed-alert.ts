/**
 * An alert as the alert manager keeps it, from its first firing until everybody who was told of it
 * has been told that it is over.
 */
import { compareLabels, labelValue } from '@mon/storage/model/labels';
import type { TenantId } from '@mon/storage/model/tenant';
import type { RuleAlert } from '../rules/alert-sink.ts';

export interface ManagedAlert extends RuleAlert {
  readonly tenant: TenantId;
  /** Of the labels; unique within the tenant. */
  readonly fingerprint: string;
}

export function isResolved(alert: Pick<ManagedAlert, 'endsAtMs'>): boolean {
  return alert.endsAtMs !== undefined;
}

/** Alertmanager's order within a notification: job, instance, then all labels. */
export function compareAlerts(a: ManagedAlert, b: ManagedAlert): number {
  for (const name of ['job', 'instance']) {
    const left = labelValue(a.labels, name);
    const right = labelValue(b.labels, name);
    if (left !== right) return left < right ? -1 : 1;
  }
  return compareLabels(a.labels, b.labels);
}
