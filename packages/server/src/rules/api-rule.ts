/**
 * Alerting rules made one by one over the JSON API: what a body may say, and the rule it means.
 *
 * Format: docs/http-api.md, `/api/v1/alerts/rules`.
 */
import { MonError } from '@mon/storage/model/error';
import { SettingsError } from '@mon/storage/settings/mistake';
import { readDocument } from '@mon/storage/settings/read-settings';
import { duration, flag, oneOf, text, word } from '@mon/storage/settings/scalars';
import { list, mapOf, object, optional, type Value } from '@mon/storage/settings/schema';
import type { Severity } from '../api/rule-responses.ts';
import { type CompiledAlerting, compileRule, type RuleMistake } from './compile-rule.ts';
import type { AlertingDefinition } from './definition.ts';
import { mistakeLines } from './rule-wire.ts';

export const SEVERITIES = ['critical', 'warning', 'info'] as const;

/** A rule as stored, complete. */
export interface ApiRule {
  /** `alert-N`. */
  readonly id: string;
  readonly name: string;
  readonly query: string;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly severity: Severity | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Names of receivers; empty: the routing tree decides. */
  readonly notifications: readonly string[];
  readonly active: boolean;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** What a person may set. */
export type ApiRuleBody = Omit<ApiRule, 'id' | 'createdAtMs' | 'updatedAtMs'>;

const body = object({
  name: optional(word()),
  query: optional(text()),
  duration: optional(duration()),
  keep_firing_for: optional(duration()),
  severity: optional(oneOf(...SEVERITIES)),
  labels: optional(mapOf(text())),
  annotations: optional(mapOf(text())),
  notifications: optional(list(word())),
  active: optional(flag()),
});

const DEFAULTS: Omit<ApiRuleBody, 'name' | 'query'> = {
  forMs: 0,
  keepFiringForMs: 0,
  severity: undefined,
  labels: {},
  annotations: {},
  notifications: [],
  active: true,
};

/** The rule a body means, checked. */
export interface CheckedApiRule {
  readonly body: ApiRuleBody;
  readonly compiled: CompiledAlerting;
}

/**
 * Reads a body; what it leaves out keeps the value of `before`, or its default.
 *
 * @throws MonError `bad-rule` with all mistakes
 */
export function readApiRule(json: unknown, before: ApiRuleBody | undefined): CheckedApiRule {
  const given = readBody(json);
  const mistakes: string[] = [];
  const name = given.name ?? before?.name;
  const query = given.query ?? before?.query;
  if (name === undefined) mistakes.push('name is missing');
  if (query === undefined || query.trim() === '') mistakes.push('query is missing');
  const rule: ApiRuleBody = {
    name: name ?? '',
    query: query ?? '0',
    forMs: given.duration ?? before?.forMs ?? DEFAULTS.forMs,
    keepFiringForMs: given.keep_firing_for ?? before?.keepFiringForMs ?? DEFAULTS.keepFiringForMs,
    severity: given.severity ?? before?.severity,
    labels: given.labels ?? before?.labels ?? DEFAULTS.labels,
    annotations: given.annotations ?? before?.annotations ?? DEFAULTS.annotations,
    notifications: given.notifications ?? before?.notifications ?? DEFAULTS.notifications,
    active: given.active ?? before?.active ?? DEFAULTS.active,
  };
  const { mistakes: found, compiled } = compileApiRule(rule);
  mistakes.push(...found);
  if (!compiled || mistakes.length > 0) throw badRule(mistakes);
  return { body: rule, compiled };
}

/** The rule ready to run; mistakes are of labels, templates and the query. */
export function compileApiRule(rule: ApiRuleBody): {
  readonly mistakes: readonly string[];
  readonly compiled: CompiledAlerting | undefined;
} {
  const check = compileRule(definitionOf(rule));
  const mistakes = check.mistakes
    .filter((mistake) => mistake.severity === 'error' || mistake.field === 'expr')
    .map(mistakeText);
  return { mistakes, compiled: check.rule?.kind === 'alerting' ? check.rule : undefined };
}

function definitionOf(rule: ApiRuleBody): AlertingDefinition {
  const { name, query, forMs, keepFiringForMs, severity, labels, annotations } = rule;
  const all = severity === undefined ? labels : { ...labels, severity };
  return { kind: 'alerting', name, expr: query, forMs, keepFiringForMs, labels: all, annotations };
}

function mistakeText({ field, key, isKey, offset, what, mend }: RuleMistake): string {
  const named = field === 'expr' ? 'query' : field;
  const place = key === undefined ? named : `${named}.${key}`;
  const column = field === 'name' || isKey ? '' : `, character ${offset + 1}`;
  return `${place}${column}: ${what}${mend === '' ? '' : `; ${mend}`}`;
}

function readBody(json: unknown): Value<typeof body> {
  try {
    const text = JSON.stringify(json ?? {});
    return readDocument({ file: 'body', text, environment: {} }, body).value;
  } catch (thrown) {
    if (!(thrown instanceof SettingsError)) throw thrown;
    throw badRule(mistakeLines(thrown));
  }
}

function badRule(mistakes: readonly string[]): MonError {
  return new MonError({
    code: 'bad-rule',
    what: 'Cannot use the alert rule',
    why: mistakes.join('\n'),
    mend: 'Correct what is named; docs/http-api.md has the format.',
  });
}
