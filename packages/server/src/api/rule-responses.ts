/**
 * Shapes of the rules' and alerts' part of the HTTP API, as they stand in JSON.
 *
 * Described in docs/http-api.md; Prometheus's are its own
 * (https://prometheus.io/docs/prometheus/latest/querying/api/#rules).
 */
import type { JsonLabels } from './responses.ts';

/** A rule group as in a rule file, with the base name of its file. */
export interface JsonRuleGroup {
  readonly file: string;
  readonly name: string;
  /** Durations as in rule files: `30s`. */
  readonly interval?: string;
  readonly limit?: number;
  readonly query_offset?: string;
  readonly labels?: JsonLabels;
  readonly rules: readonly JsonFileRule[];
}

export interface JsonFileRule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels?: JsonLabels;
  readonly annotations?: JsonLabels;
}

/** GET /api/v1/rules/sets */
export interface JsonRuleSetSummary {
  readonly name: string;
  readonly etag: string;
  readonly groups: number;
  readonly rules: number;
  /** ISO 8601. */
  readonly updated_at: string;
}

/** GET and PUT /api/v1/rules/sets/NAME; a set nobody applied is empty. */
export interface JsonRuleSet {
  readonly name: string;
  /** Changes with the content; goes into If-Match of the next PUT. */
  readonly etag: string;
  readonly groups: readonly JsonRuleGroup[];
  /** ISO 8601; null for a set that nobody applied. */
  readonly updated_at: string | null;
}

/** Body of POST and PUT /api/v1/alerts/rules[/ID]. */
export interface JsonAlertRuleInput {
  readonly name?: string;
  readonly query?: string;
  readonly duration?: string;
  readonly keep_firing_for?: string;
  readonly severity?: Severity;
  readonly labels?: JsonLabels;
  readonly annotations?: JsonLabels;
  readonly notifications?: readonly string[];
  readonly active?: boolean;
}

export type Severity = 'critical' | 'warning' | 'info';

/** GET /api/v1/alerts/rules[/ID] */
export interface JsonAlertRule extends Required<Omit<JsonAlertRuleInput, 'severity'>> {
  readonly rule_id: string;
  readonly severity: Severity | null;
  /** ISO 8601. */
  readonly created_at: string;
  readonly updated_at: string;
  readonly state: JsonAlertState;
  readonly health: 'unknown' | 'ok' | 'err';
  readonly last_error: string;
  /** What will not work: receivers that are not configured. */
  readonly warnings: readonly string[];
}

/** Answer of POST, PUT and DELETE. */
export interface JsonAlertRuleAnswer {
  readonly status: 'success';
  readonly rule_id: string;
  readonly message: string;
  readonly warnings?: readonly string[];
}

export type JsonAlertState = 'inactive' | 'pending' | 'firing';

/** GET /api/v1/alerts/notifications, the newest first */
export interface JsonNotification {
  /** ISO 8601. */
  readonly time: string;
  readonly receiver: string;
  /** `webhook[0]`. */
  readonly integration: string;
  /** The aggregation group's key. */
  readonly group: string;
  readonly firing: number;
  readonly resolved: number;
  /** `first-firing`, `new-firing`, `all-resolved`, `new-resolved`, `repeat-interval`. */
  readonly reason: string;
  readonly outcome: 'delivered' | 'recorded' | 'failed';
  readonly attempts: number;
  readonly error: string;
}

/** GET /api/v1/alerts */
export interface JsonAlert {
  readonly labels: JsonLabels;
  readonly annotations: JsonLabels;
  readonly state: JsonAlertState;
  /** RFC 3339. */
  readonly activeAt: string;
  readonly keepFiringSince?: string;
  readonly value: string;
  /** mon's: what holds its notifications up. */
  readonly warnings?: readonly string[];
}

/** GET /api/v1/rules */
export interface JsonRuleGroupStatus {
  readonly name: string;
  readonly file: string;
  /** mon's: `config`, `set/NAME`, `api`. */
  readonly owner: string;
  readonly interval: number;
  readonly limit: number;
  readonly rules: readonly JsonRuleStatus[];
  readonly evaluationTime: number;
  readonly lastEvaluation: string;
}

interface JsonRuleHealth {
  readonly name: string;
  readonly query: string;
  readonly labels: JsonLabels;
  readonly health: 'unknown' | 'ok' | 'err';
  readonly lastError?: string;
  readonly evaluationTime: number;
  readonly lastEvaluation: string;
}

export type JsonRuleStatus =
  | (JsonRuleHealth & { readonly type: 'recording' })
  | (JsonRuleHealth & {
      readonly type: 'alerting';
      readonly state: JsonAlertState;
      readonly duration: number;
      readonly keepFiringFor: number;
      readonly annotations: JsonLabels;
      readonly alerts: readonly JsonAlert[];
      /** mon's: of rules made over the JSON API. */
      readonly rule_id?: string;
    });
