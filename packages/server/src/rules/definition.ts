/**
 * Rule groups as people define them: texts and durations, as they are stored and compared. What
 * runs is the compiled form (`compile-rule.ts`).
 */

export interface GroupDefinition {
  /** Unique within its file. */
  readonly name: string;
  /** Base name of the file it came from; part of its identity, as in Prometheus. */
  readonly file: string;
  /** Undefined: `global.evaluation_interval`. */
  readonly intervalMs?: number;
  /** Most series or alerts that one rule may give; 0 for any number. */
  readonly limit: number;
  /** Undefined: `global.rule_query_offset`. */
  readonly queryOffsetMs?: number;
  /** Added to the labels of every rule; a rule's own win. */
  readonly labels: Readonly<Record<string, string>>;
  readonly rules: readonly RuleDefinition[];
}

export type RuleDefinition = RecordingDefinition | AlertingDefinition;

export interface RecordingDefinition {
  readonly kind: 'recording';
  /** The metric it writes. */
  readonly name: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface AlertingDefinition {
  readonly kind: 'alerting';
  /** The alert's name, its label `alertname`. */
  readonly name: string;
  readonly expr: string;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  /** Templates. */
  readonly labels: Readonly<Record<string, string>>;
  /** Templates. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** What identifies a group among the groups of one owner. */
export function groupKey(group: Pick<GroupDefinition, 'file' | 'name'>): string {
  return `${group.file};${group.name}`;
}
