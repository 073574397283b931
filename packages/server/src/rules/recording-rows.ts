/**
 * The samples of a recording rule: its expression's answer under its own name and labels.
 *
 * Rules R22 to R24 in docs/spec/rules.md; source: Prometheus rules/recording.go.
 */
import { type Labels, labelsKey, METRIC_NAME, withLabel } from '@mon/storage/model/labels';
import type { ScalarResult, VectorResult } from '../promql/query-result.ts';
import type { CompiledRecording } from './compile-rule.ts';
import { limitExceeded, sameLabels } from './rule-errors.ts';
import { forEachSeries } from './rule-query.ts';
import type { SampleRow, SampleRows } from './sample-rows.ts';

/** @throws MonError `rule-same-labels`, `rule-limit` */
export function recordingRows(
  rule: CompiledRecording,
  result: VectorResult | ScalarResult,
  limit: number,
): SampleRows {
  const rows = new Map<string, SampleRow>();
  forEachSeries(result, (series, value) => {
    const labels = overlay(withLabel(series, METRIC_NAME, rule.definition.name), rule.labels);
    const key = labelsKey(labels);
    if (rows.has(key)) throw sameLabels('rule');
    rows.set(key, { labels, value });
  });
  if (limit > 0 && rows.size > limit) throw limitExceeded(limit, `${rows.size} series`);
  return rows;
}

/** The labels with those of `over` in place of their own. */
export function overlay(labels: Labels, over: Labels): Labels {
  let result = labels;
  for (let i = 0; i < over.length; i += 2) {
    result = withLabel(result, over[i] as string, over[i + 1] as string);
  }
  return result;
}
