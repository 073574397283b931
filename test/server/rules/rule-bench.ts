/**
 * Rules on a table instead of an engine: answers by expression and time, samples written kept.
 */
import { MetricRegistry } from '@mon/server/metrics/registry';
import { printExpr } from '@mon/server/promql/parser/print';
import type { AlertSink, RuleAlert } from '@mon/server/rules/alert-sink';
import type { EvaluationSurroundings } from '@mon/server/rules/group-evaluator';
import { type RuleGroup, readRuleFile } from '@mon/server/rules/rule-file';
import { ruleMetrics } from '@mon/server/rules/rule-metrics';
import type { RuleQuestion } from '@mon/server/rules/rule-query';
import type { Appender, AppendOutcome, AppendRequest } from '@mon/storage/model/appender';
import { MonError } from '@mon/storage/model/error';
import { formatLabels, type Labels, labelsFromRecord } from '@mon/storage/model/labels';
import { ManualClock } from '@mon/storage/model/manual-clock';
import { bitsOf, isStaleAt } from '@mon/storage/model/sample';

export interface TableRow {
  readonly labels: Labels;
  readonly value: number;
}

export function row(labels: Readonly<Record<string, string>>, value: number): TableRow {
  return { labels: labelsFromRecord(labels), value };
}

export class RuleBench implements Appender, AlertSink {
  readonly clock = new ManualClock(1_700_000_000_000);
  readonly registry = new MetricRegistry();
  /** `time name{labels} value`, in the order written; the time is relative to the start, s. */
  readonly written: string[] = [];
  readonly sent: RuleAlert[] = [];
  readonly logged: string[] = [];
  /** Answers by canonical expression. */
  readonly answers = new Map<string, readonly TableRow[]>();
  appendFault: MonError | undefined;
  /** Called before each answer: to hold a query back. */
  beforeAnswer: (question: RuleQuestion) => Promise<void> = async () => {};

  readonly surroundings: EvaluationSurroundings = {
    appender: this,
    sink: this,
    clock: this.clock,
    query: async (question) => {
      await this.beforeAnswer(question);
      const rows = this.answers.get(printExpr(question.expr)) ?? [];
      return {
        kind: 'vector',
        timeMs: question.timeMs,
        labels: rows.map((one) => one.labels),
        values: Float64Array.from(rows, (one) => one.value),
      };
    },
    metrics: ruleMetrics(this.registry),
    externalLabels: ['region', 'eu'],
    externalUrl: 'http://mon.test',
    log: {
      info: (_, message) => this.logged.push(message),
      warn: (_, message) => this.logged.push(message),
    },
  };

  async append(request: AppendRequest): Promise<AppendOutcome> {
    if (this.appendFault) throw this.appendFault;
    if (request.kind !== 'columns') throw new Error('rules write columns');
    const { labels, values, timestampsMs } = request.columns;
    const bits = bitsOf(values);
    labels.forEach((one, i) => {
      const seconds = ((timestampsMs[i] as number) - 1_700_000_000_000) / 1000;
      const value = isStaleAt(bits, i) ? 'stale' : values[i];
      this.written.push(`${seconds} ${formatLabels(one)} ${value}`);
    });
    return { accepted: labels.length, rejected: 0, rejections: [], metadata: [] };
  }

  receive(_tenant: string, alerts: readonly RuleAlert[]): void {
    this.sent.push(...alerts);
  }

  /** `alertname/host firing|resolved` of what was sent since the last call. */
  takeSent(): string[] {
    return this.sent.splice(0).map(({ labels, endsAtMs }) => {
      const shown = labels.filter((_, i) => i % 2 === 1).join('/');
      return `${shown} ${endsAtMs === undefined ? 'firing' : 'resolved'}`;
    });
  }

  takeWritten(): string[] {
    return this.written.splice(0);
  }
}

export function diskFull(): MonError {
  const why = 'no space left';
  return new MonError({ code: 'disk-full', what: 'Cannot write', why, mend: 'Make room.' });
}

/** The only group of a rule file. */
export function groupOf(text: string): RuleGroup {
  const group = readRuleFile({ file: 'a.yml', text }).file.groups[0];
  if (!group) throw new Error('no group');
  return group;
}
