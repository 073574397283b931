/**
 * Templates in the labels and annotations of alerting rules: what they may refer to, and how a
 * failing one shows.
 *
 * A template asks its queries while it runs; the run stops, the query is answered, and the run
 * starts again with the answer, so that the executor itself stays synchronous and pure.
 * Source: Prometheus rules/alerting.go, template/template.go.
 */
import { reasonOf } from '@mon/storage/model/error';
import { type Labels, labelsToRecord } from '@mon/storage/model/labels';
import { BUILTINS } from './builtins.ts';
import { execTemplate } from './exec.ts';
import { type FunctionTable, lookUpFunction, type QueryAnswer, QueryWanted } from './function.ts';
import { parseTemplate, type Template, type TemplateText } from './parser.ts';
import { PROMETHEUS_FUNCTIONS } from './prometheus-functions.ts';
import { queryResultValue, type StructValue, sampleValue, stringMap, type Value } from './value.ts';

/** Most different queries that one template may ask. */
export const TEMPLATE_QUERIES_MAX = 100;

export const RULE_FUNCTIONS: FunctionTable = { ...BUILTINS, ...PROMETHEUS_FUNCTIONS };

const VARIABLES = ['$labels', '$externalLabels', '$externalURL', '$value'];

/** A template ready to run, or a text that has nothing to expand. */
export type RuleTemplate =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'template'; readonly template: Template };

/** The series of the answer to a template's query. */
export interface QueriedSeries {
  readonly labels: Labels;
  readonly value: number;
}

export interface RuleTemplateInput {
  readonly labels: Labels;
  readonly value: number;
  readonly externalLabels: Labels;
  readonly externalUrl: string;
  /** Time of the evaluation; `query` asks at this time. */
  readonly timeMs: number;
  readonly query: (expr: string) => Promise<readonly QueriedSeries[]>;
}

/**
 * Parses a label's or an annotation's template.
 *
 * @throws TemplateSyntaxError
 */
export function parseRuleTemplate(source: TemplateText): RuleTemplate {
  if (!source.text.includes('{{')) return { kind: 'text', text: source.text };
  const template = parseTemplate(source, {
    isFunction: (name) => lookUpFunction(RULE_FUNCTIONS, name) !== undefined,
    variables: VARIABLES,
  });
  return { kind: 'template', template };
}

export interface Expansion {
  readonly text: string;
  /** Why the template failed; `text` then shows it. */
  readonly failure: string | undefined;
}

/** Expands a template; a failure becomes its text, as in Prometheus, and stops nothing. */
export async function expandRuleTemplate(
  rule: RuleTemplate,
  input: RuleTemplateInput,
): Promise<Expansion> {
  if (rule.kind === 'text') return { text: rule.text, failure: undefined };
  const { template } = rule;
  const answers = new Map<string, QueryAnswer>();
  for (;;) {
    try {
      return { text: run(template, input, answers), failure: undefined };
    } catch (thrown) {
      if (thrown instanceof QueryWanted && answers.size < TEMPLATE_QUERIES_MAX) {
        answers.set(thrown.expr, await answer(thrown.expr, input));
        continue;
      }
      const reason =
        thrown instanceof QueryWanted
          ? `more than ${TEMPLATE_QUERIES_MAX} queries`
          : reasonOf(thrown);
      const failure = `error executing template ${template.name}: ${reason}`;
      return { text: `<error expanding template: ${failure}>`, failure };
    }
  }
}

async function answer(expr: string, input: RuleTemplateInput): Promise<QueryAnswer> {
  try {
    const series = await input.query(expr);
    const samples = series.map(({ labels, value }) => sampleValue(labelsToRecord(labels), value));
    return { kind: 'samples', samples: queryResultValue(samples) };
  } catch (thrown) {
    return { kind: 'failed', reason: reasonOf(thrown) };
  }
}

function run(
  template: Template,
  input: RuleTemplateInput,
  answers: ReadonlyMap<string, QueryAnswer>,
): string {
  const labels = stringMap(labelsToRecord(input.labels));
  const externalLabels = stringMap(labelsToRecord(input.externalLabels));
  const dot: StructValue = {
    kind: 'struct',
    typeName: 'template.AlertTemplateData',
    fields: new Map<string, Value>([
      ['Labels', labels],
      ['ExternalLabels', externalLabels],
      ['ExternalURL', input.externalUrl],
      ['Value', input.value],
    ]),
  };
  return execTemplate(template, {
    functions: RULE_FUNCTIONS,
    dot,
    variables: new Map<string, Value>([
      ['$labels', labels],
      ['$externalLabels', externalLabels],
      ['$externalURL', input.externalUrl],
      ['$value', input.value],
    ]),
    surroundings: { nowMs: input.timeMs, externalUrl: input.externalUrl, answers },
  });
}
