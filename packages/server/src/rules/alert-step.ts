/**
 * The states of one alerting rule's alerts: a pure step from one evaluation to the next.
 *
 * Inactive alerts are not kept: an alert that is not in the map is inactive. The rules R1 to R10 in
 * docs/spec/rules.md say what each step does; source: Prometheus rules/alerting.go.
 */
import { type Labels, labelsKey } from '@mon/storage/model/labels';

/** One alert, pending or firing. */
export interface ActiveAlert {
  /** The series' labels and the rule's, with `alertname`, without `__name__`. */
  readonly labels: Labels;
  readonly annotations: Readonly<Record<string, string>>;
  /** Of the expression, at the last evaluation that had one. */
  readonly value: number;
  readonly state: 'pending' | 'firing';
  /** First evaluation of the present run of true ones. */
  readonly activeAtMs: number;
  /** When it began to fire; only of firing ones. */
  readonly firedAtMs?: number;
  /** First evaluation that was not true while `keep_firing_for` keeps it firing. */
  readonly keepFiringSinceMs?: number;
}

/** By `labelsKey` of the alert's labels. */
export type ActiveAlerts = ReadonlyMap<string, ActiveAlert>;

/** A series of the expression's answer, labels and annotations expanded. */
export type AlertElement = Pick<ActiveAlert, 'labels' | 'annotations' | 'value'>;

export interface AlertTiming {
  readonly nowMs: number;
  readonly forMs: number;
  readonly keepFiringForMs: number;
}

export interface AlertStep {
  readonly after: ActiveAlerts;
  /** Alerts that fired until now, as they were. */
  readonly resolved: readonly ActiveAlert[];
  /** Whether what must survive a restart changed: states and their times, not values. */
  readonly changed: boolean;
}

export const NO_ALERTS: ActiveAlerts = new Map();

/**
 * Takes the alerts of a rule one evaluation further.
 *
 * @param elements must have different label sets
 */
export function stepAlerts(
  before: ActiveAlerts,
  elements: readonly AlertElement[],
  timing: AlertTiming,
): AlertStep {
  const after = new Map<string, ActiveAlert>();
  const resolved: ActiveAlert[] = [];
  let changed = false;
  for (const element of elements) {
    const key = labelsKey(element.labels);
    const known = before.get(key);
    const next = stepPresent(known, element, timing);
    changed ||= !known || known.state !== next.state || known.keepFiringSinceMs !== undefined;
    after.set(key, next);
  }
  for (const [key, alert] of before) {
    if (after.has(key)) continue;
    const next = stepAbsent(alert, timing);
    changed ||= next !== alert;
    if (next) after.set(key, next);
    else if (alert.state === 'firing') resolved.push(alert);
  }
  return { after, resolved, changed };
}

/** R1, R2, R4, R7, R8 */
function stepPresent(
  known: ActiveAlert | undefined,
  { labels, annotations, value }: AlertElement,
  { nowMs, forMs }: AlertTiming,
): ActiveAlert {
  const activeAtMs = known?.activeAtMs ?? nowMs;
  const current = { labels, annotations, value, activeAtMs };
  if (known?.state === 'firing') {
    return { ...current, state: 'firing', firedAtMs: known.firedAtMs ?? nowMs };
  }
  if (nowMs - activeAtMs >= forMs) return { ...current, state: 'firing', firedAtMs: nowMs };
  return { ...current, state: 'pending' };
}

/** R3, R5, R6; undefined: inactive from now on. */
function stepAbsent(
  alert: ActiveAlert,
  { nowMs, keepFiringForMs }: AlertTiming,
): ActiveAlert | undefined {
  if (alert.state === 'pending' || keepFiringForMs === 0) return undefined;
  if (alert.keepFiringSinceMs === undefined) return { ...alert, keepFiringSinceMs: nowMs };
  return nowMs - alert.keepFiringSinceMs < keepFiringForMs ? alert : undefined;
}

/** R19: the alerts as if all of it had happened `byMs` later. */
export function shiftAlerts(alerts: ActiveAlerts, byMs: number): ActiveAlerts {
  return new Map([...alerts].map(([key, alert]) => [key, shiftAlert(alert, byMs)]));
}

function shiftAlert(alert: ActiveAlert, byMs: number): ActiveAlert {
  const { firedAtMs, keepFiringSinceMs } = alert;
  return {
    ...alert,
    activeAtMs: alert.activeAtMs + byMs,
    ...(firedAtMs === undefined ? {} : { firedAtMs: firedAtMs + byMs }),
    ...(keepFiringSinceMs === undefined ? {} : { keepFiringSinceMs: keepFiringSinceMs + byMs }),
  };
}
