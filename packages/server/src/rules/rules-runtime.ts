/**
 * Composition of the rules: the definitions of all owners, what runs of them, and changing them.
 *
 * Changes go one after the other: definitions are stored first, then what runs follows.
 */

import type { Appender } from '@mon/storage/model/appender';
import type { Clock } from '@mon/storage/model/clock';
import type { Labels } from '@mon/storage/model/labels';
import type { MetaStore } from '@mon/storage/model/meta-store';
import { DEFAULT_TENANT, type TenantId } from '@mon/storage/model/tenant';
import type { MetricRegistry } from '../metrics/registry.ts';
import type { AlertSink } from './alert-sink.ts';
import { AlertStateStore } from './alert-state-store.ts';
import { type ApiRule, type ApiRuleBody, compileApiRule } from './api-rule.ts';
import { ApiRuleStore } from './api-rule-store.ts';
import type { CompiledAlerting } from './compile-rule.ts';
import { readConfigRules } from './config-rules.ts';
import type { RuleLog, RuleStatus } from './group-evaluator.ts';
import type { RuleGroup } from './rule-file.ts';
import { type RuleMetrics, registerRuleGauges, ruleMetrics } from './rule-metrics.ts';
import type { RuleQuery } from './rule-query.ts';
import { type RuleSet, RuleSetStore, type SetChange } from './rule-set-store.ts';
import { type GroupStatus, RunningRules, type TenantGroup } from './running-rules.ts';

export interface RulesOptions {
  readonly meta: MetaStore;
  readonly appender: Appender;
  readonly query: RuleQuery;
  readonly sink: AlertSink;
  readonly clock: Clock;
  readonly log: RuleLog;
  readonly registry: MetricRegistry;
  readonly settings: RuleSettings;
  /** Told of jumps of the clock too. */
  readonly onJump: (byMs: number) => void;
}

/** What the configuration says of rules. */
export interface RuleSettings {
  /** Absolute; wildcards allowed. */
  readonly ruleFiles: readonly string[];
  readonly intervalMs: number;
  readonly queryOffsetMs: number;
  readonly externalLabels: Labels;
  readonly externalUrl: string;
}

/** Group and file of the rules that come over the JSON API. */
const API_GROUP = 'api';

export class Rules {
  readonly #options: RulesOptions;
  readonly #metrics: RuleMetrics;
  readonly #sets: RuleSetStore;
  readonly #apiRules: ApiRuleStore;
  readonly #running: RunningRules;
  readonly #compiledRules = new WeakMap<ApiRule, CompiledAlerting | undefined>();
  #configGroups: readonly RuleGroup[] = [];
  #lastChange: Promise<unknown> = Promise.resolve();

  /**
   * Reads all definitions and starts evaluating.
   *
   * @throws SettingsError where rule files have mistakes
   */
  static async start(options: RulesOptions): Promise<Rules> {
    const rules = new Rules(options);
    await rules.#open();
    return rules;
  }

  private constructor(options: RulesOptions) {
    const { meta, clock, registry, log, settings } = options;
    this.#options = options;
    this.#metrics = ruleMetrics(registry);
    this.#sets = new RuleSetStore(meta, clock);
    this.#apiRules = new ApiRuleStore(meta, clock);
    const store = new AlertStateStore(meta, (error) => {
      this.#metrics.stateWriteFailures.add();
      log.warn({ reason: error.message }, 'cannot store the states of alerts; trying again');
    });
    const { externalLabels, externalUrl } = settings;
    const { appender, query, sink } = options;
    const shared = { appender, query, sink, clock, log, metrics: this.#metrics };
    this.#running = new RunningRules({
      surroundings: { ...shared, externalLabels, externalUrl },
      defaults: settings,
      store,
      onJump: options.onJump,
    });
    registerRuleGauges(registry, this.#gauges());
  }

  /**
   * Reads the configuration's rules anew. Where a file has mistakes nothing changes.
   *
   * @throws SettingsError with the mistakes of all files
   */
  async reload(settings: RuleSettings): Promise<void> {
    await this.#change(async () => {
      await this.#readConfig(settings);
      const { externalLabels, externalUrl } = settings;
      this.#running.configure(settings, { externalLabels, externalUrl });
      for (const tenant of this.#tenants()) await this.#follow(tenant);
    });
  }

  async close(): Promise<void> {
    await this.#lastChange;
    await this.#running.close();
  }

  groups(tenant: TenantId): GroupStatus[] {
    return this.#running.groups(tenant);
  }

  sets(tenant: TenantId): RuleSet[] {
    return this.#sets.list(tenant);
  }

  set(tenant: TenantId, name: string): RuleSet {
    return this.#sets.get(tenant, name);
  }

  /** @throws MonError `conflict`, `rule-set-limit`, `disk-full` */
  putSet(change: SetChange, groups: readonly RuleGroup[]): Promise<RuleSet> {
    return this.#change(async () => {
      const set = await this.#sets.put(change, groups);
      await this.#follow(change.tenant);
      return set;
    });
  }

  /** @throws MonError `conflict`, `disk-full` */
  removeSet(change: SetChange): Promise<void> {
    return this.#change(async () => {
      await this.#sets.remove(change);
      await this.#follow(change.tenant);
    });
  }

  apiRules(tenant: TenantId): ApiRule[] {
    return this.#apiRules.list(tenant);
  }

  /** @throws MonError `not-found` */
  apiRule(tenant: TenantId, id: string): ApiRule {
    return this.#apiRules.get(tenant, id);
  }

  /** Rules of the JSON API that are not paused, in the order of their group. */
  runningApiRules(tenant: TenantId): ApiRule[] {
    return this.#apiRules.list(tenant).filter((rule) => rule.active && this.#compiled(rule));
  }

  /** How a rule of the JSON API runs; undefined while it is paused. */
  apiRuleStatus(tenant: TenantId, id: string): RuleStatus | undefined {
    const at = this.runningApiRules(tenant).findIndex((rule) => rule.id === id);
    const group = this.groups(tenant).find(({ owned }) => owned.owner.kind === 'api');
    return at < 0 ? undefined : group?.evaluator.statuses[at];
  }

  /** @throws MonError `rule-set-limit`, `disk-full` */
  createApiRule(tenant: TenantId, body: ApiRuleBody): Promise<ApiRule> {
    return this.#change(async () => {
      const rule = await this.#apiRules.create(tenant, body);
      await this.#follow(tenant);
      return rule;
    });
  }

  /**
   * @param revise from the rule as it is now to what it shall be
   * @throws MonError `not-found`, `disk-full`, and those of `revise`
   */
  updateApiRule(
    tenant: TenantId,
    id: string,
    revise: (before: ApiRule) => ApiRuleBody,
  ): Promise<ApiRule> {
    return this.#change(async () => {
      const body = revise(this.#apiRules.get(tenant, id));
      const rule = await this.#apiRules.update(tenant, id, body);
      await this.#follow(tenant);
      return rule;
    });
  }

  /** @throws MonError `not-found`, `disk-full` */
  removeApiRule(tenant: TenantId, id: string): Promise<void> {
    return this.#change(async () => {
      await this.#apiRules.remove(tenant, id);
      await this.#follow(tenant);
    });
  }

  async #open(): Promise<void> {
    const { settings, log } = this.#options;
    await this.#readConfig(settings);
    for (const fault of await this.#sets.load()) {
      log.warn({ reason: fault.message }, 'a stored rule set cannot be read and does not run');
    }
    await this.#apiRules.load();
    await this.#running.open();
    for (const tenant of this.#tenants()) await this.#follow(tenant);
    await this.#running.settle();
  }

  async #readConfig({ ruleFiles }: RuleSettings): Promise<void> {
    const { log } = this.#options;
    const { groups, warnings, unmatched } = await readConfigRules(ruleFiles);
    for (const { file, line, path, what } of warnings) log.warn({ file, line, key: path }, what);
    for (const pattern of unmatched) log.warn({ pattern }, 'rule_files names no file');
    this.#configGroups = groups;
  }

  #tenants(): ReadonlySet<TenantId> {
    return new Set([DEFAULT_TENANT, ...this.#sets.tenants(), ...this.#apiRules.tenants()]);
  }

  /** Makes what runs follow what is defined. */
  async #follow(tenant: TenantId): Promise<void> {
    const groups: TenantGroup[] = [];
    const none = (): readonly string[] => [];
    if (tenant === DEFAULT_TENANT) {
      for (const group of this.#configGroups) {
        groups.push({ owner: { kind: 'config' }, group, receivers: none });
      }
    }
    for (const { name, groups: own } of this.#sets.list(tenant)) {
      for (const group of own) {
        groups.push({ owner: { kind: 'set', name }, group, receivers: none });
      }
    }
    const api = this.#apiGroup(tenant);
    if (api) groups.push(api);
    await this.#running.replace(tenant, groups);
  }

  #apiGroup(tenant: TenantId): TenantGroup | undefined {
    const active = this.runningApiRules(tenant);
    if (active.length === 0) return undefined;
    const compiled = active.map((rule) => this.#compiled(rule) as CompiledAlerting);
    const definition = {
      name: API_GROUP,
      file: API_GROUP,
      limit: 0,
      labels: {},
      rules: compiled.map((rule) => rule.definition),
    };
    return {
      owner: { kind: 'api' },
      group: { definition, rules: compiled },
      receivers: (i) => active[i]?.notifications ?? [],
    };
  }

  /** Undefined for a stored rule that this version cannot read. */
  #compiled(rule: ApiRule): CompiledAlerting | undefined {
    if (this.#compiledRules.has(rule)) return this.#compiledRules.get(rule);
    const { compiled, mistakes } = compileApiRule(rule);
    const fields = { rule: rule.id, mistakes };
    if (!compiled) this.#options.log.warn(fields, 'a stored rule cannot be read and does not run');
    this.#compiledRules.set(rule, compiled);
    return compiled;
  }

  /** Runs changes one after the other. */
  #change<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#lastChange.then(task, task);
    this.#lastChange = result.catch(() => undefined);
    return result;
  }

  #gauges() {
    const all = () => this.#running.allGroups();
    const statuses = () => all().flatMap(({ evaluator }) => evaluator.statuses);
    const count = (state: 'pending' | 'firing'): number =>
      statuses().reduce((sum, { alerts }) => {
        return sum + [...alerts.values()].filter((alert) => alert.state === state).length;
      }, 0);
    return {
      groups: () => all().length,
      rules: () => statuses().length,
      alerts: () => [
        { labels: ['pending'], value: count('pending') },
        { labels: ['firing'], value: count('firing') },
      ],
      lastEvaluationSeconds: () => {
        return all().reduce((sum, { evaluator }) => sum + evaluator.evaluationSeconds, 0);
      },
    };
  }
}
