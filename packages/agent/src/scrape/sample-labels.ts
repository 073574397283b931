/**
 * The final labels of a scraped series: what the exposition says, what its target says, then
 * metric relabeling and limits. Runs once a series; its outcome is kept in the scrape cache.
 *
 * As Prometheus does it (scrape/scrape.go, mutateSampleLabels).
 */
import { MonError } from '@mon/storage/model/error';
import {
  formatLabels,
  type Labels,
  labelsFromPairs,
  labelValue,
  METRIC_NAME,
} from '@mon/storage/model/labels';
import { relabel } from '../relabel/relabel.ts';
import type { RelabelRule } from '../relabel/relabel-rule.ts';

/** 0: no limit. */
export interface LabelLimits {
  readonly labels: number;
  /** UTF-8 bytes, like the next. */
  readonly nameBytes: number;
  readonly valueBytes: number;
}

export interface SampleLabelRules {
  readonly targetLabels: Labels;
  /** On a conflict the exposition's label wins; else it is kept as `exported_NAME`. */
  readonly honorLabels: boolean;
  readonly metricRelabel: readonly RelabelRule[];
  readonly limits: LabelLimits;
  /** Last touch: external labels. */
  readonly finishLabels: (labels: Labels) => Labels;
}

/**
 * @returns undefined where relabeling drops the series
 * @throws MonError `scrape-limit`
 */
export function finalLabels(exposed: Labels, rules: SampleLabelRules): Labels | undefined {
  const joined = rules.honorLabels
    ? honored(exposed, rules.targetLabels)
    : overridden(exposed, rules.targetLabels);
  const labels = relabel(joined, rules.metricRelabel);
  if (labels === undefined) return undefined;
  if (labelValue(labels, METRIC_NAME) === '')
    throw limitError(joined, 'metric relabeling left it no name', 'metric_relabel_configs');
  checkLimits(labels, rules.limits);
  return rules.finishLabels(labels);
}

function pairsOf(labels: Labels): Map<string, string> {
  const pairs = new Map<string, string>();
  for (let i = 0; i < labels.length; i += 2)
    pairs.set(labels[i] as string, labels[i + 1] as string);
  return pairs;
}

function honored(exposed: Labels, target: Labels): Labels {
  return labelsFromPairs([...pairsOf(target), ...pairsOf(exposed)]);
}

function overridden(exposed: Labels, target: Labels): Labels {
  const pairs = pairsOf(exposed);
  const moved: [string, string][] = [];
  for (const [name, value] of pairsOf(target)) {
    const own = pairs.get(name);
    if (own !== undefined) moved.push([name, own]);
    pairs.set(name, value);
  }
  // Shorter names first, so that `exported_a` is not taken by `a` before its own conflict is solved.
  moved.sort(([a], [b]) => a.length - b.length);
  for (const [name, value] of moved) {
    let free = `exported_${name}`;
    while (pairs.has(free)) free = `exported_${free}`;
    pairs.set(free, value);
  }
  return labelsFromPairs(pairs);
}

function checkLimits(labels: Labels, limits: LabelLimits): void {
  const count = labels.length / 2;
  if (limits.labels > 0 && count > limits.labels)
    throw limitError(labels, `it has ${count} labels, allowed are ${limits.labels}`, 'label_limit');
  if (limits.nameBytes === 0 && limits.valueBytes === 0) return;
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i] as string;
    const nameBytes = Buffer.byteLength(name);
    if (limits.nameBytes > 0 && nameBytes > limits.nameBytes) {
      const why = `the name of label ${name} has ${nameBytes} bytes, allowed are ${limits.nameBytes}`;
      throw limitError(labels, why, 'label_name_length_limit');
    }
    const valueBytes = Buffer.byteLength(labels[i + 1] as string);
    if (limits.valueBytes > 0 && valueBytes > limits.valueBytes) {
      const why = `the value of label ${name} has ${valueBytes} bytes, allowed are ${limits.valueBytes}`;
      throw limitError(labels, why, 'label_value_length_limit');
    }
  }
}

function limitError(labels: Labels, why: string, option: string): MonError {
  return new MonError({
    code: 'scrape-limit',
    what: `Cannot take the series ${formatLabels(labels).slice(0, 300)}`,
    why,
    mend: `Change ${option} of the scrape job, or what the exporter gives.`,
  });
}
