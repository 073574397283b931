/**
 * Where firing and resolved alerts of rules go: the alert manager in the server, a list in tests
 * and in a backtest.
 */
import type { Labels } from '@mon/storage/model/labels';
import type { TenantId } from '@mon/storage/model/tenant';

/** An alert that fires, or just stopped. */
export interface RuleAlert {
  readonly labels: Labels;
  readonly annotations: Readonly<Record<string, string>>;
  readonly value: number;
  readonly startsAtMs: number;
  /** Undefined while it fires. */
  readonly endsAtMs: number | undefined;
  /** Where people see the expression. */
  readonly generatorUrl: string;
  /** Receivers the rule names itself; empty: the routing tree decides. */
  readonly receivers: readonly string[];
}

export interface AlertSink {
  /** Takes the present state of alerts; one sent again replaces the former. */
  receive(tenant: TenantId, alerts: readonly RuleAlert[]): void;
}
