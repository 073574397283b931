/**
 * `/api/v1/alerts/rules`: alerting rules one by one, as JSON.
 *
 * Format: docs/http-api.md.
 */

import { formatDurationMs } from '@mon/storage/model/duration';
import type { TenantId } from '@mon/storage/model/tenant';
import { formatRfc3339 } from '../alerting/template/go-time.ts';
import type { JsonAlertRule, JsonAlertRuleAnswer } from '../api/rule-responses.ts';
import { type HttpAnswer, json, type Route, success } from '../http/route.ts';
import { NO_ALERTS } from './alert-step.ts';
import { type ApiRule, readApiRule } from './api-rule.ts';
import { stateOf } from './rule-status-json.ts';
import type { NotificationWarnings } from './rule-status-routes.ts';
import type { Rules } from './rules-runtime.ts';

const ALL = '/api/v1/alerts/rules';
const ONE = `${ALL}/:id`;

export function alertRuleRoutes(rules: Rules, warnings: NotificationWarnings): Route[] {
  const view: View = { rules, warnings };
  return [
    {
      method: 'GET',
      path: ALL,
      handle: ({ tenant }) =>
        success({ rules: rules.apiRules(tenant).map((rule) => ruleJson(view, tenant, rule)) }),
    },
    {
      method: 'POST',
      path: ALL,
      async handle(request) {
        const { body } = readApiRule(await request.json(), undefined);
        return changed(view, await rules.createApiRule(request.tenant, body), 'created');
      },
    },
    {
      method: 'GET',
      path: ONE,
      handle: (request) => {
        const { tenant } = request;
        return success(ruleJson(view, tenant, rules.apiRule(tenant, request.param('id'))));
      },
    },
    {
      method: 'PUT',
      path: ONE,
      async handle(request) {
        const given = await request.json();
        const revise = (before: ApiRule) => readApiRule(given, before).body;
        const rule = await rules.updateApiRule(request.tenant, request.param('id'), revise);
        return changed(view, rule, 'updated');
      },
    },
    {
      method: 'DELETE',
      path: ONE,
      async handle(request) {
        const { tenant } = request;
        const rule = rules.apiRule(tenant, request.param('id'));
        await rules.removeApiRule(tenant, rule.id);
        return changed(view, rule, 'deleted');
      },
    },
  ];
}

interface View {
  readonly rules: Rules;
  readonly warnings: NotificationWarnings;
}

function warningsOf({ warnings }: View, rule: ApiRule): string[] {
  const found = rule.notifications.map((name) => warnings.receiverWarning(name));
  return found.filter((one) => one !== undefined);
}

function changed(view: View, rule: ApiRule, verb: 'created' | 'updated' | 'deleted'): HttpAnswer {
  const warnings = verb === 'deleted' ? [] : warningsOf(view, rule);
  const answer: JsonAlertRuleAnswer = {
    status: 'success',
    rule_id: rule.id,
    message: `Alert rule ${verb} successfully`,
    ...(warnings.length === 0 ? {} : { warnings }),
  };
  return json(200, answer);
}

function ruleJson(view: View, tenant: TenantId, rule: ApiRule): JsonAlertRule {
  const status = view.rules.apiRuleStatus(tenant, rule.id);
  return {
    rule_id: rule.id,
    name: rule.name,
    query: rule.query,
    duration: formatDurationMs(rule.forMs),
    keep_firing_for: formatDurationMs(rule.keepFiringForMs),
    severity: rule.severity ?? null,
    labels: rule.labels,
    annotations: rule.annotations,
    notifications: rule.notifications,
    active: rule.active,
    created_at: formatRfc3339(rule.createdAtMs),
    updated_at: formatRfc3339(rule.updatedAtMs),
    state: stateOf(status?.alerts ?? NO_ALERTS),
    health: status?.health ?? 'unknown',
    last_error: status?.lastError ?? '',
    warnings: warningsOf(view, rule),
  };
}
