/**
 * Rules and alerts as Prometheus's API shows them.
 *
 * Source: Prometheus web/api/v1/api.go (rules, alerts).
 */
import { compareText, type Labels, labelsToRecord } from '@mon/storage/model/labels';
import { formatFloat } from '../alerting/template/go-float.ts';
import { formatRfc3339 } from '../alerting/template/go-time.ts';
import type {
  JsonAlert,
  JsonAlertState,
  JsonRuleGroupStatus,
  JsonRuleStatus,
} from '../api/rule-responses.ts';
import { printExpr } from '../promql/parser/print.ts';
import type { ActiveAlert, ActiveAlerts } from './alert-step.ts';
import type { RuleStatus } from './group-evaluator.ts';
import { ownerText, type RuleOwner } from './rule-owner.ts';
import type { GroupStatus } from './running-rules.ts';

/** Go's zero time: never. */
const NEVER = '0001-01-01T00:00:00Z';

/** What is asked for; each undefined or empty one lets everything through. */
export interface RuleFilter {
  readonly type: 'alerting' | 'recording' | undefined;
  readonly ruleNames: ReadonlySet<string>;
  readonly groupNames: ReadonlySet<string>;
  readonly files: ReadonlySet<string>;
  readonly withAlerts: boolean;
}

/** What is known of a rule beyond its definition. */
export interface RuleExtras {
  readonly ruleId?: string;
  /** Why notifications of one of its alerts do not arrive. */
  readonly warningsOf: WarningsOf;
}

type WarningsOf = (labels: Labels) => readonly string[];

export type ExtrasOf = (owner: RuleOwner, ruleIndex: number) => RuleExtras;

export function groupsJson(
  groups: readonly GroupStatus[],
  filter: RuleFilter,
  extrasOf: ExtrasOf,
): JsonRuleGroupStatus[] {
  const filtered: JsonRuleGroupStatus[] = [];
  for (const status of groups) {
    const { definition } = status.owned.group;
    const file = fileOf(status);
    if (filter.groupNames.size > 0 && !filter.groupNames.has(definition.name)) continue;
    if (filter.files.size > 0 && !filter.files.has(file)) continue;
    const rules = rulesJson(status, filter, extrasOf);
    const isNarrowed = filter.type !== undefined || filter.ruleNames.size > 0;
    if (isNarrowed && rules.length === 0) continue;
    filtered.push({
      name: definition.name,
      file,
      owner: ownerText(status.owned.owner),
      interval: status.intervalMs / 1000,
      limit: definition.limit,
      rules,
      evaluationTime: status.evaluator.evaluationSeconds,
      lastEvaluation: timeOrNever(status.evaluator.lastEvaluationMs),
    });
  }
  return filtered.sort((a, b) => compareText(a.file, b.file) || compareText(a.name, b.name));
}

/** A set's groups are told apart from those of files by the set's name. */
function fileOf({ owned: { owner, group } }: GroupStatus): string {
  return owner.kind === 'set'
    ? `${ownerText(owner)}/${group.definition.file}`
    : group.definition.file;
}

function rulesJson(status: GroupStatus, filter: RuleFilter, extrasOf: ExtrasOf): JsonRuleStatus[] {
  const shown: JsonRuleStatus[] = [];
  for (const [i, rule] of status.evaluator.statuses.entries()) {
    const { kind, name } = rule.rule.definition;
    if (filter.type !== undefined && filter.type !== kind) continue;
    if (filter.ruleNames.size > 0 && !filter.ruleNames.has(name)) continue;
    const extras = extrasOf(status.owned.owner, i);
    shown.push(ruleJson(rule, filter.withAlerts, extras));
  }
  return shown;
}

function ruleJson(status: RuleStatus, withAlerts: boolean, extras: RuleExtras): JsonRuleStatus {
  const { definition, expr } = status.rule;
  const health = {
    name: definition.name,
    query: printExpr(expr),
    labels: labelsOf(status),
    health: status.health,
    ...(status.lastError === '' ? {} : { lastError: status.lastError }),
    evaluationTime: status.evaluationSeconds,
    lastEvaluation: timeOrNever(status.lastEvaluationMs),
  };
  if (definition.kind === 'recording') return { ...health, type: 'recording' };
  return {
    ...health,
    type: 'alerting',
    state: stateOf(status.alerts),
    duration: definition.forMs / 1000,
    keepFiringFor: definition.keepFiringForMs / 1000,
    annotations: definition.annotations,
    alerts: withAlerts ? alertsJson(status.alerts, extras.warningsOf) : [],
    ...(extras.ruleId === undefined ? {} : { rule_id: extras.ruleId }),
  };
}

/** With the group's labels; templates as written. */
function labelsOf({ rule }: RuleStatus): Record<string, string> {
  if (rule.kind === 'recording') return labelsToRecord(rule.labels);
  return Object.fromEntries(
    rule.labels.map(({ name, template }) => {
      return [name, template.kind === 'text' ? template.text : template.template.text];
    }),
  );
}

/** The strongest state of a rule's alerts. */
export function stateOf(alerts: ActiveAlerts): JsonAlertState {
  const all = [...alerts.values()];
  if (all.some((alert) => alert.state === 'firing')) return 'firing';
  return all.length > 0 ? 'pending' : 'inactive';
}

export function alertsJson(alerts: ActiveAlerts, warningsOf: WarningsOf): JsonAlert[] {
  return [...alerts.values()].map((alert) => {
    const isFiring = alert.state === 'firing';
    return alertJson(alert, isFiring ? warningsOf(alert.labels) : []);
  });
}

function alertJson(alert: ActiveAlert, warnings: readonly string[]): JsonAlert {
  const { labels, annotations, state, activeAtMs, keepFiringSinceMs, value } = alert;
  return {
    labels: labelsToRecord(labels),
    annotations,
    state,
    activeAt: formatRfc3339(activeAtMs),
    ...(keepFiringSinceMs === undefined
      ? {}
      : { keepFiringSince: formatRfc3339(keepFiringSinceMs) }),
    value: formatFloat(value, 'e', -1),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

function timeOrNever(timeMs: number | undefined): string {
  return timeMs === undefined ? NEVER : formatRfc3339(timeMs);
}
