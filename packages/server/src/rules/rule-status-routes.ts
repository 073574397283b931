/**
 * Prometheus's `/api/v1/rules` and `/api/v1/alerts`: what runs, of all owners.
 */
import { MonError } from '@mon/storage/model/error';
import type { Labels } from '@mon/storage/model/labels';
import type { TenantId } from '@mon/storage/model/tenant';
import { type Route, success } from '../http/route.ts';
import type { RuleOwner } from './rule-owner.ts';
import {
  alertsJson,
  type ExtrasOf,
  groupsJson,
  type RuleExtras,
  type RuleFilter,
} from './rule-status-json.ts';
import type { Rules } from './rules-runtime.ts';

/** What the alert manager knows of who will not hear of an alert, and why. */
export interface NotificationWarnings {
  readonly warningsOf: (
    tenant: TenantId,
    labels: Labels,
    receivers: readonly string[],
  ) => readonly string[];
  /** Undefined for a receiver that is configured. */
  readonly receiverWarning: (receiver: string) => string | undefined;
}

export function ruleStatusRoutes(rules: Rules, warnings: NotificationWarnings): Route[] {
  const extrasFor = (tenant: TenantId): ExtrasOf => {
    const active = rules.runningApiRules(tenant);
    return (owner: RuleOwner, i: number): RuleExtras => {
      const rule = owner.kind === 'api' ? active[i] : undefined;
      const receivers = rule?.notifications ?? [];
      return {
        ...(rule ? { ruleId: rule.id } : {}),
        warningsOf: (labels) => warnings.warningsOf(tenant, labels, receivers),
      };
    };
  };
  return [
    {
      method: 'GET',
      path: '/api/v1/rules',
      async handle(request) {
        const filter = ruleFilter(await request.parameters());
        const { tenant } = request;
        return success({ groups: groupsJson(rules.groups(tenant), filter, extrasFor(tenant)) });
      },
    },
    {
      method: 'GET',
      path: '/api/v1/alerts',
      handle({ tenant }) {
        const extrasOf = extrasFor(tenant);
        const alerts = rules.groups(tenant).flatMap(({ owned, evaluator }) =>
          evaluator.statuses.flatMap((status, i) => {
            return alertsJson(status.alerts, extrasOf(owned.owner, i).warningsOf);
          }),
        );
        return success({ alerts });
      },
    },
  ];
}

/** @throws MonError `bad-parameter` */
function ruleFilter(parameters: URLSearchParams): RuleFilter {
  const names = (name: string) => new Set(parameters.getAll(name));
  return {
    type: ruleType(parameters.get('type') ?? ''),
    ruleNames: names('rule_name[]'),
    groupNames: names('rule_group[]'),
    files: names('file[]'),
    withAlerts: parameters.get('exclude_alerts') !== 'true',
  };
}

function ruleType(text: string): RuleFilter['type'] {
  switch (text.toLowerCase()) {
    case '':
      return undefined;
    case 'alert':
      return 'alerting';
    case 'record':
      return 'recording';
    default:
      throw new MonError({
        code: 'bad-parameter',
        what: 'Cannot use the parameter type',
        why: `not supported value ${JSON.stringify(text.slice(0, 100))}`,
        mend: 'Ask for alert or record.',
      });
  }
}
