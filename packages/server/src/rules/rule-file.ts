/**
 * Reads rule files in Prometheus's format: every mistake at once, each with file, line and column,
 * down to the place inside an expression or a template.
 *
 * Format: https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/ and
 * .../alerting_rules/; checks: Prometheus model/rulefmt/rulefmt.go.
 */
import { basename } from 'node:path';
import { METRIC_NAME } from '@mon/storage/model/labels';
import type { Cursor } from '@mon/storage/settings/cursor';
import type { Mistake } from '@mon/storage/settings/mistake';
import { readDocument } from '@mon/storage/settings/read-settings';
import { duration, integer, text, word } from '@mon/storage/settings/scalars';
import {
  converted,
  list,
  mapOf,
  object,
  optional,
  required,
  type Schema,
  unused,
  type Value,
  withDefault,
} from '@mon/storage/settings/schema';
import { TemplateSyntaxError } from '../alerting/template/syntax-error.ts';
import {
  type CompiledRule,
  compileRule,
  type RuleMistake,
  withGroupLabels,
} from './compile-rule.ts';
import type { GroupDefinition, RuleDefinition } from './definition.ts';
import { judgeLabelName } from './label-name.ts';

export interface RuleFile {
  /** As named. */
  readonly file: string;
  readonly groups: readonly RuleGroup[];
}

/** A group that is ready to run. */
export interface RuleGroup {
  readonly definition: GroupDefinition;
  readonly rules: readonly CompiledRule[];
}

export interface RuleFileText {
  /** Name for messages and, its last part, for the groups' identity. */
  readonly file: string;
  readonly text: string;
}

/**
 * Reads groups of several files from one document, where each group names its file; their names are
 * unique within each.
 *
 * @throws SettingsError with all mistakes
 */
export function readRuleGroups(input: RuleFileText): readonly RuleGroup[] {
  return readDocument({ ...input, environment: {} }, fileSchema(undefined)).value;
}

/**
 * Reads one rule file.
 *
 * @throws SettingsError with all mistakes
 */
export function readRuleFile(input: RuleFileText): {
  readonly file: RuleFile;
  readonly warnings: readonly Mistake[];
} {
  const schema = fileSchema(basename(input.file));
  const { value, warnings } = readDocument({ ...input, environment: {} }, schema);
  return { file: { file: input.file, groups: value }, warnings };
}

/** Labels and annotations; one without a value is empty, as in Prometheus. */
const texts: Schema<Readonly<Record<string, string>>> = { expects: 'a map', read: readTexts };

function readTexts(at: Cursor): Readonly<Record<string, string>> | undefined {
  if (!at.entries) return mapOf(text()).read(at);
  const values = at.entries.map(({ key, value }) => {
    return [key, value.isEmpty ? '' : text().read(value)] as const;
  });
  if (values.some(([, value]) => value === undefined)) return undefined;
  return Object.fromEntries(values as [string, string][]);
}

const ruleKeys = object({
  record: optional(word()),
  alert: optional(word()),
  expr: optional(text()),
  for: optional(duration()),
  keep_firing_for: optional(duration()),
  labels: withDefault(texts, {}),
  annotations: optional(texts),
});

type RuleKeys = Value<typeof ruleKeys>;

const rule: Schema<CompiledRule> = { expects: 'a rule', read: readRule };

/** Checks expression and templates even where the rule's keys are wrong: all mistakes at once. */
function readRule(at: Cursor): CompiledRule | undefined {
  const keys = ruleKeys.read(at);
  const definition = keys ? toDefinition(keys, at) : undefined;
  const { mistakes, rule } = compileRule(definition ?? guessDefinition(at));
  const isEmpty = (childrenOf(at)('expr')?.text ?? '').trim() === '';
  for (const mistake of mistakes) {
    if (!(isEmpty && mistake.field === 'expr')) noteMistake(mistake, at);
  }
  return definition && rule;
}

const groupFields = {
  name: required(word()),
  interval: optional(duration()),
  limit: withDefault(integer({ min: 0 }), 0),
  query_offset: optional(duration()),
  labels: withDefault(texts, {}),
  rules: withDefault(list(rule), []),
  /** Of Thanos and Mimir; read so that their files are taken. */
  partial_response_strategy: unused(),
  source_tenants: unused(),
};

const groupKeys = object(groupFields);
const filedGroupKeys = object({ ...groupFields, file: required(word()) });

/** @param file undefined: each group has a key `file` */
function fileSchema(file: string | undefined): Schema<readonly RuleGroup[]> {
  const group =
    file === undefined
      ? converted(filedGroupKeys, (keys, at) => readGroup(keys.file, keys, at))
      : converted(groupKeys, (keys, at) => readGroup(file, keys, at));
  const keys = object({ groups: withDefault(list(group), []) });
  return {
    expects: keys.expects,
    read(at) {
      checkGroups(at);
      return keys.read(at)?.groups;
    },
  };
}

function readGroup(file: string, keys: Value<typeof groupKeys>, at: Cursor): RuleGroup | undefined {
  const rules: readonly (CompiledRule | undefined)[] = keys.rules.map((compiled) =>
    addGroupLabels(compiled, keys.labels, at),
  );
  if (!isWhole(rules)) return undefined;
  const definition: GroupDefinition = {
    name: keys.name,
    file,
    // An interval of 0 means the default one, as in Prometheus.
    ...(keys.interval ? { intervalMs: keys.interval } : {}),
    limit: keys.limit,
    ...(keys.query_offset === undefined ? {} : { queryOffsetMs: keys.query_offset }),
    labels: keys.labels,
    rules: rules.map((compiled) => compiled.definition),
  };
  return { definition, rules };
}

function isWhole<T>(items: readonly (T | undefined)[]): items is readonly T[] {
  return items.every((item) => item !== undefined);
}

function addGroupLabels(
  compiled: CompiledRule,
  labels: Readonly<Record<string, string>>,
  at: Cursor,
): CompiledRule | undefined {
  try {
    return withGroupLabels(compiled, labels);
  } catch (thrown) {
    if (!(thrown instanceof TemplateSyntaxError)) throw thrown;
    return (childrenOf(at)('labels') ?? at).mistake(`template: ${thrown.mistake}`);
  }
}

function checkGroupLabels(group: Cursor): void {
  for (const { key, keyCursor } of childrenOf(group)('labels')?.entries ?? []) {
    if (judgeLabelName(key) !== 'invalid' && key !== METRIC_NAME) continue;
    keyCursor.mistake(`invalid label name '${key}'`, 'use letters, digits and _');
  }
}

function toDefinition(keys: RuleKeys, at: Cursor): RuleDefinition | undefined {
  const child = childrenOf(at);
  const { record, alert, expr, labels, annotations } = keys;
  let isWhole = true;
  const refuse = (place: Cursor | undefined, what: string, mend: string): void => {
    (place ?? at).mistake(what, mend);
    isWhole = false;
  };
  if (record !== undefined && alert !== undefined) {
    refuse(child('alert'), "only one of 'record' and 'alert' must be set", 'make two rules of it');
  }
  if (record === undefined && alert === undefined) {
    refuse(at, "one of 'record' or 'alert' must be set", 'name the rule');
  }
  if (expr === undefined || expr.trim() === '') {
    refuse(child('expr'), "field 'expr' must be set in rule", 'write a PromQL expression');
  }
  if (record !== undefined && alert === undefined) {
    for (const field of ['for', 'keep_firing_for', 'annotations'] as const) {
      // A duration of 0 says nothing.
      if (keys[field] === undefined || keys[field] === 0) continue;
      refuse(child(field), `invalid field '${field}' in recording rule`, 'remove it');
    }
  }
  const name = record ?? alert;
  if (!isWhole || name === undefined || expr === undefined) return undefined;
  if (alert === undefined) return { kind: 'recording', name, expr, labels };
  return {
    kind: 'alerting',
    name,
    expr,
    forMs: keys.for ?? 0,
    keepFiringForMs: keys.keep_firing_for ?? 0,
    labels,
    annotations: annotations ?? {},
  };
}

/** What can be told of a rule whose keys are wrong. */
function guessDefinition(at: Cursor): RuleDefinition {
  const child = childrenOf(at);
  const expr = child('expr')?.text ?? '';
  const labels = textsOf(child('labels'));
  const record = child('record')?.text;
  if (record !== undefined && child('alert') === undefined) {
    return { kind: 'recording', name: record, expr, labels };
  }
  const annotations = textsOf(child('annotations'));
  const name = child('alert')?.text ?? '';
  return { kind: 'alerting', name, expr, forMs: 0, keepFiringForMs: 0, labels, annotations };
}

type Children = (key: string) => Cursor | undefined;

function childrenOf(at: Cursor): Children {
  const entries = at.entries ?? [];
  return (key) => entries.find((entry) => entry.key === key)?.value;
}

function noteMistake(mistake: RuleMistake, at: Cursor): void {
  const { field, key, offset, what, mend } = mistake;
  const child = childrenOf(at);
  let place = (field === 'name' ? (child('record') ?? child('alert')) : child(field)) ?? at;
  if (key !== undefined) {
    const entry = place.entries?.find((other) => other.key === key);
    place = (mistake.isKey ? entry?.keyCursor : entry?.value) ?? place;
  }
  if (!mistake.isKey) place = place.inside(offset);
  if (mistake.severity === 'warning') place.warn(what, mend);
  else place.mistake(what, mend);
}

/** Finds what stands twice, in the document as it is: other mistakes do not hide it. */
function checkGroups(root: Cursor): void {
  const groups = new Set<string>();
  const rules = new Set<string>();
  for (const group of childrenOf(root)('groups')?.items ?? []) {
    const child = childrenOf(group);
    checkGroupLabels(group);
    const name = child('name');
    const id = `${child('file')?.text ?? ''};${name?.text ?? ''}`;
    if (name?.text !== undefined && groups.has(id)) {
      name.mistake(`group '${name.text}' is repeated in the same file`, 'rename one of the two');
    }
    groups.add(id);
    const groupLabels = textsOf(child('labels'));
    for (const rule of child('rules')?.items ?? []) {
      const own = childrenOf(rule);
      const subject = own('record') ?? own('alert');
      if (subject?.text === undefined) continue;
      const labels = Object.entries({ ...groupLabels, ...textsOf(own('labels')) }).sort();
      const key = JSON.stringify([own('record') === undefined, subject.text, labels]);
      if (rules.has(key)) {
        subject.warn(`'${subject.text}' stands twice with the same labels`, 'add a label to one');
      }
      rules.add(key);
    }
  }
}

function textsOf(at: Cursor | undefined): Record<string, string> {
  return Object.fromEntries((at?.entries ?? []).map(({ key, value }) => [key, value.text ?? '']));
}
