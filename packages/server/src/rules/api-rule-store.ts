/**
 * Rules of the JSON API on disk, one entry a rule. Keys: `rules/TENANT/api/ID`, and
 * `rules/TENANT/api-last` for the last number given.
 */
import type { Clock } from '@mon/storage/model/clock';
import { MonError } from '@mon/storage/model/error';
import type { MetaStore } from '@mon/storage/model/meta-store';
import type { TenantId } from '@mon/storage/model/tenant';
import type { ApiRule, ApiRuleBody } from './api-rule.ts';

/** Rules a tenant may have here. */
export const API_RULES_MAX = 10_000;

const ROOT = 'rules/';

interface TenantRules {
  readonly rules: Map<string, ApiRule>;
  lastNumber: number;
}

export class ApiRuleStore {
  readonly #meta: MetaStore;
  readonly #clock: Clock;
  readonly #tenants = new Map<TenantId, TenantRules>();

  constructor(meta: MetaStore, clock: Clock) {
    this.#meta = meta;
    this.#clock = clock;
  }

  async load(): Promise<void> {
    for (const { key, value } of await this.#meta.list(ROOT)) {
      const [tenant = '', kind] = key.slice(ROOT.length).split('/');
      const of = this.#of(tenant as TenantId);
      if (kind === 'api-last') of.lastNumber = Number(value);
      if (kind !== 'api') continue;
      const rule = JSON.parse(value) as ApiRule;
      of.rules.set(rule.id, rule);
    }
  }

  tenants(): TenantId[] {
    return [...this.#tenants.keys()];
  }

  /** In the order of their numbers. */
  list(tenant: TenantId): ApiRule[] {
    const rules = [...(this.#tenants.get(tenant)?.rules.values() ?? [])];
    return rules.sort((a, b) => numberOf(a.id) - numberOf(b.id));
  }

  /** @throws MonError `not-found` */
  get(tenant: TenantId, id: string): ApiRule {
    const rule = this.#tenants.get(tenant)?.rules.get(id);
    if (rule) return rule;
    throw new MonError({
      code: 'not-found',
      what: `Cannot find the alert rule ${id.slice(0, 100)}`,
      why: 'no rule made over this API has that id',
      mend: 'GET /api/v1/alerts/rules lists them; rules of files and sets are under /api/v1/rules.',
    });
  }

  /** @throws MonError `rule-set-limit`, `disk-full` */
  async create(tenant: TenantId, body: ApiRuleBody): Promise<ApiRule> {
    const of = this.#of(tenant);
    if (of.rules.size >= API_RULES_MAX) throw tooMany();
    const nowMs = this.#clock.nowMs();
    const number = of.lastNumber + 1;
    const id = `alert-${number}`;
    const rule: ApiRule = { id, ...body, createdAtMs: nowMs, updatedAtMs: nowMs };
    await this.#meta.write([
      { kind: 'put', key: keyOf(tenant, id), value: JSON.stringify(rule) },
      { kind: 'put', key: `${ROOT}${tenant}/api-last`, value: String(number) },
    ]);
    of.lastNumber = number;
    of.rules.set(id, rule);
    return rule;
  }

  /** @throws MonError `not-found`, `disk-full` */
  async update(tenant: TenantId, id: string, body: ApiRuleBody): Promise<ApiRule> {
    const { createdAtMs } = this.get(tenant, id);
    const rule: ApiRule = { id, ...body, createdAtMs, updatedAtMs: this.#clock.nowMs() };
    const value = JSON.stringify(rule);
    await this.#meta.write([{ kind: 'put', key: keyOf(tenant, id), value }]);
    this.#of(tenant).rules.set(id, rule);
    return rule;
  }

  /** @throws MonError `not-found`, `disk-full` */
  async remove(tenant: TenantId, id: string): Promise<void> {
    this.get(tenant, id);
    await this.#meta.write([{ kind: 'delete', key: keyOf(tenant, id) }]);
    this.#of(tenant).rules.delete(id);
  }

  #of(tenant: TenantId): TenantRules {
    const known = this.#tenants.get(tenant);
    if (known) return known;
    const fresh: TenantRules = { rules: new Map(), lastNumber: 0 };
    this.#tenants.set(tenant, fresh);
    return fresh;
  }
}

function keyOf(tenant: TenantId, id: string): string {
  return `${ROOT}${tenant}/api/${id}`;
}

function numberOf(id: string): number {
  return Number(id.slice('alert-'.length));
}

function tooMany(): MonError {
  return new MonError({
    code: 'rule-set-limit',
    what: 'Cannot create the alert rule',
    why: `a tenant may have ${API_RULES_MAX} rules made over the JSON API`,
    mend: 'Delete rules that are not needed, or apply rule files.',
  });
}
