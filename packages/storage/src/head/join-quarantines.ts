/**
 * What several shards keep out, put together: one entry for each label of a metric.
 */
import type { Quarantine } from './series-guard.ts';

/** Values and refusals are summed: a series lives in one shard. */
export function joinQuarantines(shards: readonly (readonly Quarantine[])[]): Quarantine[] {
  const joined = new Map<string, Quarantine>();
  for (const one of shards.flat()) {
    const key = JSON.stringify([one.tenant, one.metric, one.label]);
    const other = joined.get(key);
    const sum = {
      values: one.values + (other?.values ?? 0),
      refused: one.refused + (other?.refused ?? 0),
      sinceMs: Math.min(one.sinceMs, other?.sinceMs ?? one.sinceMs),
    };
    joined.set(key, { ...one, ...sum });
  }
  return [...joined.values()].sort((a, b) => b.refused - a.refused);
}
