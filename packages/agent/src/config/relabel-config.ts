/**
 * `relabel_configs`, `metric_relabel_configs`, `write_relabel_configs`: Prometheus's keys and its
 * checks. Source: prometheus/prometheus model/relabel/relabel.go (Validate).
 */
import type { Cursor } from '@mon/storage/settings/cursor';
import { integer, labelName, oneOf, regex, text } from '@mon/storage/settings/scalars';
import {
  converted,
  list,
  object,
  optional,
  type Schema,
  type Value,
} from '@mon/storage/settings/schema';
import { RELABEL_ACTIONS, type RelabelAction, type RelabelText } from '../relabel/relabel-rule.ts';

const keys = object({
  source_labels: optional(list(labelName())),
  separator: optional(text()),
  target_label: optional(text()),
  regex: optional(regex()),
  modulus: optional(integer({ min: 0 })),
  replacement: optional(text()),
  action: optional(caseless(oneOf(...RELABEL_ACTIONS))),
});

const NEED_TARGET: readonly RelabelAction[] = [
  'replace',
  'hashmod',
  'lowercase',
  'uppercase',
  'keepequal',
  'dropequal',
];

export const relabelRule: Schema<RelabelText> = converted(keys, (value, at) => {
  const action = value.action ?? 'replace';
  const isMissingTarget = NEED_TARGET.includes(action) && (value.target_label ?? '') === '';
  if (isMissingTarget) return at.mistake(`action ${action} needs a target_label`);
  if (action === 'hashmod' && (value.modulus ?? 0) === 0)
    return at.mistake('action hashmod needs a modulus above 0');
  const superfluous = superfluousKey(value, action);
  if (superfluous !== undefined)
    return at.mistake(`action ${action} takes no ${superfluous}`, 'leave it out');
  return textOf(value);
});

export const relabelRules: Schema<readonly RelabelText[]> = list(relabelRule);

function superfluousKey(value: Value<typeof keys>, action: RelabelAction): string | undefined {
  const given = Object.entries(value)
    .filter(([key, entry]) => entry !== undefined && key !== 'action')
    .map(([key]) => key);
  if (action === 'labeldrop' || action === 'labelkeep') return given.find((key) => key !== 'regex');
  if (action === 'keepequal' || action === 'dropequal')
    return given.find((key) => key !== 'source_labels' && key !== 'target_label');
  return undefined;
}

function textOf(value: Value<typeof keys>): RelabelText {
  const { action, source_labels, separator, target_label, regex, modulus, replacement } = value;
  return {
    ...(action === undefined ? {} : { action }),
    ...(source_labels === undefined ? {} : { sourceLabels: source_labels }),
    ...(separator === undefined ? {} : { separator }),
    ...(target_label === undefined ? {} : { targetLabel: target_label }),
    ...(regex === undefined ? {} : { regex }),
    ...(modulus === undefined ? {} : { modulus }),
    ...(replacement === undefined ? {} : { replacement }),
  };
}

/** Prometheus takes actions in any case. */
function caseless<T extends string>(schema: Schema<T>): Schema<T> {
  return {
    expects: schema.expects,
    read(at: Cursor) {
      const lower = at.text?.toLowerCase();
      const known = (RELABEL_ACTIONS as readonly string[]).includes(lower ?? '');
      return known ? (lower as T) : schema.read(at);
    },
  };
}
