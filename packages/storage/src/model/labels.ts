/**
 * A label set: the identity of a series.
 *
 * Invariant: a flat array of name, value, name, value, ... sorted by name, names unique, no empty
 * value (a label with an empty value is the same as no label). Compared by UTF-16 code units, which
 * is the canonical order everywhere in mon. Immutable: every function here returns a new array.
 */
import { assert } from './assert.ts';

export type Labels = readonly string[];

export const METRIC_NAME = '__name__';
export const EMPTY_LABELS: Labels = [];

/** Builds a label set from pairs in any order; a later pair of the same name wins. */
export function labelsFromPairs(pairs: Iterable<readonly [string, string]>): Labels {
  const byName = new Map(pairs);
  const names = [...byName.keys()].sort(compareText);
  const labels: string[] = [];
  for (const name of names) {
    const value = byName.get(name);
    if (value !== undefined && value !== '') labels.push(name, value);
  }
  return labels;
}

/** Builds a label set from an object's own properties. */
export function labelsFromRecord(record: Readonly<Record<string, string>>): Labels {
  return labelsFromPairs(Object.entries(record));
}

/** The label set as an object, in label order. */
export function labelsToRecord(labels: Labels): Record<string, string> {
  const record: Record<string, string> = {};
  for (let i = 0; i < labels.length; i += 2) record[labels[i] as string] = labels[i + 1] as string;
  return record;
}

/** The value of one label, or '' where the set lacks it, as PromQL sees it. */
export function labelValue(labels: Labels, name: string): string {
  for (let i = 0; i < labels.length; i += 2) if (labels[i] === name) return labels[i + 1] as string;
  return '';
}

/** The set with one label set to `value`; an empty value removes it. */
export function withLabel(labels: Labels, name: string, value: string): Labels {
  const next: string[] = [];
  let placed = value === '';
  for (let i = 0; i < labels.length; i += 2) {
    const key = labels[i] as string;
    if (key === name) continue;
    if (!placed && compareText(key, name) > 0) {
      next.push(name, value);
      placed = true;
    }
    next.push(key, labels[i + 1] as string);
  }
  if (!placed) next.push(name, value);
  return next;
}

/** The set without the labels in `names`. */
export function dropLabels(labels: Labels, names: ReadonlySet<string>): Labels {
  return filterLabels(labels, (name) => !names.has(name));
}

/** The set with only the labels in `names`. */
export function keepLabels(labels: Labels, names: ReadonlySet<string>): Labels {
  return filterLabels(labels, (name) => names.has(name));
}

function filterLabels(labels: Labels, keeps: (name: string) => boolean): Labels {
  const next: string[] = [];
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i] as string;
    if (keeps(name)) next.push(name, labels[i + 1] as string);
  }
  return next;
}

/** A string that is equal for equal sets and different for different ones; for use as a map key. */
export function labelsKey(labels: Labels): string {
  // U+0000 cannot stand in a label name or value that passed validation.
  return labels.join('\u0000');
}

/** Orders label sets pair by pair, name before value; a prefix comes first. */
export function compareLabels(a: Labels, b: Labels): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = compareText(a[i] as string, b[i] as string);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Compares by UTF-16 code units: the canonical order of names and values. */
export function compareText(a: string, b: string): number {
  // Most are the same string, which this way is one look at a pointer.
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Writes a label set as PromQL does: `name{a="x", b="y"}`. */
export function formatLabels(labels: Labels): string {
  const name = labelValue(labels, METRIC_NAME);
  const pairs: string[] = [];
  for (let i = 0; i < labels.length; i += 2) {
    if (labels[i] === METRIC_NAME) continue;
    pairs.push(`${formatName(labels[i] as string)}=${JSON.stringify(labels[i + 1])}`);
  }
  if (name !== '' && !isLegacyMetricName(name)) pairs.unshift(JSON.stringify(name));
  const shown = isLegacyMetricName(name) ? name : '';
  return pairs.length === 0 && shown !== '' ? shown : `${shown}{${pairs.join(', ')}}`;
}

function formatName(name: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : JSON.stringify(name);
}

function isLegacyMetricName(name: string): boolean {
  return /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
}

/** Asserts the invariant above; for tests and the edges of the storage. */
export function assertLabels(labels: Labels): void {
  assert(labels.length % 2 === 0, 'label set has an odd length');
  for (let i = 0; i < labels.length; i += 2) {
    assert(labels[i + 1] !== '', `label ${labels[i]} has an empty value`);
    if (i > 0) assert((labels[i - 2] as string) < (labels[i] as string), 'labels are not sorted');
  }
}
