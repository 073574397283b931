/**
 * Every top-level key of the one configuration file, and who reads it.
 *
 * Prometheus's keys keep their meaning; mon's stand beside them. Agent and server read their own
 * sections of the same file; a key that nobody knows is a mistake, one that Prometheus knows and
 * mon does not use yet is a warning.
 */
import type { Cursor } from './cursor.ts';
import { unknownKey } from './schema.ts';

export interface TopLevelKey {
  readonly origin: 'prometheus' | 'mon';
  /** Programs that read it; none: accepted with a warning. */
  readonly readers: readonly ('agent' | 'server')[];
}

export const TOP_LEVEL_KEYS: Readonly<Record<string, TopLevelKey>> = {
  global: { origin: 'prometheus', readers: ['agent', 'server'] },
  scrape_configs: { origin: 'prometheus', readers: ['agent'] },
  scrape_config_files: { origin: 'prometheus', readers: ['agent'] },
  rule_files: { origin: 'prometheus', readers: ['server'] },
  alerting: { origin: 'prometheus', readers: ['server'] },
  remote_write: { origin: 'prometheus', readers: ['agent'] },
  remote_read: { origin: 'prometheus', readers: [] },
  storage: { origin: 'prometheus', readers: [] },
  tracing: { origin: 'prometheus', readers: [] },
  runtime: { origin: 'prometheus', readers: [] },
  otlp: { origin: 'prometheus', readers: [] },
  server: { origin: 'mon', readers: ['server'] },
  jobs: { origin: 'mon', readers: ['server'] },
  agent: { origin: 'mon', readers: ['agent'] },
};

/** Notes unknown keys as mistakes and unused ones as warnings. */
export function checkTopLevel(root: Cursor): void {
  for (const { key, keyCursor } of root.entries ?? []) {
    const known = TOP_LEVEL_KEYS[key];
    if (known === undefined) unknownKey(keyCursor, key, Object.keys(TOP_LEVEL_KEYS));
    else if (known.readers.length === 0) {
      keyCursor.warn(`'${key}' is known, but mon does not use it yet`);
    }
  }
}
