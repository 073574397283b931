/**
 * What makes a rule the same rule before and after a change: its kind, name and labels, as in
 * Prometheus. A changed expression or duration keeps the states of its alerts.
 */
import { createHash } from 'node:crypto';
import type { RuleDefinition } from './definition.ts';

/** Keys of a group's rules, in order; rules that are equal in name and labels are numbered. */
export function ruleKeys(rules: readonly RuleDefinition[]): string[] {
  const counts = new Map<string, number>();
  return rules.map((rule) => {
    const labels = Object.entries(rule.labels).sort();
    const digest = createHash('sha256').update(JSON.stringify([rule.kind, rule.name, labels]));
    const key = digest.digest('hex').slice(0, 24);
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    return `${key}-${count}`;
  });
}
