/**
 * Which blocks to merge next. Pure: looks at the manifest's entries alone.
 *
 * Cuts of 30 minutes become blocks of 2 hours and these of a day, cut at UTC. A window is merged
 * when it is over, which a sample after it shows, or when too many blocks lie in it. A block that
 * spans days (a backfill, late samples) is cut by day first. What is much smaller than the block it
 * would go into waits, or is merged with its like, so that late samples do not rewrite a day each.
 *
 * Invariant kept: blocks that overlap in time have disjoint ranges of generations, so that "the
 * higher generation is right" decides between any two. Hence a merge takes in whatever lies between
 * the generations of its sources at their time.
 */
import type { ManifestEntry } from '../manifest/manifest-entry.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
const SHORT_WINDOW_MS = 2 * HOUR_MS;

/** So many blocks in a window are merged even while it is not over. */
const SHORT_WINDOW_BLOCKS_MAX = 8;
const DAY_BLOCKS_MAX = 24;
/** A block is rewritten for others of together at least this part of its size. */
const REWRITE_SHARE = 1 / 8;

/** Blocks that one merge has open, as a rule; the others' turn comes with the next. */
export const SOURCES_MAX = 64;

export interface PlannedMerge {
  /** Ids of the blocks to merge, in order of their generations. */
  readonly sources: readonly string[];
  /** The outcome is one block for each window of this width that has samples. */
  readonly windowMs: number;
}

/**
 * The next merge, or undefined where there is nothing to do; to be asked again after each.
 *
 * @param until `usual`: as time goes by. `days`: at once, until every day with samples is one block
 */
export function planNextMerge(
  live: readonly ManifestEntry[],
  until: 'usual' | 'days' = 'usual',
): PlannedMerge | undefined {
  const entries = live.filter(({ tier }) => tier === 'raw');
  if (until === 'days') return planDays(entries);
  const wide = entries.find((entry) => entry.maxTimeMs - entry.minTimeMs >= DAY_MS);
  if (wide !== undefined) return planned([wide], DAY_MS);
  return (
    planWindows(entries, { windowMs: DAY_MS, blocksMax: DAY_BLOCKS_MAX }) ??
    planWindows(entries, { windowMs: SHORT_WINDOW_MS, blocksMax: SHORT_WINDOW_BLOCKS_MAX })
  );
}

/** A set of blocks whose days touch no other block's, unless each is a day by itself already. */
function planDays(entries: readonly ManifestEntry[]): PlannedMerge | undefined {
  const byTime = [...entries].sort((a, b) => a.minTimeMs - b.minTimeMs);
  let together: ManifestEntry[] = [];
  let lastDay = Number.NEGATIVE_INFINITY;
  const needsMerge = () =>
    together.length > 1 ||
    together.some((entry) => firstDay(entry) !== windowsOf(entry, DAY_MS)[1]);
  for (const entry of byTime) {
    const [first, last] = windowsOf(entry, DAY_MS);
    if (first > lastDay) {
      if (needsMerge()) break;
      together = [];
    }
    together.push(entry);
    lastDay = Math.max(lastDay, last);
  }
  return needsMerge() ? planned(together, DAY_MS) : undefined;
}

function firstDay(entry: ManifestEntry): number {
  return windowsOf(entry, DAY_MS)[0];
}

/** The first and the last window that a block has samples in. */
function windowsOf(entry: ManifestEntry, windowMs: number): readonly [number, number] {
  return [Math.floor(entry.minTimeMs / windowMs), Math.floor(entry.maxTimeMs / windowMs)];
}

interface WindowRule {
  readonly windowMs: number;
  readonly blocksMax: number;
}

/** The oldest window whose blocks are to be merged; no block is longer than a day here. */
function planWindows(
  entries: readonly ManifestEntry[],
  { windowMs, blocksMax }: WindowRule,
): PlannedMerge | undefined {
  const newestMs = Math.max(...entries.map(({ maxTimeMs }) => maxTimeMs));
  const windows = new Set(entries.flatMap((entry) => windowsOf(entry, windowMs)));
  for (const window of [...windows].sort((a, b) => a - b)) {
    const inWindow = entries.filter((entry) => {
      const [first, last] = windowsOf(entry, windowMs);
      const isShort = entry.maxTimeMs - entry.minTimeMs < windowMs;
      return isShort && first <= window && window <= last;
    });
    const isOver = newestMs >= (window + 1) * windowMs;
    if (inWindow.length < 2 || !(isOver || inWindow.length >= blocksMax)) continue;
    const chosen = worthMerging(inWindow, entries, { windowMs, blocksMax });
    if (chosen !== undefined) return planned(chosen, windowMs);
  }
  return undefined;
}

/** All of the blocks, or without the largest, or none, by how much would be rewritten for what. */
function worthMerging(
  inWindow: readonly ManifestEntry[],
  entries: readonly ManifestEntry[],
  { windowMs, blocksMax }: WindowRule,
): readonly ManifestEntry[] | undefined {
  const all = withBetween(inWindow, entries, windowMs);
  if (isBalanced(all)) return all;
  if (inWindow.length < blocksMax) return undefined;
  const largest = inWindow.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  const others = inWindow.filter((entry) => entry !== largest);
  const small = withBetween(others, entries, windowMs);
  return small.includes(largest) ? all : small;
}

function isBalanced(merged: readonly ManifestEntry[]): boolean {
  const largest = Math.max(...merged.map(({ bytes }) => bytes));
  const total = merged.reduce((sum, { bytes }) => sum + bytes, 0);
  return total - largest >= largest * REWRITE_SHARE;
}

/** Adds blocks that lie between the chosen ones' generations at the same time. */
function withBetween(
  chosen: readonly ManifestEntry[],
  entries: readonly ManifestEntry[],
  windowMs: number,
): readonly ManifestEntry[] {
  const taken = new Set(chosen);
  for (let grew = true; grew; ) {
    grew = false;
    for (const other of entries) {
      if (taken.has(other) || !liesBetween(other, [...taken], windowMs)) continue;
      taken.add(other);
      grew = true;
    }
  }
  return [...taken];
}

/** Whether a window's outcome would have generations around those of `other`, at its time. */
function liesBetween(
  other: ManifestEntry,
  taken: readonly ManifestEntry[],
  windowMs: number,
): boolean {
  const [first, last] = windowsOf(other, windowMs);
  for (let window = first; window <= last; window++) {
    const parts = taken.filter((entry) => {
      const [from, to] = windowsOf(entry, windowMs);
      return from <= window && window <= to;
    });
    const min = Math.min(...parts.map(({ generations }) => generations.min));
    const max = Math.max(...parts.map(({ generations }) => generations.max));
    if (min <= other.generations.max && other.generations.min <= max) return true;
  }
  return false;
}

/**
 * The oldest generations first, and no more than may be open at once but for what then lies
 * between.
 */
function planned(entries: readonly ManifestEntry[], windowMs: number): PlannedMerge {
  const byGeneration = (a: ManifestEntry, b: ManifestEntry) =>
    a.generations.max - b.generations.max;
  const ordered = [...entries].sort(byGeneration);
  if (ordered.length > SOURCES_MAX) {
    const oldest = ordered.slice(0, SOURCES_MAX);
    ordered.splice(0, Infinity, ...withBetween(oldest, ordered, windowMs));
    ordered.sort(byGeneration);
  }
  return { sources: ordered.map(({ id }) => id), windowMs };
}
