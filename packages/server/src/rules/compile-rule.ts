/**
 * A rule's definition checked and made ready to run: expression parsed once, templates parsed once.
 *
 * All mistakes of a rule are found in one go, each with the field it stands in and the offset in
 * that field's text, which whoever read the field turns into a line of a file or a path in JSON.
 */
import { MonError } from '@mon/storage/model/error';
import { type Labels, labelsFromRecord, METRIC_NAME } from '@mon/storage/model/labels';
import { parseRuleTemplate, type RuleTemplate } from '../alerting/template/rule-template.ts';
import { TemplateSyntaxError } from '../alerting/template/syntax-error.ts';
import { type Expr, typeOf } from '../promql/parser/ast.ts';
import { parse } from '../promql/parser/parse.ts';
import { printExpr } from '../promql/parser/print.ts';
import { PromqlSyntaxError } from '../promql/parser/syntax-error.ts';
import type { AlertingDefinition, RecordingDefinition, RuleDefinition } from './definition.ts';
import { judgeLabelName, judgeMetricName, type NameVerdict } from './label-name.ts';

export type CompiledRule = CompiledRecording | CompiledAlerting;

export interface CompiledRecording {
  readonly kind: 'recording';
  readonly definition: RecordingDefinition;
  readonly expr: Expr;
  readonly labels: Labels;
}

export interface CompiledAlerting {
  readonly kind: 'alerting';
  readonly definition: AlertingDefinition;
  readonly expr: Expr;
  readonly labels: readonly NamedTemplate[];
  readonly annotations: readonly NamedTemplate[];
}

export interface NamedTemplate {
  readonly name: string;
  readonly template: RuleTemplate;
}

export interface RuleMistake {
  readonly severity: 'error' | 'warning';
  /** `name`, `expr`, `labels`, `annotations`. */
  readonly field: 'name' | 'expr' | 'labels' | 'annotations';
  /** Of one label or annotation: its name. */
  readonly key?: string;
  /** Whether the key itself is wrong, not its value. */
  readonly isKey?: boolean;
  /** In the field's text. */
  readonly offset: number;
  readonly what: string;
  readonly mend: string;
}

export interface RuleCheck {
  readonly mistakes: readonly RuleMistake[];
  /** Absent where a mistake is an error. */
  readonly rule: CompiledRule | undefined;
}

/** Checks a rule. Its group's labels come later: `withGroupLabels`. */
export function compileRule(definition: RuleDefinition): RuleCheck {
  const mistakes: RuleMistake[] = [];
  if (definition.kind === 'recording') checkMetricName(definition.name, mistakes);
  const expr = checkExpr(definition.expr, mistakes);
  checkLabelNames(definition.labels, 'labels', mistakes);
  if (definition.kind === 'recording') {
    if (!expr || hasErrors(mistakes)) return { mistakes, rule: undefined };
    const labels = labelsFromRecord(definition.labels);
    return { mistakes, rule: { kind: 'recording', definition, expr, labels } };
  }
  checkLabelNames(definition.annotations, 'annotations', mistakes);
  const labels = checkTemplates(definition, 'labels', mistakes);
  const annotations = checkTemplates(definition, 'annotations', mistakes);
  if (!expr || hasErrors(mistakes)) return { mistakes, rule: undefined };
  return { mistakes, rule: { kind: 'alerting', definition, expr, labels, annotations } };
}

/** The rule with its group's labels below its own. @throws TemplateSyntaxError */
export function withGroupLabels(
  rule: CompiledRule,
  groupLabels: Readonly<Record<string, string>>,
): CompiledRule {
  const added = Object.entries(groupLabels).filter(
    ([name]) => !Object.hasOwn(rule.definition.labels, name),
  );
  if (added.length === 0) return rule;
  if (rule.kind === 'recording') {
    const labels = { ...Object.fromEntries(added), ...rule.definition.labels };
    return { ...rule, labels: labelsFromRecord(labels) };
  }
  const templates = added.map(([name, text]) => {
    return { name, template: parseRuleTemplate({ name: templateName(rule.definition), text }) };
  });
  return { ...rule, labels: [...templates, ...rule.labels] };
}

function templateName(definition: { readonly name: string }): string {
  return `__alert_${definition.name}`;
}

function hasErrors(mistakes: readonly RuleMistake[]): boolean {
  return mistakes.some((mistake) => mistake.severity === 'error');
}

function checkExpr(text: string, mistakes: RuleMistake[]): Expr | undefined {
  const refuse = (offset: number, what: string, mend: string): undefined => {
    mistakes.push({ severity: 'error', field: 'expr', offset, what, mend });
  };
  try {
    const expr = parse(text);
    const type = typeOf(expr);
    if (type !== 'vector' && type !== 'scalar') {
      // Prometheus takes it, and fails each evaluation.
      const what = `is a ${type}, which no rule can use: every evaluation will fail`;
      const mend = 'ask for an instant vector or a scalar';
      mistakes.push({ severity: 'warning', field: 'expr', offset: 0, what, mend });
    }
    return expr;
  } catch (thrown) {
    if (thrown instanceof PromqlSyntaxError) {
      const { span, why, suggestion } = thrown;
      const mend = suggestion === undefined ? '' : `did you mean '${suggestion}'?`;
      return refuse(span.start, `could not parse expression: ${why}`, mend);
    }
    if (thrown instanceof MonError) return refuse(0, thrown.why, thrown.mend);
    throw thrown;
  }
}

function checkMetricName(name: string, mistakes: RuleMistake[]): void {
  const place = { field: 'name', offset: 0 } as const;
  const hasBraces = /[{}]/.test(name);
  noteVerdict(judgeMetricName(name), mistakes, {
    ...place,
    what: `invalid recording rule name '${name}'`,
    mend: hasBraces
      ? 'put selectors into expr'
      : 'use letters, digits, _ and :, and no digit in front',
  });
}

function checkLabelNames(
  record: Readonly<Record<string, string>>,
  field: 'labels' | 'annotations',
  mistakes: RuleMistake[],
): void {
  const noun = field === 'labels' ? 'label' : 'annotation';
  for (const key of Object.keys(record)) {
    const isReserved = field === 'labels' && key === METRIC_NAME;
    noteVerdict(isReserved ? 'invalid' : judgeLabelName(key), mistakes, {
      field,
      key,
      isKey: true,
      offset: 0,
      what: `invalid ${noun} name '${key}'`,
      mend: isReserved
        ? 'the name of the series is set by record'
        : 'use letters, digits and _, and no digit in front',
    });
  }
}

function noteVerdict(
  verdict: NameVerdict,
  mistakes: RuleMistake[],
  mistake: Omit<RuleMistake, 'severity'>,
): void {
  if (verdict === 'invalid') mistakes.push({ severity: 'error', ...mistake });
  if (verdict !== 'dotted') return;
  mistakes.push({
    ...mistake,
    severity: 'warning',
    what: 'has a dot in its name and must be quoted in PromQL',
    mend: 'prefer _',
  });
}

function checkTemplates(
  definition: AlertingDefinition,
  field: 'labels' | 'annotations',
  mistakes: RuleMistake[],
): NamedTemplate[] {
  const templates: NamedTemplate[] = [];
  for (const [key, text] of Object.entries(definition[field])) {
    try {
      const template = parseRuleTemplate({ name: templateName(definition), text });
      templates.push({ name: key, template });
    } catch (thrown) {
      if (!(thrown instanceof TemplateSyntaxError)) throw thrown;
      const { offset, mistake } = thrown;
      const what = `template: ${mistake}`;
      mistakes.push({ severity: 'error', field, key, offset, what, mend: '' });
    }
  }
  return templates;
}

/** The expression in canonical form: equal for texts that mean the same tree. */
export function canonicalExpr(text: string): string {
  return printExpr(parse(text));
}
