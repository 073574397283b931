/**
 * Composition of rules and alert manager for the server: what they read, write and ask, and their
 * endpoints.
 *
 * The alert manager starts first and ends last, so that no rule's alert is without a taker.
 */
import type { Database } from '@mon/storage/database';
import type { Clock } from '@mon/storage/model/clock';
import { MonError } from '@mon/storage/model/error';
import { labelsFromRecord } from '@mon/storage/model/labels';
import { Alerting } from './alerting/alerting-runtime.ts';
import { notificationRoutes } from './alerting/notification-routes.ts';
import type { ServerConfig } from './config/server-config.ts';
import type { Route } from './http/route.ts';
import type { MetricRegistry } from './metrics/registry.ts';
import type { Engine } from './promql/engine.ts';
import { alertRuleRoutes } from './rules/alert-rule-routes.ts';
import type { RuleLog } from './rules/group-evaluator.ts';
import type { RuleQuery } from './rules/rule-query.ts';
import { ruleSetRoutes } from './rules/rule-set-routes.ts';
import { ruleStatusRoutes } from './rules/rule-status-routes.ts';
import { type RuleSettings, Rules } from './rules/rules-runtime.ts';

export interface RulesAndAlertsOptions {
  readonly config: ServerConfig;
  readonly database: Database;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly log: RuleLog;
  readonly registry: MetricRegistry;
}

export interface RulesAndAlerts {
  readonly routes: readonly Route[];
  /**
   * Takes the rule files and the alerting part of another configuration.
   *
   * @throws SettingsError, MonError `config-unreadable`; then the former stays
   */
  readonly reload: (config: ServerConfig) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** @throws SettingsError with all mistakes of rule files or of the alertmanager.yml */
export async function startRulesAndAlerts(options: RulesAndAlertsOptions): Promise<RulesAndAlerts> {
  const { config, database, engine, clock, log, registry } = options;
  const shared = { meta: database.meta, clock, log, registry };
  const alerting = await Alerting.start({
    ...shared,
    section: config.alerting,
    externalUrl: config.externalUrl,
    environment: config.environment,
    random: Math.random,
  });
  let rules: Rules;
  try {
    rules = await Rules.start({
      ...shared,
      appender: database,
      query: ruleQuery(engine),
      sink: alerting,
      settings: ruleSettings(config),
      onJump: (byMs) => alerting.shift(byMs),
    });
  } catch (thrown) {
    await alerting.close();
    throw thrown;
  }
  alerting.settle();
  return {
    routes: [
      ...ruleStatusRoutes(rules, alerting),
      ...ruleSetRoutes(rules),
      ...alertRuleRoutes(rules, alerting),
      ...notificationRoutes(alerting),
    ],
    async reload(next) {
      await rules.reload(ruleSettings(next));
      await alerting.reload(next.alerting, next.externalUrl);
    },
    async close() {
      await rules.close();
      await alerting.close();
    },
  };
}

function ruleSettings({ ruleFiles, global, externalUrl }: ServerConfig): RuleSettings {
  return {
    ruleFiles,
    intervalMs: global.evaluationIntervalMs,
    queryOffsetMs: global.ruleQueryOffsetMs,
    externalLabels: labelsFromRecord(global.externalLabels),
    externalUrl,
  };
}

/** Rules do not queue behind people's queries; their number at a time is bounded by their own gate. */
function ruleQuery(engine: Engine): RuleQuery {
  return async ({ tenant, text, expr, timeMs, signal }) => {
    const { result } = await engine.instant({ tenant, query: text, expr, timeMs, signal });
    if (result.kind === 'vector' || result.kind === 'scalar') return result;
    throw new MonError({
      code: 'query-failed',
      what: 'Cannot use the answer of the expression',
      why: `it is a ${result.kind}, not a vector or a scalar`,
      mend: 'Write an expression that gives an instant vector.',
    });
  };
}
