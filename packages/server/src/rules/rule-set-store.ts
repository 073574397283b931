/**
 * Applied rule sets on disk, one entry a set, so that applying is atomic: a crash leaves the old
 * set or the new one. Keys: `rules/TENANT/set/NAME`.
 *
 * An etag is a hash of the content; a change names the etag it was planned against and is refused
 * when the set has another by now.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '@mon/storage/model/clock';
import { MonError } from '@mon/storage/model/error';
import { compareText } from '@mon/storage/model/labels';
import type { MetaStore } from '@mon/storage/model/meta-store';
import type { TenantId } from '@mon/storage/model/tenant';
import type { JsonRuleGroup } from '../api/rule-responses.ts';
import type { RuleGroup } from './rule-file.ts';
import { groupToJson, readGroupsJson } from './rule-wire.ts';

/** Sets a tenant may have. */
export const SETS_MAX = 1000;
/** Rules a set may have. */
export const SET_RULES_MAX = 100_000;

export interface RuleSet {
  readonly name: string;
  readonly etag: string;
  readonly groups: readonly RuleGroup[];
  /** Undefined for a set that nobody applied. */
  readonly updatedAtMs: number | undefined;
}

interface SetRecord {
  readonly updatedAtMs: number;
  readonly groups: readonly JsonRuleGroup[];
}

export interface SetChange {
  readonly tenant: TenantId;
  readonly name: string;
  /** Of the set that the change was planned against, or `*` for any. */
  readonly etag: string;
}

const ROOT = 'rules/';

export class RuleSetStore {
  readonly #meta: MetaStore;
  readonly #clock: Clock;
  readonly #tenants = new Map<TenantId, Map<string, RuleSet>>();

  constructor(meta: MetaStore, clock: Clock) {
    this.#meta = meta;
    this.#clock = clock;
  }

  /**
   * Reads all sets.
   *
   * @returns what could not be read, for instance after a downgrade; those sets do not run
   */
  async load(): Promise<MonError[]> {
    const faults: MonError[] = [];
    for (const { key, value } of await this.#meta.list(ROOT)) {
      const [tenant = '', kind, name = ''] = key.slice(ROOT.length).split('/');
      if (kind !== 'set') continue;
      try {
        const { updatedAtMs, groups } = JSON.parse(value) as SetRecord;
        const read = readGroupsJson({ groups });
        this.#keep(tenant as TenantId, { name, groups: read, updatedAtMs, etag: etagOf(groups) });
      } catch (thrown) {
        if (!(thrown instanceof MonError)) throw thrown;
        faults.push(thrown);
      }
    }
    return faults;
  }

  tenants(): TenantId[] {
    return [...this.#tenants.keys()];
  }

  /** Sets that were applied, by name. */
  list(tenant: TenantId): RuleSet[] {
    const sets = [...(this.#tenants.get(tenant)?.values() ?? [])];
    return sets.sort((a, b) => compareText(a.name, b.name));
  }

  /** A set; empty where nobody applied one. */
  get(tenant: TenantId, name: string): RuleSet {
    const none: RuleSet = { name, etag: etagOf([]), groups: [], updatedAtMs: undefined };
    return this.#tenants.get(tenant)?.get(name) ?? none;
  }

  /** @throws MonError `conflict`, `rule-set-limit`, `disk-full` */
  async put(change: SetChange, groups: readonly RuleGroup[]): Promise<RuleSet> {
    const { tenant, name } = change;
    this.#checkEtag(change);
    this.#checkSize(change, groups);
    const updatedAtMs = this.#clock.nowMs();
    const json = groups.map((group) => groupToJson(group.definition));
    const record: SetRecord = { updatedAtMs, groups: json };
    const value = JSON.stringify(record);
    await this.#meta.write([{ kind: 'put', key: keyOf(tenant, name), value }]);
    const set: RuleSet = { name, groups, updatedAtMs, etag: etagOf(json) };
    this.#keep(tenant, set);
    return set;
  }

  /** @throws MonError `conflict`, `disk-full` */
  async remove(change: SetChange): Promise<void> {
    const { tenant, name } = change;
    this.#checkEtag(change);
    await this.#meta.write([{ kind: 'delete', key: keyOf(tenant, name) }]);
    this.#tenants.get(tenant)?.delete(name);
  }

  #keep(tenant: TenantId, set: RuleSet): void {
    const sets = this.#tenants.get(tenant) ?? new Map<string, RuleSet>();
    this.#tenants.set(tenant, sets.set(set.name, set));
  }

  #checkEtag({ tenant, name, etag }: SetChange): void {
    const current = this.get(tenant, name).etag;
    if (etag === '*' || etag === current) return;
    throw new MonError({
      code: 'conflict',
      what: `Cannot change the rule set ${name}`,
      why: `somebody changed it since: its etag is ${current}, the change was planned against ${etag}`,
      mend: 'Look at the difference again and apply again.',
      retryable: true,
    });
  }

  #checkSize({ tenant, name }: SetChange, groups: readonly RuleGroup[]): void {
    const rules = groups.reduce((sum, group) => sum + group.rules.length, 0);
    const sets = this.#tenants.get(tenant);
    const isNew = sets !== undefined && !sets.has(name);
    if (rules <= SET_RULES_MAX && !(isNew && sets.size >= SETS_MAX)) return;
    throw new MonError({
      code: 'rule-set-limit',
      what: `Cannot store the rule set ${name}`,
      why: `a set may have ${SET_RULES_MAX} rules and a tenant ${SETS_MAX} sets`,
      mend: 'Remove rules or sets that are not needed.',
    });
  }
}

function keyOf(tenant: TenantId, name: string): string {
  return `${ROOT}${tenant}/set/${name}`;
}

function etagOf(groups: readonly JsonRuleGroup[]): string {
  return createHash('sha256').update(JSON.stringify(groups)).digest('hex').slice(0, 16);
}
