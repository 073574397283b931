/**
 * Label pairs of the head, interned: each (tenant, name, value) is a small integer.
 *
 * Series hold pair ids instead of strings, and the posting list of a pair has the pair's id. Ids of
 * pairs that no series uses any more are given out again.
 */
import { assert } from '../model/assert.ts';
import type { TenantId } from '../model/tenant.ts';

/** All values of one label name in one tenant. */
export interface NameEntry {
  readonly name: string;
  /** value -> pair id */
  readonly pairs: Map<string, number>;
}

export interface TenantPairs {
  readonly ordinal: number;
  readonly tenant: TenantId;
  readonly names: Map<string, NameEntry>;
}

export class PairTable {
  readonly #tenants: TenantPairs[] = [];
  readonly #byTenant = new Map<TenantId, TenantPairs>();
  /** By pair id; undefined where the id is free. */
  readonly #entries: (NameEntry | undefined)[] = [];
  readonly #values: string[] = [];
  readonly #free: number[] = [];

  /** One more than the largest id given out so far. */
  get idsEnd(): number {
    return this.#entries.length;
  }

  /** The tenant's number in this process, given out on first sight. */
  tenantOrdinal(tenant: TenantId): number {
    const known = this.#byTenant.get(tenant);
    if (known !== undefined) return known.ordinal;
    const added = { ordinal: this.#tenants.length, tenant, names: new Map() };
    this.#tenants.push(added);
    this.#byTenant.set(tenant, added);
    return added.ordinal;
  }

  tenant(ordinal: number): TenantPairs {
    const tenant = this.#tenants[ordinal];
    assert(tenant !== undefined, `no tenant ${ordinal}`);
    return tenant;
  }

  /** The tenant's names, or undefined where it has never written. */
  find(tenant: TenantId): TenantPairs | undefined {
    return this.#byTenant.get(tenant);
  }

  intern(tenant: TenantPairs, name: string, value: string): number {
    let entry = tenant.names.get(name);
    if (entry === undefined) {
      entry = { name, pairs: new Map() };
      tenant.names.set(name, entry);
    }
    const known = entry.pairs.get(value);
    if (known !== undefined) return known;
    const id = this.#free.pop() ?? this.#entries.length;
    this.#entries[id] = entry;
    this.#values[id] = value;
    entry.pairs.set(value, id);
    return id;
  }

  /** Gives back a pair that no series of the tenant uses. */
  release(tenant: TenantPairs, id: number): void {
    const entry = this.#entries[id];
    // Several series that leave together may have shared it.
    if (entry === undefined) return;
    entry.pairs.delete(this.#values[id] as string);
    if (entry.pairs.size === 0) tenant.names.delete(entry.name);
    this.#entries[id] = undefined;
    this.#values[id] = '';
    this.#free.push(id);
  }

  name(id: number): string {
    return (this.#entries[id] as NameEntry).name;
  }

  value(id: number): string {
    return this.#values[id] as string;
  }
}
