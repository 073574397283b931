/**
 * Relabeling: a list of rules that rewrite a label set or drop it.
 *
 * Results are Prometheus's, rule by rule: model/relabel/relabel.go.
 */
import { createHash } from 'node:crypto';
import { unreachable } from '@mon/storage/model/assert';
import { type Labels, labelsFromPairs } from '@mon/storage/model/labels';
import type { RelabelRule } from './relabel-rule.ts';

/** The label set after all rules, in order; undefined where one of them drops it. */
export function relabel(labels: Labels, rules: readonly RelabelRule[]): Labels | undefined {
  if (rules.length === 0) return labels;
  const set = new Map<string, string>();
  for (let i = 0; i < labels.length; i += 2) set.set(labels[i] as string, labels[i + 1] as string);
  for (const rule of rules) if (!applyRule(set, rule)) return undefined;
  return labelsFromPairs(set);
}

/** Rewrites the set in place; false: it is dropped. */
function applyRule(set: Map<string, string>, rule: RelabelRule): boolean {
  const { action, regex, targetLabel } = rule;
  const value = rule.sourceLabels.map((name) => set.get(name) ?? '').join(rule.separator);
  switch (action) {
    case 'keep':
      return regex.matches(value);
    case 'drop':
      return !regex.matches(value);
    case 'keepequal':
      return (set.get(targetLabel) ?? '') === value;
    case 'dropequal':
      return (set.get(targetLabel) ?? '') !== value;
    case 'replace':
      replace(set, rule, value);
      return true;
    case 'lowercase':
      setLabel(set, targetLabel, value.toLowerCase());
      return true;
    case 'uppercase':
      setLabel(set, targetLabel, value.toUpperCase());
      return true;
    case 'hashmod':
      setLabel(set, targetLabel, String(md5Low(value) % rule.modulus));
      return true;
    case 'labelmap':
      for (const [name, own] of [...set]) {
        const mapped = regex.expand(name, rule.replacement);
        if (mapped !== undefined) setLabel(set, mapped, own);
      }
      return true;
    case 'labeldrop':
      for (const name of [...set.keys()]) if (regex.matches(name)) set.delete(name);
      return true;
    case 'labelkeep':
      for (const name of [...set.keys()]) if (!regex.matches(name)) set.delete(name);
      return true;
    default:
      return unreachable(action);
  }
}

function replace(set: Map<string, string>, rule: RelabelRule, value: string): void {
  const target = rule.regex.expand(value, rule.targetLabel);
  // A target that comes out empty is no label name; the rule then does nothing.
  if (target === undefined || target === '') return;
  setLabel(set, target, rule.regex.expand(value, rule.replacement) ?? '');
}

/** An empty value is no label. */
function setLabel(set: Map<string, string>, name: string, value: string): void {
  if (value === '') set.delete(name);
  else if (name !== '') set.set(name, value);
}

/** The last 8 bytes of the MD5 sum, big-endian. */
function md5Low(text: string): bigint {
  return createHash('md5').update(text).digest().readBigUInt64BE(8);
}
