/**
 * Decides whether a new series may come in while memory is short: what explodes is quarantined, so
 * that everything else goes on.
 *
 * Counts what comes in by tenant and metric, and how many values each label of it brings. Under
 * pressure the metric that grew most, with the label that has most values, is quarantined: its new
 * series that carry that label are refused until the quarantine ends. Known series never come by
 * here. Pure: pressure and time are handed in; memory is bounded by METRICS_MAX and LABELS_MAX.
 */
import { labelValue, METRIC_NAME } from '../model/labels.ts';
import type { TenantId } from '../model/tenant.ts';
import { DistinctCount } from './distinct-count.ts';

/** How short memory is: not; so that what grows is stopped; so that nothing new fits. */
export const PRESSURE = { none: 0, high: 1, full: 2 } as const;

/** Metrics whose growth is followed; of more, the half that grew least is forgotten. */
const METRICS_MAX = 1024;
/** Labels of a metric that are followed. */
const LABELS_MAX = 32;
/** Without pressure one new series of so many is looked at. */
const SAMPLING = 16;
/** A metric that grew by less is not what explodes. */
const GROWTH_MIN = 200;
/** After one quarantine the next is for what grew by no less than this share of the first. */
const NEXT_SHARE = 0.25;
/** New series that are taken between two quarantines, so that the first can take effect. */
const PATIENCE = 500;

export interface Quarantine {
  readonly tenant: TenantId;
  readonly metric: string;
  readonly label: string;
  /** Values that the label brought, about, when it was stopped. */
  readonly values: number;
  readonly sinceMs: number;
  /** New series refused since, each time they were sent. */
  readonly refused: number;
}

interface Growth {
  readonly tenant: TenantId;
  readonly metric: string;
  series: number;
  readonly labels: Map<string, DistinctCount>;
}

type MutableQuarantine = { -readonly [K in keyof Quarantine]: Quarantine[K] };

export interface GuardSurroundings {
  readonly pressure: () => number;
  readonly nowMs: () => number;
}

export class SeriesGuard {
  readonly #surroundings: GuardSurroundings;
  #growth = new Map<string, Growth>();
  readonly #quarantines = new Map<string, MutableQuarantine[]>();
  #sinceLast = PATIENCE;
  #seen = 0;
  /** By how much a metric must have grown to be what explodes. */
  #growthMin = GROWTH_MIN;
  /** New series refused, each time they were sent. */
  refused = 0;

  constructor(surroundings: GuardSurroundings) {
    this.#surroundings = surroundings;
  }

  /** Whether the next new series is to be shown to `refuse`; else it may come in unseen. */
  looks(): boolean {
    if (this.#quarantines.size > 0 || this.#surroundings.pressure() > PRESSURE.none) return true;
    return this.#seen++ % SAMPLING === 0;
  }

  /** Why a new series may not come in; undefined where it may. */
  refuse(tenant: TenantId, labels: readonly string[]): string | undefined {
    const metric = labelValue(labels, METRIC_NAME);
    const key = `${tenant}\u0000${metric}`;
    const pressure = this.#surroundings.pressure();
    const known = this.#quarantineOf(key, labels);
    if (known !== undefined) return refusal(known);
    this.#note({ key, tenant, metric }, labels, pressure === PRESSURE.none ? SAMPLING : 1);
    if (pressure === PRESSURE.none) return undefined;
    if (this.#sinceLast++ >= PATIENCE && this.#choose()) {
      const chosen = this.#quarantineOf(key, labels);
      if (chosen !== undefined) return refusal(chosen);
    }
    if (pressure < PRESSURE.full) return undefined;
    this.refused++;
    return `${metric || 'the series'} is new, and the memory budget for series is used up`;
  }

  /** Metrics that are quarantined. */
  get count(): number {
    return this.#quarantines.size;
  }

  get quarantines(): readonly Quarantine[] {
    return [...this.#quarantines.values()].flat().map((one) => ({ ...one }));
  }

  /** Ends quarantines: of one metric, or all. */
  release(metric?: string): void {
    for (const [key, all] of this.#quarantines) {
      if (metric === undefined || all[0]?.metric === metric) this.#quarantines.delete(key);
    }
    this.#sinceLast = PATIENCE;
  }

  /** To be called when series have left: growth counts anew, and what has passed is let in again. */
  settle(): void {
    this.#growth = new Map();
    this.#growthMin = GROWTH_MIN;
    if (this.#surroundings.pressure() === PRESSURE.none) this.release();
  }

  #quarantineOf(key: string, labels: readonly string[]): MutableQuarantine | undefined {
    const found = this.#quarantines
      .get(key)
      ?.find(({ label }) => labelValue(labels, label) !== '' || label === METRIC_NAME);
    if (found !== undefined) {
      found.refused++;
      this.refused++;
    }
    return found;
  }

  #note(
    { key, tenant, metric }: { key: string; tenant: TenantId; metric: string },
    labels: readonly string[],
    weight: number,
  ): void {
    let growth = this.#growth.get(key);
    if (growth === undefined) {
      if (this.#growth.size >= METRICS_MAX) this.#forgetHalf();
      growth = { tenant, metric, series: 0, labels: new Map() };
      this.#growth.set(key, growth);
    }
    growth.series += weight;
    for (let i = 0; i < labels.length; i += 2) {
      const name = labels[i] as string;
      if (name === METRIC_NAME) continue;
      let values = growth.labels.get(name);
      if (values === undefined) {
        if (growth.labels.size >= LABELS_MAX) continue;
        values = new DistinctCount();
        growth.labels.set(name, values);
      }
      values.add(labels[i + 1] as string);
    }
  }

  #forgetHalf(): void {
    const sorted = [...this.#growth].sort(([, a], [, b]) => b.series - a.series);
    this.#growth = new Map(sorted.slice(0, METRICS_MAX / 2));
  }

  /** Quarantines what grew most; false where nothing did. */
  #choose(): boolean {
    let most: Growth | undefined;
    for (const growth of this.#growth.values()) {
      if (growth.series > (most?.series ?? this.#growthMin)) most = growth;
    }
    if (most === undefined) return false;
    this.#sinceLast = 0;
    this.#growthMin = Math.max(this.#growthMin, NEXT_SHARE * most.series);
    const { tenant, metric, labels } = most;
    let [label, values] = [METRIC_NAME, 0];
    for (const [name, counted] of labels) {
      const { estimate } = counted;
      if (estimate > values) [label, values] = [name, estimate];
    }
    const key = `${tenant}\u0000${metric}`;
    const quarantine = { tenant, metric, label, values, sinceMs: this.#surroundings.nowMs() };
    const others = this.#quarantines.get(key) ?? [];
    this.#quarantines.set(key, [...others, { ...quarantine, refused: 0 }]);
    this.#growth.delete(key);
    return true;
  }
}

function refusal({ metric, label, values }: Quarantine): string {
  return (
    `${metric} is quarantined: its label ${label} brought about ${values} values, ` +
    'and memory for series is short; series known before go on'
  );
}
