/**
 * What the rules say of themselves under /metrics.
 */
import type { Counter, Histogram, MetricRegistry, Reading } from '../metrics/registry.ts';

export interface RuleMetrics {
  readonly evaluations: Counter;
  readonly evaluationFailures: Counter;
  readonly groupEvaluationSeconds: Histogram;
  readonly iterationsMissed: Counter;
  readonly samplesWritten: Counter;
  readonly samplesRejected: Counter;
  readonly templateFailures: Counter;
  readonly stateWriteFailures: Counter;
}

/** What is read when /metrics is asked. */
export interface RuleGauges {
  readonly groups: () => number;
  readonly rules: () => number;
  readonly alerts: () => readonly Reading[];
  readonly lastEvaluationSeconds: () => number;
}

export function ruleMetrics(registry: MetricRegistry): RuleMetrics {
  return {
    evaluations: registry.counter({
      name: 'mon_rule_evaluations_total',
      help: 'Evaluations of rules.',
    }),
    evaluationFailures: registry.counter({
      name: 'mon_rule_evaluation_failures_total',
      help: 'Evaluations of rules that failed.',
    }),
    groupEvaluationSeconds: registry.histogram({
      name: 'mon_rule_group_evaluation_seconds',
      help: 'How long evaluations of rule groups took.',
    }),
    iterationsMissed: registry.counter({
      name: 'mon_rule_group_iterations_missed_total',
      help: 'Evaluations of rule groups left out because the one before took too long.',
    }),
    samplesWritten: registry.counter({
      name: 'mon_rule_samples_written_total',
      help: 'Samples that rules wrote.',
    }),
    samplesRejected: registry.counter({
      name: 'mon_rule_samples_rejected_total',
      help: 'Samples of rules that storage refused.',
    }),
    templateFailures: registry.counter({
      name: 'mon_rule_template_failures_total',
      help: 'Templates of labels and annotations that failed.',
    }),
    stateWriteFailures: registry.counter({
      name: 'mon_rule_state_write_failures_total',
      help: 'Failed attempts to store the states of alerts; they are tried again.',
    }),
  };
}

export function registerRuleGauges(registry: MetricRegistry, gauges: RuleGauges): void {
  registry.gauge({ name: 'mon_rule_groups', help: 'Rule groups that run.' }, gauges.groups);
  registry.gauge({ name: 'mon_rules', help: 'Rules that run.' }, gauges.rules);
  registry.gauge(
    { name: 'mon_alerts', help: 'Alerts of rules by state.', labels: ['state'] },
    gauges.alerts,
  );
  registry.gauge(
    {
      name: 'mon_rule_last_evaluation_seconds',
      help: 'Time all groups together took at their last evaluation.',
    },
    gauges.lastEvaluationSeconds,
  );
}
