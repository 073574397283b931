/**
 * One scan for all reads of the same series whose times overlap.
 */
import { compareText } from '@mon/storage/model/labels';
import { formatMatcher } from '@mon/storage/model/matcher';
import type { SelectHints } from '@mon/storage/model/queryable';
import type { ReadPlan, ScanPlan } from './plan.ts';

/** Distributes the reads of a query over scans; each read is in exactly one. */
export function shareScans(reads: readonly ReadPlan[]): ScanPlan[] {
  const scans = reads.filter((read) => !read.isShareable).map((read) => scanOf([read]));
  const bySelector = new Map<string, ReadPlan[]>();
  for (const read of reads) {
    if (!read.isShareable) continue;
    const key = read.matchers.map(formatMatcher).sort(compareText).join(',');
    const list = bySelector.get(key) ?? [];
    bySelector.set(key, list);
    list.push(read);
  }
  for (const list of bySelector.values()) {
    list.sort((a, b) => a.startMs - b.startMs);
    let together: ReadPlan[] = [];
    let endMs = Number.NEGATIVE_INFINITY;
    for (const read of list) {
      if (read.startMs > endMs + 1 && together.length > 0) {
        scans.push(scanOf(together));
        together = [];
      }
      together.push(read);
      endMs = Math.max(endMs, read.endMs);
    }
    scans.push(scanOf(together));
  }
  return scans;
}

function scanOf(reads: readonly ReadPlan[]): ScanPlan {
  const first = reads[0] as ReadPlan;
  return {
    matchers: first.matchers,
    startMs: Math.min(...reads.map((read) => read.startMs)),
    endMs: Math.max(...reads.map((read) => read.endMs)),
    hints: reads.length === 1 ? first.hints : sharedHints(reads),
    reads,
  };
}

/** Hints that hold for every reader: only a function that all of them apply is named. */
function sharedHints(reads: readonly ReadPlan[]): SelectHints {
  const calls = new Set(reads.map((read) => read.hints.call));
  return {
    call: calls.size === 1 ? (reads[0] as ReadPlan).hints.call : '',
    stepMs: Math.min(...reads.map((read) => read.hints.stepMs)),
    rangeMs: Math.max(...reads.map((read) => read.hints.rangeMs)),
  };
}
