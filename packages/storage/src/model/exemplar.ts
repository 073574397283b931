/**
 * Exemplars: single observations that stand for many, with labels (a trace's id) of their own,
 * beside the samples of a series.
 *
 * Rules are Prometheus's (tsdb/exemplar.go): labels of at most 128 characters together; one that
 * equals the newest of its series is passed over, one that is older is refused.
 */
import { compareLabels, type Labels } from './labels.ts';
import type { SeriesRequest } from './queryable.ts';

export interface Exemplar {
  readonly labels: Labels;
  readonly value: number;
  readonly timestampMs: number;
}

/** A series and its exemplars, by time. */
export interface SeriesExemplars {
  readonly labels: Labels;
  readonly exemplars: readonly Exemplar[];
}

/** Characters of an exemplar's label names and values together. */
export const EXEMPLAR_LABELS_LENGTH_MAX = 128;
/** Exemplars of one series that a head holds between two cuts; the oldest makes room. */
export const EXEMPLARS_PER_SERIES_MAX = 256;
/** Exemplars that one answer may hold. */
export const EXEMPLARS_PER_ANSWER_MAX = 100_000;

/** Who answers questions about exemplars. */
export interface ExemplarQueryable {
  /**
   * Exemplars of all series that match, within the time asked for; series without any are left out.
   *
   * @throws MonError `query-limit`, `query-canceled`, `corrupt-block`
   */
  exemplars(request: SeriesRequest): Promise<readonly SeriesExemplars[]>;
}

/** What is wrong with an exemplar's labels; undefined where they are right. */
export function exemplarFault({ labels }: Exemplar): string | undefined {
  let length = 0;
  for (const text of labels) {
    if (!text.isWellFormed()) return 'a label is not well-formed Unicode';
    for (const _ of text) length++;
  }
  if (length <= EXEMPLAR_LABELS_LENGTH_MAX) return undefined;
  return `its labels have ${length} characters, at most ${EXEMPLAR_LABELS_LENGTH_MAX} are taken`;
}

/** Orders exemplars of a series by time, then value, then labels. */
export function compareExemplars(a: Exemplar, b: Exemplar): number {
  if (a.timestampMs !== b.timestampMs) return a.timestampMs - b.timestampMs;
  if (!Object.is(a.value, b.value)) return a.value < b.value || Number.isNaN(b.value) ? -1 : 1;
  return compareLabels(a.labels, b.labels);
}

/** The exemplars of several parts of one series, in order, each once. */
export function mergeExemplars(parts: readonly (readonly Exemplar[])[]): readonly Exemplar[] {
  const filled = parts.filter((part) => part.length > 0);
  if (filled.length <= 1) return filled[0] ?? [];
  const all = filled.flat().sort(compareExemplars);
  return all.filter((exemplar, i) => {
    const before = all[i - 1];
    return before === undefined || compareExemplars(before, exemplar) !== 0;
  });
}
