/**
 * What a label set must be to enter the storage: limits, and the check that turns pairs as sent
 * into `Labels`.
 *
 * UTF-8 names are taken, as in Prometheus 3. Labels with an empty value are dropped, since PromQL
 * cannot tell them from missing ones.
 */
import { compareText, type Labels, METRIC_NAME } from './labels.ts';

/** UTF-8 bytes of a metric name. */
export const METRIC_NAME_BYTES_MAX = 200;
/** UTF-8 bytes of a label name. */
export const LABEL_NAME_BYTES_MAX = 1024;
/** UTF-8 bytes of a label value. */
export const LABEL_VALUE_BYTES_MAX = 2048;
/** Labels of a series, `__name__` included. */
export const LABELS_MAX = 64;

export interface LabelFault {
  /** `bad-label` or `label-limit`: in docs/errors.md. */
  readonly code: string;
  readonly reason: string;
}

/** A label set, or what is wrong with it. */
export type LabelCheck =
  | { readonly kind: 'labels'; readonly labels: Labels }
  | { readonly kind: 'fault'; readonly fault: LabelFault };

/**
 * Sorts and checks label pairs.
 *
 * @param pairs name, value, name, value, ... in any order
 */
export function checkLabelPairs(pairs: readonly string[]): LabelCheck {
  const labels = isSorted(pairs) ? pairs : sortedPairs(pairs);
  const fault = faultOf(labels);
  return fault === undefined ? { kind: 'labels', labels } : { kind: 'fault', fault };
}

/** Whether names ascend and no value is empty; then the pairs are `Labels` already. */
function isSorted(pairs: readonly string[]): boolean {
  for (let i = 0; i < pairs.length; i += 2) {
    if (pairs[i + 1] === '') return false;
    if (i > 0 && (pairs[i - 2] as string) >= (pairs[i] as string)) return false;
  }
  return true;
}

function sortedPairs(pairs: readonly string[]): string[] {
  const order: number[] = [];
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i + 1] !== '') order.push(i);
  order.sort((a, b) => compareText(pairs[a] as string, pairs[b] as string));
  return order.flatMap((i) => [pairs[i] as string, pairs[i + 1] as string]);
}

function faultOf(labels: Labels): LabelFault | undefined {
  if (labels.length / 2 > LABELS_MAX) {
    return limit(`the series has ${labels.length / 2} labels, at most ${LABELS_MAX} are taken`);
  }
  let hasName = false;
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i] as string;
    const value = labels[i + 1] as string;
    if (name === '') return bad(`a label has no name (its value is ${show(value)})`);
    if (i > 0 && labels[i - 2] === name) return bad(`the label ${show(name)} stands twice`);
    if (name.includes('\0')) return bad(`the label name ${show(name)} holds U+0000`);
    if (value.includes('\0')) return bad(`the value of label ${show(name)} holds U+0000`);
    if (!name.isWellFormed() || !value.isWellFormed()) {
      return bad(`the label ${show(name)} is not well-formed Unicode`);
    }
    const fault = lengthFault(name, value);
    if (fault !== undefined) return fault;
    if (name === METRIC_NAME) hasName = true;
  }
  return hasName ? undefined : bad('the series has no __name__');
}

function lengthFault(name: string, value: string): LabelFault | undefined {
  if (isLonger(name, LABEL_NAME_BYTES_MAX)) {
    return limit(`the label name ${show(name)} is longer than ${LABEL_NAME_BYTES_MAX} bytes`);
  }
  if (name === METRIC_NAME && isLonger(value, METRIC_NAME_BYTES_MAX)) {
    return limit(`the metric name ${show(value)} is longer than ${METRIC_NAME_BYTES_MAX} bytes`);
  }
  if (isLonger(value, LABEL_VALUE_BYTES_MAX)) {
    return limit(`the value of label ${show(name)} is longer than ${LABEL_VALUE_BYTES_MAX} bytes`);
  }
  return undefined;
}

/** Counts UTF-8 bytes only where the number of UTF-16 units leaves a doubt. */
function isLonger(text: string, bytesMax: number): boolean {
  if (text.length * 3 <= bytesMax) return false;
  return text.length > bytesMax || Buffer.byteLength(text) > bytesMax;
}

function show(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
}

function bad(reason: string): LabelFault {
  return { code: 'bad-label', reason };
}

function limit(reason: string): LabelFault {
  return { code: 'label-limit', reason };
}
