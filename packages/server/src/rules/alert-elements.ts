/**
 * From the answer of an alerting rule's expression to its elements: labels and annotations expanded.
 *
 * Rules R9 and R12 in docs/spec/rules.md.
 */
import { type Labels, labelsKey, METRIC_NAME, withLabel } from '@mon/storage/model/labels';
import {
  expandRuleTemplate,
  type QueriedSeries,
  type RuleTemplateInput,
} from '../alerting/template/rule-template.ts';
import type { ScalarResult, VectorResult } from '../promql/query-result.ts';
import type { AlertElement } from './alert-step.ts';
import type { CompiledAlerting, NamedTemplate } from './compile-rule.ts';
import { sameLabels } from './rule-errors.ts';
import { forEachSeries } from './rule-query.ts';

export const ALERT_NAME = 'alertname';

/** What templates may use beside the series itself. */
export type TemplateSurroundings = Omit<RuleTemplateInput, 'labels' | 'value'>;

export interface AlertElements {
  readonly elements: readonly AlertElement[];
  /** Templates that failed; their texts show it. */
  readonly failures: readonly string[];
}

/** @throws MonError `rule-same-labels` */
export async function alertElements(
  rule: CompiledAlerting,
  result: VectorResult | ScalarResult,
  surroundings: TemplateSurroundings,
): Promise<AlertElements> {
  const found: QueriedSeries[] = [];
  forEachSeries(result, (labels, value) => found.push({ labels, value }));
  const elements = new Map<string, AlertElement>();
  const failures: string[] = [];
  for (const series of found) {
    const expand = async ({ template }: NamedTemplate): Promise<string> => {
      const { text, failure } = await expandRuleTemplate(template, { ...surroundings, ...series });
      if (failure !== undefined) failures.push(failure);
      return text;
    };
    let labels: Labels = withLabel(series.labels, METRIC_NAME, '');
    for (const label of rule.labels) labels = withLabel(labels, label.name, await expand(label));
    labels = withLabel(labels, ALERT_NAME, rule.definition.name);
    const annotations: Record<string, string> = {};
    for (const annotation of rule.annotations) {
      annotations[annotation.name] = await expand(annotation);
    }
    const key = labelsKey(labels);
    if (elements.has(key)) throw sameLabels('alert');
    elements.set(key, { labels, annotations, value: series.value });
  }
  return { elements: [...elements.values()], failures };
}
