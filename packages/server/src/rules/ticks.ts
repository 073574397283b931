/**
 * When a group is evaluated: at fixed times of its interval, spread over it by a hash, so that
 * groups do not all run at once and a restart keeps the times.
 *
 * Rules R14 in docs/spec/rules.md; source: Prometheus rules/group.go (EvalTimestamp).
 */
import { createHash } from 'node:crypto';

export interface TickGrid {
  readonly intervalMs: number;
  /** Distance of the group's ticks from whole multiples of the interval. */
  readonly offsetMs: number;
}

/** The grid of a group; `key` identifies it among all. */
export function tickGrid(key: string, intervalMs: number): TickGrid {
  const hash = createHash('sha256').update(key).digest().readUInt32BE();
  return { intervalMs, offsetMs: Math.floor((hash / 2 ** 32) * intervalMs) };
}

/** The tick at or before a time. */
export function tickAt({ intervalMs, offsetMs }: TickGrid, timeMs: number): number {
  return Math.floor((timeMs - offsetMs) / intervalMs) * intervalMs + offsetMs;
}

/** The first tick after a time. */
export function nextTick(grid: TickGrid, timeMs: number): number {
  return tickAt(grid, timeMs) + grid.intervalMs;
}

/** Ticks that lie between an evaluated one and a time, both left out. */
export function missedTicks(grid: TickGrid, evaluatedMs: number, nowMs: number): number {
  return Math.max(0, (tickAt(grid, nowMs) - evaluatedMs) / grid.intervalMs);
}
