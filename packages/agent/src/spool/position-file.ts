/**
 * How far each remote has acknowledged, in `positions.json` beside the log: `{"NAME": {"segment":
 * 3, "offset": 4096}}`. Replaced as a whole by renaming, so that it is never half written. An old
 * state only means that some batches are sent twice.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LogPosition } from '@mon/storage/log/segment-file';

export const POSITION_FILE = 'positions.json';

/** The positions by remote; undefined where there is no readable file. */
export function readPositions(dir: string): Map<string, LogPosition> | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(join(dir, POSITION_FILE), 'utf8'));
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    const positions = new Map<string, LogPosition>();
    for (const [remote, position] of Object.entries(parsed)) {
      const { segment, offset } = (position ?? {}) as Partial<LogPosition>;
      if (!Number.isSafeInteger(segment) || !Number.isSafeInteger(offset)) return undefined;
      positions.set(remote, { segment: segment as number, offset: offset as number });
    }
    return positions;
  } catch {
    // Missing or damaged: everything that is in the spool is sent (again).
    return undefined;
  }
}

export function writePositions(dir: string, positions: ReadonlyMap<string, LogPosition>): void {
  const path = join(dir, POSITION_FILE);
  writeFileSync(`${path}.new`, JSON.stringify(Object.fromEntries(positions)));
  renameSync(`${path}.new`, path);
}
