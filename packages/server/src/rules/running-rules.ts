/**
 * All rule groups that run, of all tenants: starts, replaces and ends them, keeps their alerts on
 * disk, takes them up again after a restart.
 *
 * Rules R14 to R21 in docs/spec/rules.md.
 */
import type { TenantId } from '@mon/storage/model/tenant';
import type { AlertStateStore, StoredAlerts } from './alert-state-store.ts';
import type { ActiveAlert, ActiveAlerts } from './alert-step.ts';
import { watchClock } from './clock-watch.ts';
import { EvaluationGate } from './evaluation-gate.ts';
import {
  type EvaluationSurroundings,
  GroupEvaluator,
  type PlacedGroup,
  type RuleMemory,
} from './group-evaluator.ts';
import { ruleKeys } from './rule-key.ts';
import { groupId, type OwnedGroup } from './rule-owner.ts';
import { missedTicks, nextTick, type TickGrid, tickAt, tickGrid } from './ticks.ts';

/** How often the time of life is written. */
export const HEARTBEAT_MS = 15_000;
/** R16: after a longer time without evaluation, what was pending starts anew. */
export const OUTAGE_MAX_MS = 3600 * 1000;

export interface RunningRulesOptions {
  readonly surroundings: EvaluationSurroundings;
  readonly defaults: RuleDefaults;
  readonly store: AlertStateStore;
  /** Told of jumps of the clock too: the alert manager. */
  readonly onJump: (byMs: number) => void;
}

export interface RuleDefaults {
  readonly intervalMs: number;
  readonly queryOffsetMs: number;
}

/** A group of a tenant with the receivers its rules name. */
export interface TenantGroup extends OwnedGroup {
  readonly receivers: (ruleIndex: number) => readonly string[];
}

interface RunningGroup {
  readonly owned: TenantGroup;
  /** Equal for groups that need no restart. */
  readonly fingerprint: string;
  readonly evaluator: GroupEvaluator;
  readonly grid: TickGrid;
  cancel: () => void;
  /** The evaluation under way, or the last one. */
  done: Promise<void>;
}

export interface GroupStatus {
  readonly owned: OwnedGroup;
  readonly intervalMs: number;
  readonly evaluator: GroupEvaluator;
}

export class RunningRules {
  readonly #store: AlertStateStore;
  readonly #onJump: (byMs: number) => void;
  readonly #gate = new EvaluationGate();
  readonly #stop = new AbortController();
  readonly #tenants = new Map<TenantId, Map<string, RunningGroup>>();
  /** Alerts of before the restart that no group took over yet. */
  #restored: readonly StoredAlerts[] = [];
  #surroundings: EvaluationSurroundings;
  #defaults: RuleDefaults;
  #endWatch = (): void => {};
  #endHeartbeat = (): void => {};

  constructor(options: RunningRulesOptions) {
    this.#store = options.store;
    this.#onJump = options.onJump;
    this.#surroundings = options.surroundings;
    this.#defaults = options.defaults;
  }

  /** Reads the alerts of before the restart. Groups come with `replace`. */
  async open(): Promise<void> {
    const { clock } = this.#surroundings;
    const nowMs = clock.nowMs();
    const heartbeatMs = await this.#store.lastHeartbeatMs();
    const outageMs = heartbeatMs === undefined ? 0 : nowMs - heartbeatMs;
    const stored = await this.#store.load();
    this.#restored = stored.map((one) => ({ ...one, alerts: afterOutage(one.alerts, outageMs) }));
    await this.#store.heartbeat(nowMs);
    this.#endWatch = watchClock(clock, (byMs) => this.#jump(byMs));
    this.#beat();
  }

  /** Takes effect with the next `replace` of each tenant. */
  configure(
    defaults: RuleDefaults,
    external: Pick<EvaluationSurroundings, 'externalLabels' | 'externalUrl'>,
  ): void {
    this.#defaults = defaults;
    this.#surroundings = { ...this.#surroundings, ...external };
  }

  /**
   * Makes `groups` the groups of a tenant. Those that did not change run on; alerts and series of
   * changed and moved rules pass over; those of removed rules are resolved and ended.
   */
  async replace(tenant: TenantId, groups: readonly TenantGroup[]): Promise<void> {
    const before = new Map(this.#tenants.get(tenant));
    const after = new Map<string, RunningGroup>();
    const begun: TenantGroup[] = [];
    for (const owned of groups) {
      const id = groupId(owned);
      const known = before.get(id);
      if (known?.fingerprint === this.#fingerprint(owned)) {
        after.set(id, known);
        before.delete(id);
      } else begun.push(owned);
    }
    const legacy = await this.#end([...before.values()]);
    for (const { group, ...rest } of begun) {
      legacy.reserve(groupId({ ...rest, group }), ruleKeys(group.definition.rules));
    }
    for (const owned of begun) {
      const running = this.#begin(tenant, owned, legacy);
      after.set(groupId(owned), running);
    }
    this.#tenants.set(tenant, after);
    await this.#retire(tenant, before, legacy);
    for (const running of after.values()) await this.#save(running.evaluator);
  }

  /** Forgets alerts stored for rules that no longer exist; call once, after all `replace`s. */
  async settle(): Promise<void> {
    const gone = this.#restored;
    this.#restored = [];
    await this.#store.save(gone.map((one) => ({ ...one, alerts: new Map() })));
  }

  groups(tenant: TenantId): GroupStatus[] {
    return [...(this.#tenants.get(tenant)?.values() ?? [])].map(statusOf);
  }

  allGroups(): GroupStatus[] {
    return [...this.#tenants.values()].flatMap((groups) => [...groups.values()].map(statusOf));
  }

  /** Ends all evaluations; those under way are waited for. States stay on disk. */
  async close(): Promise<void> {
    this.#endWatch();
    this.#endHeartbeat();
    this.#stop.abort();
    const running = [...this.#tenants.values()].flatMap((groups) => [...groups.values()]);
    for (const group of running) group.cancel();
    await Promise.all(running.map((group) => group.done));
    for (const group of running) await this.#save(group.evaluator);
    await this.#store.heartbeat(this.#surroundings.clock.nowMs());
  }

  #fingerprint({ group, receivers }: TenantGroup): string {
    const named = group.rules.map((_, i) => receivers(i));
    const { externalLabels, externalUrl } = this.#surroundings;
    return JSON.stringify([
      group.definition,
      this.#intervalMs(group),
      this.#queryOffsetMs(group),
      named,
      externalLabels,
      externalUrl,
    ]);
  }

  #intervalMs({ definition }: OwnedGroup['group']): number {
    return definition.intervalMs ?? this.#defaults.intervalMs;
  }

  #queryOffsetMs({ definition }: OwnedGroup['group']): number {
    return definition.queryOffsetMs ?? this.#defaults.queryOffsetMs;
  }

  #begin(tenant: TenantId, owned: TenantGroup, legacy: Legacy): RunningGroup {
    const id = groupId(owned);
    const { group, receivers } = owned;
    const queryOffsetMs = this.#queryOffsetMs(group);
    const placed: PlacedGroup = { tenant, id, group, queryOffsetMs, receivers };
    const recall = (ruleKey: string): RuleMemory | undefined => {
      return legacy.take(id, ruleKey) ?? this.#takeRestored({ tenant, groupId: id, ruleKey });
    };
    const evaluator = new GroupEvaluator(placed, this.#surroundings, recall);
    const grid = tickGrid(`${tenant}/${id}`, this.#intervalMs(group));
    const fingerprint = this.#fingerprint(owned);
    const running: RunningGroup = {
      ...{ owned, fingerprint, evaluator, grid },
      cancel: () => {},
      done: Promise.resolve(),
    };
    evaluator.announce();
    this.#scheduleNext(running);
    return running;
  }

  #takeRestored(place: Omit<StoredAlerts, 'alerts'>): RuleMemory | undefined {
    const found = this.#restored.find(
      (one) =>
        one.tenant === place.tenant &&
        one.groupId === place.groupId &&
        one.ruleKey === place.ruleKey,
    );
    if (!found) return undefined;
    this.#restored = this.#restored.filter((one) => one !== found);
    return { alerts: found.alerts, series: [] };
  }

  #scheduleNext(running: RunningGroup): void {
    if (this.#stop.signal.aborted) return;
    const { clock } = this.#surroundings;
    const nowMs = clock.nowMs();
    const tickMs = nextTick(running.grid, nowMs);
    running.cancel = clock.after(tickMs - nowMs, () => {
      // A timer may fire a little early; a tick far away means that the clock was set.
      const isNear = Math.abs(clock.nowMs() - tickMs) < running.grid.intervalMs;
      const timeMs = isNear ? tickMs : tickAt(running.grid, clock.nowMs());
      running.done = this.#evaluate(running, timeMs);
    });
  }

  async #evaluate(running: RunningGroup, timeMs: number): Promise<void> {
    const { clock, metrics } = this.#surroundings;
    await this.#gate.run(() => running.evaluator.evaluate(timeMs, this.#stop.signal));
    await this.#save(running.evaluator);
    metrics.iterationsMissed.add(missedTicks(running.grid, timeMs, clock.nowMs()));
    this.#scheduleNext(running);
  }

  async #save(evaluator: GroupEvaluator): Promise<void> {
    const { tenant, id } = evaluator.placed;
    const dirty = evaluator.takeDirty();
    await this.#store.save(dirty.map((one) => ({ ...one, tenant, groupId: id })));
  }

  async #end(groups: readonly RunningGroup[]): Promise<Legacy> {
    for (const group of groups) group.cancel();
    await Promise.all(groups.map((group) => group.done));
    // An evaluation that was under way has set the next one.
    for (const group of groups) group.cancel();
    const legacy = new Legacy();
    for (const { evaluator } of groups) legacy.add(evaluator.placed.id, evaluator.memories());
    return legacy;
  }

  /** R20 */
  async #retire(
    tenant: TenantId,
    ended: ReadonlyMap<string, RunningGroup>,
    legacy: Legacy,
  ): Promise<void> {
    const { clock } = this.#surroundings;
    for (const [id, { evaluator }] of ended) {
      const left = legacy.left(id);
      await evaluator.retire(left, clock.nowMs());
      const taken = [...evaluator.memories().keys()];
      const current = this.#tenants.get(tenant)?.get(id)?.evaluator.memories();
      const gone = taken.filter((ruleKey) => !current?.has(ruleKey));
      await this.#store.save(
        gone.map((ruleKey) => ({ tenant, groupId: id, ruleKey, alerts: new Map() })),
      );
    }
  }

  #jump(byMs: number): void {
    const { log } = this.#surroundings;
    log.warn({ byMs }, 'the clock jumped; times of alerts move with it');
    for (const { evaluator } of this.allGroups()) evaluator.shift(byMs);
    this.#onJump(byMs);
  }

  #beat(): void {
    const { clock } = this.#surroundings;
    this.#endHeartbeat = clock.after(HEARTBEAT_MS, () => {
      void this.#store.heartbeat(clock.nowMs());
      this.#beat();
    });
  }
}

/** What ended groups leave to their successors. */
class Legacy {
  readonly #left = new Map<string, Map<string, RuleMemory>>();
  /** Of rules that stay in their group: no moved rule gets these. */
  readonly #reserved = new Map<string, RuleMemory>();

  add(id: string, memories: Map<string, RuleMemory>): void {
    this.#left.set(id, memories);
  }

  reserve(id: string, ruleKeys: readonly string[]): void {
    const memories = this.#left.get(id);
    for (const ruleKey of ruleKeys) {
      const memory = memories?.get(ruleKey);
      if (memory) this.#reserved.set(`${id}/${ruleKey}`, memory);
      memories?.delete(ruleKey);
    }
  }

  /** The memory of the same rule in the same group, else of the rule that moved here. */
  take(id: string, ruleKey: string): RuleMemory | undefined {
    const reserved = this.#reserved.get(`${id}/${ruleKey}`);
    if (reserved) return reserved;
    const from = [...this.#left.values()].find((memories) => memories.has(ruleKey));
    const memory = from?.get(ruleKey);
    from?.delete(ruleKey);
    return memory;
  }

  /** Rule keys that nobody took. */
  left(id: string): ReadonlySet<string> {
    return new Set(this.#left.get(id)?.keys());
  }
}

/** R15, R16: the time without evaluation counts for nothing, and a long one starts pending anew. */
function afterOutage(alerts: ActiveAlerts, outageMs: number): ActiveAlerts {
  if (outageMs <= 0) return alerts;
  const kept = new Map<string, ActiveAlert>();
  for (const [key, alert] of alerts) {
    const { keepFiringSinceMs } = alert;
    if (alert.state === 'pending') {
      if (outageMs > OUTAGE_MAX_MS) continue;
      kept.set(key, { ...alert, activeAtMs: alert.activeAtMs + outageMs });
    } else if (keepFiringSinceMs !== undefined) {
      kept.set(key, { ...alert, keepFiringSinceMs: keepFiringSinceMs + outageMs });
    } else kept.set(key, alert);
  }
  return kept;
}

function statusOf({ owned, evaluator, grid }: RunningGroup): GroupStatus {
  return { owned, evaluator, intervalMs: grid.intervalMs };
}
