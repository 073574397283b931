/**
 * Inhibition: alerts that are not told while another, graver one fires.
 *
 * Rule N19 in docs/spec/alerting.md; source: prometheus/alertmanager inhibit/inhibit.go.
 */
import { type Labels, labelValue } from '@mon/storage/model/labels';
import { labelsTest } from '@mon/storage/model/matcher';
import type { InhibitRule } from './config/route-settings.ts';
import { isResolved, type ManagedAlert } from './managed-alert.ts';

/** Whether an alert is held back now. */
export type Inhibits = (alert: ManagedAlert) => boolean;

interface CompiledRule {
  readonly isSource: (labels: Labels) => boolean;
  readonly isTarget: (labels: Labels) => boolean;
  readonly equal: readonly string[];
}

/** Compiles the rules once; `all` gives the present alerts at each question. */
export function inhibition(
  rules: readonly InhibitRule[],
  all: () => readonly ManagedAlert[],
): () => Inhibits {
  const compiled = rules.map((rule) => ({
    isSource: labelsTest(rule.source),
    isTarget: labelsTest(rule.target),
    equal: rule.equal,
  }));
  return () => {
    if (compiled.length === 0) return () => false;
    const firing = all().filter((alert) => !isResolved(alert));
    const sources = compiled.map((rule) => sourcesOf(rule, firing));
    return (alert) => compiled.some((rule, i) => isHeldBack(alert, rule, sources[i] as Sources));
  };
}

/** Firing source alerts by their values of `equal`. */
type Sources = ReadonlyMap<string, readonly ManagedAlert[]>;

function sourcesOf(rule: CompiledRule, firing: readonly ManagedAlert[]): Sources {
  const found = firing.filter(({ labels }) => rule.isSource(labels));
  return Map.groupBy(found, (alert) => equalKey(rule, alert));
}

function isHeldBack(alert: ManagedAlert, rule: CompiledRule, sources: Sources): boolean {
  if (!rule.isTarget(alert.labels)) return false;
  const candidates = sources.get(equalKey(rule, alert)) ?? [];
  // Alerts that are source and target at once do not hold each other back, nor themselves.
  const isBoth = rule.isSource(alert.labels);
  return candidates.some((source) => !(isBoth && rule.isTarget(source.labels)));
}

function equalKey({ equal }: CompiledRule, { tenant, labels }: ManagedAlert): string {
  return [tenant, ...equal.map((name) => labelValue(labels, name))].join('\u0000');
}
