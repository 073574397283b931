/**
 * What metrics say of themselves, per tenant: kept in the MetaStore, cached in memory.
 *
 * Keys are `metadata/<tenant>/<metric>`. Senders repeat their metadata every minute, so only what
 * changed is written. A tenant has at most `metricsMax` metrics here; more are counted and left
 * out, since metadata is a remark and no sample depends on it.
 */
import { MonError, reasonOf } from '@mon/storage/model/error';
import { METRIC_NAME_BYTES_MAX } from '@mon/storage/model/label-rules';
import type { MetaChange, MetaStore } from '@mon/storage/model/meta-store';
import type { MetricMetadata } from '@mon/storage/model/metadata';
import type { TenantId } from '@mon/storage/model/tenant';
import type { Logger } from 'pino';
import type { Counter, MetricRegistry } from '../metrics/registry.ts';

/** Longer help is cut; nobody reads on. */
export const HELP_LENGTH_MAX = 1024;
export const UNIT_LENGTH_MAX = 64;

/** Tenants whose metadata is in memory; the one used longest ago goes first. */
export const TENANTS_CACHED_MAX = 1000;

export interface MetadataBookOptions {
  readonly meta: MetaStore;
  readonly metricsMax: number;
  readonly registry: MetricRegistry;
  readonly log: Logger;
}

type Page = Map<string, MetricMetadata>;

export class MetadataBook {
  readonly #options: MetadataBookOptions;
  readonly #pages = new Map<TenantId, Promise<Page>>();
  readonly #dropped: Counter;

  constructor(options: MetadataBookOptions) {
    this.#options = options;
    this.#dropped = options.registry.counter({
      name: 'mon_metadata_dropped_total',
      help: "Metadata entries not kept: no valid name, over the tenant's limit, or not writable.",
      labels: ['reason'],
    });
  }

  /** Takes what a request said of its metrics. Never fails: a fault is logged and counted. */
  async record(tenant: TenantId, entries: readonly MetricMetadata[]): Promise<void> {
    if (entries.length === 0) return;
    try {
      await this.#record(tenant, entries);
    } catch (thrown) {
      if (!(thrown instanceof MonError)) throw thrown;
      this.#dropped.add(entries.length, thrown.code);
      this.#options.log.warn({ tenant, reason: reasonOf(thrown) }, 'metadata not kept');
    }
  }

  /** Everything known of a tenant's metrics, or of one of them. */
  async read(tenant: TenantId, metric?: string): Promise<MetricMetadata[]> {
    const page = await this.#page(tenant);
    if (metric === undefined) return [...page.values()];
    const found = page.get(metric);
    return found === undefined ? [] : [found];
  }

  async #record(tenant: TenantId, entries: readonly MetricMetadata[]): Promise<void> {
    const page = await this.#page(tenant);
    const changed: Page = new Map();
    for (const entry of entries) {
      const next = bounded(entry);
      if (next === undefined) {
        this.#dropped.add(1, 'bad-name');
        continue;
      }
      const known = page.get(next.metric);
      if (known !== undefined && isSame(known, next)) continue;
      const total = page.size + changed.size;
      const isNew = known === undefined && !changed.has(next.metric);
      if (isNew && total >= this.#options.metricsMax) this.#dropped.add(1, 'tenant-limit');
      else changed.set(next.metric, next);
    }
    if (changed.size === 0) return;
    const changes: MetaChange[] = [...changed.values()].map(({ metric, ...rest }) => ({
      kind: 'put',
      key: prefixOf(tenant) + metric,
      value: JSON.stringify(rest),
    }));
    await this.#options.meta.write(changes);
    for (const [metric, entry] of changed) page.set(metric, entry);
  }

  #page(tenant: TenantId): Promise<Page> {
    let page = this.#pages.get(tenant);
    this.#pages.delete(tenant);
    if (page === undefined) {
      page = this.#load(tenant);
      page.catch(() => this.#pages.delete(tenant));
    }
    this.#pages.set(tenant, page);
    if (this.#pages.size > TENANTS_CACHED_MAX) {
      const [oldest] = this.#pages.keys();
      this.#pages.delete(oldest as TenantId);
    }
    return page;
  }

  async #load(tenant: TenantId): Promise<Page> {
    const prefix = prefixOf(tenant);
    const page: Page = new Map();
    for (const { key, value } of await this.#options.meta.list(prefix)) {
      const metric = key.slice(prefix.length);
      page.set(metric, { metric, ...(JSON.parse(value) as Omit<MetricMetadata, 'metric'>) });
    }
    return page;
  }
}

/** The entry with texts cut to their bounds; undefined where its name is none. */
function bounded(entry: MetricMetadata): MetricMetadata | undefined {
  const { metric } = entry;
  if (metric === '' || metric.includes('\0') || !metric.isWellFormed()) return undefined;
  if (Buffer.byteLength(metric) > METRIC_NAME_BYTES_MAX) return undefined;
  // Cut between the halves of a character it would be no text any more.
  const help = entry.help.slice(0, HELP_LENGTH_MAX).toWellFormed();
  const unit = entry.unit.slice(0, UNIT_LENGTH_MAX).toWellFormed();
  return { ...entry, help, unit };
}

function prefixOf(tenant: TenantId): string {
  return `metadata/${tenant}/`;
}

function isSame(a: MetricMetadata, b: MetricMetadata): boolean {
  return a.type === b.type && a.help === b.help && a.unit === b.unit;
}
