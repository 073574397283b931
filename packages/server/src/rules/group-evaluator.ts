/**
 * One rule group: evaluates its rules in order, writes what they give, keeps their alerts.
 *
 * A rule sees what earlier rules of its group wrote (R26): rows are gathered and written when a
 * later rule may read them, and at the end. A failing rule changes nothing but its health (R11).
 */
import type { Appender } from '@mon/storage/model/appender';
import type { Clock } from '@mon/storage/model/clock';
import { MonError, reasonOf } from '@mon/storage/model/error';
import { type Labels, labelValue, METRIC_NAME } from '@mon/storage/model/labels';
import type { TenantId } from '@mon/storage/model/tenant';
import { escapeQuery } from '../alerting/template/builtins.ts';
import type { QueriedSeries } from '../alerting/template/rule-template.ts';
import { type Expr, typeOf } from '../promql/parser/ast.ts';
import { parse } from '../promql/parser/parse.ts';
import { alertElements } from './alert-elements.ts';
import { alertRows } from './alert-rows.ts';
import type { AlertSink, RuleAlert } from './alert-sink.ts';
import {
  type ActiveAlert,
  type ActiveAlerts,
  NO_ALERTS,
  shiftAlerts,
  stepAlerts,
} from './alert-step.ts';
import type { CompiledAlerting, CompiledRule } from './compile-rule.ts';
import { type MetricsRead, metricsRead } from './metrics-read.ts';
import { recordingRows } from './recording-rows.ts';
import { limitExceeded } from './rule-errors.ts';
import type { RuleGroup } from './rule-file.ts';
import { ruleKeys } from './rule-key.ts';
import type { RuleMetrics } from './rule-metrics.ts';
import { forEachSeries, type RuleQuery } from './rule-query.ts';
import {
  liveSeries,
  type SampleRow,
  type SampleRows,
  staleRows,
  toColumns,
  withStaleRows,
} from './sample-rows.ts';

/** What all groups share. */
export interface EvaluationSurroundings {
  readonly appender: Appender;
  readonly query: RuleQuery;
  readonly sink: AlertSink;
  readonly clock: Clock;
  readonly metrics: RuleMetrics;
  readonly externalLabels: Labels;
  readonly externalUrl: string;
  readonly log: RuleLog;
}

export interface RuleLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** A group where it belongs, its defaults filled in. */
export interface PlacedGroup {
  readonly tenant: TenantId;
  /** Identifies the group within its tenant. */
  readonly id: string;
  readonly group: RuleGroup;
  readonly queryOffsetMs: number;
  /** Receivers that a rule names itself, by its index. */
  readonly receivers: (ruleIndex: number) => readonly string[];
}

export type RuleHealth = 'unknown' | 'ok' | 'err';

/** What people see of a rule that runs. */
export interface RuleStatus {
  readonly rule: CompiledRule;
  readonly health: RuleHealth;
  readonly lastError: string;
  /** Undefined before the first evaluation. */
  readonly lastEvaluationMs: number | undefined;
  readonly evaluationSeconds: number;
  readonly alerts: ActiveAlerts;
}

/** What survives a change of the group, and for alerts a restart. */
export interface RuleMemory {
  readonly alerts: ActiveAlerts;
  /** Series written at the last evaluation. */
  readonly series: readonly Labels[];
  /** Of the last evaluation; undefined after a restart. */
  readonly status?: RuleStatus;
}

interface RuleState {
  readonly rule: CompiledRule;
  readonly key: string;
  readonly reads: MetricsRead;
  health: RuleHealth;
  lastError: string;
  lastEvaluationMs: number | undefined;
  evaluationSeconds: number;
  alerts: ActiveAlerts;
  series: readonly Labels[];
  /** Whether the alerts differ from what is stored. */
  isDirty: boolean;
}

/** Alerts of a rule that should be stored now. */
export interface DirtyAlerts {
  readonly ruleKey: string;
  readonly alerts: ActiveAlerts;
}

export class GroupEvaluator {
  readonly placed: PlacedGroup;
  readonly #surroundings: EvaluationSurroundings;
  readonly #states: readonly RuleState[];
  #lastEvaluationMs: number | undefined;
  #evaluationSeconds = 0;

  constructor(
    placed: PlacedGroup,
    surroundings: EvaluationSurroundings,
    recall: (ruleKey: string) => RuleMemory | undefined,
  ) {
    this.placed = placed;
    this.#surroundings = surroundings;
    const keys = ruleKeys(placed.group.rules.map((rule) => rule.definition));
    this.#states = placed.group.rules.map((rule, i) => {
      const key = keys[i] as string;
      return newState(rule, key, recall(key));
    });
  }

  get statuses(): readonly RuleStatus[] {
    return this.#states;
  }

  get lastEvaluationMs(): number | undefined {
    return this.#lastEvaluationMs;
  }

  get evaluationSeconds(): number {
    return this.#evaluationSeconds;
  }

  /** What a successor of this group may take over, by rule key. */
  memories(): Map<string, RuleMemory> {
    return new Map(
      this.#states.map((state) => {
        const { key, alerts, series } = state;
        return [key, { alerts, series, status: state }];
      }),
    );
  }

  /** Tells the sink of alerts that fired before a restart, so that it knows all at once. */
  announce(): void {
    this.#states.forEach((state, i) => {
      const firing = [...state.alerts.values()].filter((alert) => alert.state === 'firing');
      if (state.rule.kind === 'alerting') this.#send(i, firing, undefined);
    });
  }

  /** R19: the clock was set forward or back by so much. */
  shift(byMs: number): void {
    for (const state of this.#states) {
      if (state.alerts.size === 0) continue;
      state.alerts = shiftAlerts(state.alerts, byMs);
      state.isDirty = true;
    }
  }

  /** Alerts that changed since they were last taken from here. */
  takeDirty(): DirtyAlerts[] {
    const dirty = this.#states.filter((state) => state.isDirty);
    for (const state of dirty) state.isDirty = false;
    return dirty.map(({ key, alerts }) => ({ ruleKey: key, alerts }));
  }

  /** Evaluates all rules at a time. Resolves when everything is written; never rejects. */
  async evaluate(timeMs: number, signal: AbortSignal): Promise<void> {
    const { clock, metrics } = this.#surroundings;
    const startedMs = clock.nowMs();
    const gathered: GatheredRow[] = [];
    const names = new Set<string>();
    for (const [i, state] of this.#states.entries()) {
      if (signal.aborted) return;
      if ([...names].some(state.reads)) {
        await this.#write(gathered.splice(0), timeMs);
        names.clear();
      }
      const rows = await this.#evaluateRule(i, timeMs, signal);
      for (const row of rows.values()) {
        gathered.push({ row, state });
        names.add(labelValue(row.labels, METRIC_NAME));
      }
    }
    await this.#write(gathered, timeMs);
    this.#lastEvaluationMs = timeMs;
    this.#evaluationSeconds = (clock.nowMs() - startedMs) / 1000;
    metrics.groupEvaluationSeconds.observe(this.#evaluationSeconds);
  }

  /** R20: the rules of these keys are gone; resolves their alerts and ends their series. */
  async retire(ruleKeys: ReadonlySet<string>, timeMs: number): Promise<void> {
    const gathered: GatheredRow[] = [];
    for (const [i, state] of this.#states.entries()) {
      if (!ruleKeys.has(state.key)) continue;
      for (const row of staleRows(state.series).values()) gathered.push({ row, state });
      const firing = [...state.alerts.values()].filter((alert) => alert.state === 'firing');
      this.#send(i, firing, timeMs);
      state.alerts = NO_ALERTS;
    }
    await this.#write(gathered, timeMs);
  }

  async #evaluateRule(i: number, timeMs: number, signal: AbortSignal): Promise<SampleRows> {
    const { clock, metrics, query } = this.#surroundings;
    const state = this.#states[i] as RuleState;
    const startedMs = clock.nowMs();
    metrics.evaluations.add();
    try {
      const askedMs = timeMs - this.placed.queryOffsetMs;
      const { tenant } = this.placed;
      const { expr, definition } = state.rule;
      const question = { tenant, expr, text: definition.expr, timeMs: askedMs, signal };
      const result = await query(question);
      const { limit } = this.placed.group.definition;
      const rows =
        state.rule.kind === 'recording'
          ? recordingRows(state.rule, result, limit)
          : await this.#stepAlerts(i, state.rule, { result, timeMs, askedMs, signal });
      const all = withStaleRows(rows, state.series);
      state.series = liveSeries(rows);
      state.health = 'ok';
      state.lastError = '';
      return all;
    } catch (thrown) {
      // One rule's bug must not end the alerting of all others: it shows as the rule's error.
      if (signal.aborted) return new Map();
      this.#fail(state, thrown);
      return new Map();
    } finally {
      state.lastEvaluationMs = timeMs;
      state.evaluationSeconds = (clock.nowMs() - startedMs) / 1000;
    }
  }

  async #stepAlerts(i: number, rule: CompiledAlerting, answer: Answer): Promise<SampleRows> {
    const state = this.#states[i] as RuleState;
    const { definition } = this.placed.group;
    const { result, timeMs, askedMs, signal } = answer;
    const { externalLabels, externalUrl, metrics, log } = this.#surroundings;
    const { elements, failures } = await alertElements(rule, result, {
      externalLabels,
      externalUrl,
      timeMs: askedMs,
      query: (text) => this.#answerTemplate(text, askedMs, signal),
    });
    for (const failure of failures) {
      metrics.templateFailures.add();
      log.warn({ group: definition.name, rule: rule.definition.name, failure }, 'template failed');
    }
    const { forMs, keepFiringForMs } = rule.definition;
    const step = stepAlerts(state.alerts, elements, { nowMs: timeMs, forMs, keepFiringForMs });
    if (definition.limit > 0 && step.after.size > definition.limit) {
      this.#forget(i, timeMs);
      throw limitExceeded(definition.limit, `${step.after.size} alerts`);
    }
    state.alerts = step.after;
    state.isDirty ||= step.changed;
    this.#send(i, step.resolved, timeMs);
    const firing = [...step.after.values()].filter((alert) => alert.state === 'firing');
    this.#send(i, firing, undefined);
    return alertRows(step.after);
  }

  /** R10: too many alerts; none of them is kept. */
  #forget(i: number, timeMs: number): void {
    const state = this.#states[i] as RuleState;
    const firing = [...state.alerts.values()].filter((alert) => alert.state === 'firing');
    this.#send(i, firing, timeMs);
    state.isDirty ||= state.alerts.size > 0;
    state.alerts = NO_ALERTS;
  }

  async #answerTemplate(
    text: string,
    timeMs: number,
    signal: AbortSignal,
  ): Promise<readonly QueriedSeries[]> {
    const expr: Expr = parse(text);
    const type = typeOf(expr);
    if (type !== 'vector' && type !== 'scalar') {
      throw new Error('query result is not a vector or scalar');
    }
    const { tenant } = this.placed;
    const result = await this.#surroundings.query({ tenant, expr, text, timeMs, signal });
    const series: QueriedSeries[] = [];
    forEachSeries(result, (labels, value) => series.push({ labels, value }));
    return series;
  }

  #send(i: number, alerts: readonly ActiveAlert[], endsAtMs: number | undefined): void {
    if (alerts.length === 0) return;
    const { sink, externalUrl } = this.#surroundings;
    const { expr } = (this.#states[i] as RuleState).rule.definition;
    const generatorUrl = `${externalUrl}/graph?g0.expr=${escapeQuery(expr)}&g0.tab=1`;
    const receivers = this.placed.receivers(i);
    const sent: RuleAlert[] = alerts.map((alert) => {
      const { labels, annotations, value, activeAtMs } = alert;
      const startsAtMs = alert.firedAtMs ?? activeAtMs;
      return { labels, annotations, value, startsAtMs, endsAtMs, generatorUrl, receivers };
    });
    sink.receive(this.placed.tenant, sent);
  }

  async #write(gathered: readonly GatheredRow[], timeMs: number): Promise<void> {
    if (gathered.length === 0) return;
    const { appender, metrics, log } = this.#surroundings;
    const rows: SampleRow[] = gathered.map(({ row }) => row);
    const columns = toColumns(rows, timeMs - this.placed.queryOffsetMs);
    try {
      const { tenant } = this.placed;
      const { accepted, rejected, rejections } = await appender.append({
        kind: 'columns',
        tenant,
        columns,
      });
      metrics.samplesWritten.add(accepted);
      metrics.samplesRejected.add(rejected);
      const [first] = rejections;
      if (first) {
        const { name } = this.placed.group.definition;
        log.warn({ group: name, rejected, reason: first.reason }, 'samples of rules refused');
      }
    } catch (thrown) {
      if (!(thrown instanceof MonError)) throw thrown;
      for (const state of new Set(gathered.map((one) => one.state))) this.#fail(state, thrown);
    }
  }

  #fail(state: RuleState, thrown: unknown): void {
    state.health = 'err';
    state.lastError = reasonOf(thrown);
    this.#surroundings.metrics.evaluationFailures.add();
    const { name } = this.placed.group.definition;
    const fields = { group: name, rule: state.rule.definition.name, reason: state.lastError };
    this.#surroundings.log.warn(fields, 'rule failed');
  }
}

interface GatheredRow {
  readonly row: SampleRow;
  readonly state: RuleState;
}

interface Answer {
  readonly result: Awaited<ReturnType<RuleQuery>>;
  readonly timeMs: number;
  readonly askedMs: number;
  readonly signal: AbortSignal;
}

function newState(rule: CompiledRule, key: string, memory: RuleMemory | undefined): RuleState {
  const before = memory?.status;
  const isSame = before?.rule.definition.expr === rule.definition.expr;
  return {
    rule,
    key,
    reads: readsOf(rule),
    health: isSame ? before.health : 'unknown',
    lastError: isSame ? before.lastError : '',
    lastEvaluationMs: isSame ? before.lastEvaluationMs : undefined,
    evaluationSeconds: isSame ? before.evaluationSeconds : 0,
    alerts: memory?.alerts ?? NO_ALERTS,
    series: memory?.series ?? [],
    isDirty: (memory?.alerts.size ?? 0) > 0,
  };
}

function readsOf(rule: CompiledRule): MetricsRead {
  const { definition } = rule;
  if (definition.kind === 'alerting') {
    const texts = [...Object.values(definition.labels), ...Object.values(definition.annotations)];
    // What a template asks is known only when it runs.
    if (texts.some((text) => /\bquery\b/.test(text))) return () => true;
  }
  return metricsRead(rule.expr);
}
