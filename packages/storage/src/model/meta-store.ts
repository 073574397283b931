/**
 * Small durable state that is not samples: rules, alert states, silences, metadata, tenants.
 *
 * Keys are text; by convention `area/tenant/...`. Values are JSON texts. A batch is atomic and
 * durable when it resolves. Implementations: LevelDB (`kv/level-meta-store.ts`), memory (tests).
 */

export interface MetaEntry {
  readonly key: string;
  readonly value: string;
}

export type MetaChange =
  | { readonly kind: 'put'; readonly key: string; readonly value: string }
  | { readonly kind: 'delete'; readonly key: string };

export interface MetaStore {
  get(key: string): Promise<string | undefined>;
  /** All entries whose key starts with `prefix`, by key. */
  list(prefix: string): Promise<MetaEntry[]>;
  /** @throws MonError `disk-full` */
  write(changes: readonly MetaChange[]): Promise<void>;
}
