/**
 * Which blocks have expired. Pure.
 */
import type { ManifestEntry } from '../manifest/manifest-entry.ts';

/**
 * Ids of the blocks whose last sample is older than the retention keeps.
 *
 * @param retentionMs undefined keeps everything
 */
export function planRetention(
  live: readonly ManifestEntry[],
  { nowMs, retentionMs }: { readonly nowMs: number; readonly retentionMs: number | undefined },
): string[] {
  if (retentionMs === undefined) return [];
  return live.filter(({ maxTimeMs }) => maxTimeMs < nowMs - retentionMs).map(({ id }) => id);
}
