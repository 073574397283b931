/**
 * Whether a receiver is to be told of a group's state, and why: a pure function of what it was told
 * last and what is now.
 *
 * Rules N9 to N14 in docs/spec/alerting.md; source: prometheus/alertmanager notify/notify.go
 * (DedupStage.needsUpdate).
 */

/** What a receiver was told of a group last. Alerts are named by fingerprint. */
export interface LastNotice {
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  readonly atMs: number;
}

export interface GroupState {
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  readonly nowMs: number;
  readonly repeatIntervalMs: number;
  /** Whether the receiver wants to hear of resolved alerts. */
  readonly sendsResolved: boolean;
}

export type NotifyReason =
  | 'first-firing'
  | 'new-firing'
  | 'all-resolved'
  | 'new-resolved'
  | 'repeat-interval';

export type SkipReason = 'nothing-firing' | 'already-resolved' | 'already-told';

export type NotifyDecision =
  | { readonly kind: 'notify'; readonly reason: NotifyReason }
  | { readonly kind: 'skip'; readonly reason: SkipReason };

export function decideNotify(last: LastNotice | undefined, state: GroupState): NotifyDecision {
  const { firing, resolved, nowMs, repeatIntervalMs, sendsResolved } = state;
  if (!last) return firing.length > 0 ? notify('first-firing') : skip('nothing-firing');
  if (!isSubset(firing, last.firing)) return notify('new-firing');
  if (firing.length === 0) {
    // Told even to who does not want resolved ones, so that the log knows that nothing fires.
    return last.firing.length > 0 ? notify('all-resolved') : skip('already-resolved');
  }
  if (sendsResolved && !isSubset(resolved, last.resolved)) return notify('new-resolved');
  const isDue = last.atMs < nowMs - repeatIntervalMs;
  return isDue ? notify('repeat-interval') : skip('already-told');
}

function isSubset(part: readonly string[], whole: readonly string[]): boolean {
  const known = new Set(whole);
  return part.every((one) => known.has(one));
}

function notify(reason: NotifyReason): NotifyDecision {
  return { kind: 'notify', reason };
}

function skip(reason: SkipReason): NotifyDecision {
  return { kind: 'skip', reason };
}
