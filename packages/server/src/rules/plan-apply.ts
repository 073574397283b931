/**
 * What applying rule files to a set would change: a pure plan, by meaning and not by text.
 *
 * Expressions are compared as trees, labels as maps, durations as times; a file written otherwise
 * that means the same changes nothing. Groups are matched by file and name, rules within a group by
 * kind, name and labels, then by kind and name.
 */

import { formatDurationMs } from '@mon/storage/model/duration';
import { compareText } from '@mon/storage/model/labels';
import { canonicalExpr } from './compile-rule.ts';
import { type GroupDefinition, groupKey, type RuleDefinition } from './definition.ts';
import { ruleKeys } from './rule-key.ts';

export interface ApplyPlan {
  /** Every group of before and after, by file and name. */
  readonly groups: readonly GroupChange[];
  /** Counts of rules. */
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly unchanged: number;
  readonly hasChanges: boolean;
  /** The set as it will be. */
  readonly result: readonly GroupDefinition[];
}

export interface GroupChange {
  /** `kept`: in the set, not in the files, and not to be pruned. */
  readonly kind: 'added' | 'changed' | 'removed' | 'unchanged' | 'kept';
  readonly file: string;
  readonly name: string;
  /** Of the group itself: interval, limit, query_offset, labels, order of rules. */
  readonly fields: readonly FieldChange[];
  readonly rules: readonly RuleChange[];
}

export interface RuleChange {
  readonly kind: 'added' | 'changed' | 'removed' | 'unchanged';
  readonly ruleKind: RuleDefinition['kind'];
  readonly name: string;
  /** Of a changed rule; for an added one all that it has, for a removed one all that it had. */
  readonly fields: readonly FieldChange[];
}

export interface FieldChange {
  /** As in the rule file: `expr`, `for`, `labels.severity`, ... */
  readonly field: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export interface ApplyOptions {
  /** Remove groups of the set that are not in the files. */
  readonly prune: boolean;
}

/** Compares what a set holds with what is wanted. Both must have been compiled without error. */
export function planApply(
  current: readonly GroupDefinition[],
  wanted: readonly GroupDefinition[],
  { prune }: ApplyOptions,
): ApplyPlan {
  const before = new Map(current.map((group) => [groupKey(group), group]));
  const after = new Map(wanted.map((group) => [groupKey(group), group]));
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort(compareText);
  const groups: GroupChange[] = [];
  const result: GroupDefinition[] = [];
  for (const key of keys) {
    const change = compareGroups(before.get(key), after.get(key), prune);
    groups.push(change);
    // A group that means the same stays as it is: a plan without changes writes nothing.
    const next = change.kind === 'unchanged' || change.kind === 'kept' ? before : after;
    const group = next.get(key);
    if (group) result.push(group);
  }
  const count = (kind: RuleChange['kind']): number =>
    groups.flatMap((group) => group.rules).filter((rule) => rule.kind === kind).length;
  return {
    groups,
    added: count('added'),
    changed: count('changed'),
    removed: count('removed'),
    unchanged: count('unchanged'),
    hasChanges: groups.some(({ kind }) => kind !== 'unchanged' && kind !== 'kept'),
    result,
  };
}

function compareGroups(
  before: GroupDefinition | undefined,
  after: GroupDefinition | undefined,
  prune: boolean,
): GroupChange {
  const { file, name } = (after ?? before) as GroupDefinition;
  if (!after && !prune) {
    const rules = (before?.rules ?? []).map((rule) => ruleChange('unchanged', rule, []));
    return { kind: 'kept', file, name, fields: [], rules };
  }
  const fields = compareTexts(groupTexts(before), groupTexts(after));
  const { changes, isReordered } = compareRules(before?.rules ?? [], after?.rules ?? []);
  if (isReordered)
    fields.push({ field: 'order of rules', before: 'other', after: 'as in the file' });
  const group = { file, name, fields, rules: changes };
  if (!before) return { kind: 'added', ...group };
  if (!after) return { kind: 'removed', ...group };
  const isSame = fields.length === 0 && changes.every(({ kind }) => kind === 'unchanged');
  return { kind: isSame ? 'unchanged' : 'changed', ...group };
}

function compareRules(
  before: readonly RuleDefinition[],
  after: readonly RuleDefinition[],
): { changes: RuleChange[]; isReordered: boolean } {
  const partners = matchRules(before, after);
  const changes: RuleChange[] = after.map((rule, i) => {
    const partner = partners[i];
    const old = partner === undefined ? undefined : before[partner];
    const fields = compareTexts(ruleTexts(old), ruleTexts(rule));
    if (!old) return ruleChange('added', rule, fields);
    return ruleChange(fields.length === 0 ? 'unchanged' : 'changed', rule, fields);
  });
  before.forEach((rule, i) => {
    if (!partners.includes(i)) {
      changes.push(ruleChange('removed', rule, compareTexts(ruleTexts(rule), new Map())));
    }
  });
  const order = partners.filter((partner) => partner !== undefined);
  const isReordered = order.some((partner, i) => i > 0 && partner < (order[i - 1] as number));
  return { changes, isReordered };
}

function ruleChange(
  kind: RuleChange['kind'],
  { kind: ruleKind, name }: RuleDefinition,
  fields: readonly FieldChange[],
): RuleChange {
  return { kind, ruleKind, name, fields };
}

/** For each rule of `after` the index of the same rule in `before`. */
function matchRules(
  before: readonly RuleDefinition[],
  after: readonly RuleDefinition[],
): (number | undefined)[] {
  const keysBefore = ruleKeys(before);
  const partners = ruleKeys(after).map((key): number | undefined => {
    const found = keysBefore.indexOf(key);
    return found < 0 ? undefined : found;
  });
  return partners.map((partner, i) => {
    if (partner !== undefined) return partner;
    const { kind, name } = after[i] as RuleDefinition;
    const found = before.findIndex(
      (rule, k) => rule.kind === kind && rule.name === name && !partners.includes(k),
    );
    if (found < 0) return undefined;
    partners[i] = found;
    return found;
  });
}

type Texts = Map<string, string>;

function groupTexts(group: GroupDefinition | undefined): Texts {
  const texts: Texts = new Map();
  if (!group) return texts;
  const { intervalMs, limit, queryOffsetMs, labels } = group;
  if (intervalMs !== undefined) texts.set('interval', formatDurationMs(intervalMs));
  if (limit > 0) texts.set('limit', String(limit));
  if (queryOffsetMs !== undefined) texts.set('query_offset', formatDurationMs(queryOffsetMs));
  addMap(texts, 'labels', labels);
  return texts;
}

function ruleTexts(rule: RuleDefinition | undefined): Texts {
  const texts: Texts = new Map();
  if (!rule) return texts;
  texts.set('expr', canonicalExpr(rule.expr));
  if (rule.kind === 'alerting') {
    if (rule.forMs > 0) texts.set('for', formatDurationMs(rule.forMs));
    const { keepFiringForMs } = rule;
    if (keepFiringForMs > 0) texts.set('keep_firing_for', formatDurationMs(keepFiringForMs));
    addMap(texts, 'annotations', rule.annotations);
  }
  addMap(texts, 'labels', rule.labels);
  return texts;
}

function addMap(texts: Texts, field: string, map: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(map)) texts.set(`${field}.${key}`, value);
}

function compareTexts(before: Texts, after: Texts): FieldChange[] {
  const fields = [...new Set([...before.keys(), ...after.keys()])].sort(compareText);
  return fields
    .map((field) => ({ field, before: before.get(field), after: after.get(field) }))
    .filter((change) => change.before !== change.after);
}
