/**
 * info(): adds the labels of info metrics (`target_info`) to the series of the same job and
 * instance.
 *
 * The info series come with the times of their samples as values: of two that fit, the newer one
 * counts.
 * Source: Prometheus promql/info.go.
 */
import { MonError } from '@mon/storage/model/error';
import {
  formatLabels,
  type Labels,
  labelsKey,
  labelValue,
  METRIC_NAME,
  withLabel,
} from '@mon/storage/model/labels';
import { labelsTest, type Matcher, valueTest } from '@mon/storage/model/matcher';
import { emptyMatrix, type SeriesMatrix } from '../batch.ts';
import { mergeEqualRows } from './merge-rows.ts';

/** What says which info series belong to which series. */
const IDENTIFYING_LABELS = ['instance', 'job'] as const;

/** Which info series are looked at, and which of their labels are taken. */
export interface InfoSelection {
  /** Select the info series. */
  readonly matchers: readonly Matcher[];
  readonly nameMatchers: readonly Matcher[];
  readonly dataMatchers: readonly Matcher[];
}

/** The selection that the second argument of info() names; of `target_info` where there is none. */
export function infoSelection(matchers: readonly Matcher[]): InfoSelection {
  const named = matchers.filter((matcher) => matcher.name === METRIC_NAME);
  const dataMatchers = matchers.filter((matcher) => matcher.name !== METRIC_NAME);
  const nameMatchers = infoNames(named);
  return { matchers: [...nameMatchers, ...dataMatchers], nameMatchers, dataMatchers };
}

function infoNames(named: readonly Matcher[]): readonly Matcher[] {
  if (named.length === 0) return [{ kind: '=', name: METRIC_NAME, value: 'target_info' }];
  if (named.some(({ kind }) => kind === '=' || kind === '=~')) return named;
  return [{ kind: '=~', name: METRIC_NAME, value: '.+_info' }, ...named];
}

/**
 * The series of `base` with the labels of their info series.
 *
 * @param info values are the times of the samples that were found, in any unit
 * @throws MonError `query-failed` where info series contradict each other
 */
export function joinInfo(
  base: SeriesMatrix,
  info: SeriesMatrix,
  selection: InfoSelection,
): SeriesMatrix {
  const { steps } = base;
  const candidates = candidatesBySignature(info);
  const isInfo = labelsTest(selection.nameMatchers);
  const mayLackInfo = selection.dataMatchers.every((matcher) => valueTest(matcher)(''));
  const parts = new JoinedRows(base);
  base.labels.forEach((labels, row) => {
    if (isInfo(labels)) {
      for (let step = 0; step < steps; step++) parts.add(row, step, labels);
      return;
    }
    const fitting = candidates.get(signatureOf(labels)) ?? [];
    const joinedLabels = new Map<string, Labels>();
    for (let step = 0; step < steps; step++) {
      if (base.presence[row * steps + step] === 0) continue;
      const found = newestOfEach(info, fitting, step);
      if (found.length === 0 && !mayLackInfo) continue;
      const key = found.join();
      const joined = joinedLabels.get(key) ?? addLabels(labels, { info, found, selection });
      joinedLabels.set(key, joined);
      parts.add(row, step, joined);
    }
  });
  return parts.matrix();
}

/** Rows of info series that identify the same, a list per metric name. */
function candidatesBySignature(info: SeriesMatrix): Map<string, number[][]> {
  const bySignature = new Map<string, Map<string, number[]>>();
  info.labels.forEach((labels, row) => {
    const signature = signatureOf(labels);
    const byName = bySignature.get(signature) ?? new Map<string, number[]>();
    bySignature.set(signature, byName);
    const name = labelValue(labels, METRIC_NAME);
    byName.set(name, [...(byName.get(name) ?? []), row]);
  });
  // What has neither label identifies nothing.
  bySignature.delete(signatureOf([]));
  return new Map([...bySignature].map(([key, byName]) => [key, [...byName.values()]]));
}

function signatureOf(labels: Labels): string {
  return labelsKey(IDENTIFYING_LABELS.map((name) => labelValue(labels, name)));
}

/** Of each metric the row whose sample at this step is the newest. */
function newestOfEach(
  { labels, values, presence, steps }: SeriesMatrix,
  metrics: readonly (readonly number[])[],
  step: number,
): number[] {
  const found: number[] = [];
  for (const rows of metrics) {
    let newest = -1;
    for (const row of rows) {
      const cell = row * steps + step;
      if (presence[cell] === 0) continue;
      const time = values[cell] as number;
      const newestTime = newest < 0 ? Number.NEGATIVE_INFINITY : values[newest * steps + step];
      if (time === newestTime) {
        const both = `${formatLabels(labels[newest] as Labels)} and ${formatLabels(labels[row] as Labels)}`;
        throw infoConflict(`found duplicate series for info metric: ${both}`);
      }
      if (time > (newestTime as number)) newest = row;
    }
    if (newest >= 0) found.push(newest);
  }
  return found;
}

/** The labels of a series with those of the info series found for it; its own come first. */
function addLabels(
  own: Labels,
  from: {
    readonly info: SeriesMatrix;
    readonly found: readonly number[];
    readonly selection: InfoSelection;
  },
): Labels {
  const { info, found, selection } = from;
  const wanted = new Set(selection.dataMatchers.map(({ name }) => name));
  const added = new Map<string, string>();
  for (const row of found) {
    const labels = info.labels[row] as Labels;
    for (let i = 0; i < labels.length; i += 2) {
      const [name, value] = [labels[i] as string, labels[i + 1] as string];
      if (name === METRIC_NAME || (wanted.size > 0 && !wanted.has(name))) continue;
      const known = added.get(name);
      if (known !== undefined && known !== value) throw infoConflict(`conflicting label: ${name}`);
      if (labelValue(own, name) === '') added.set(name, value);
    }
  }
  let joined = own;
  for (const [name, value] of added) joined = withLabel(joined, name, value);
  return joined;
}

/** Cells of the base gathered under their new labels. */
class JoinedRows {
  readonly #base: SeriesMatrix;
  /** New labels and the row they come from -> the steps at which they hold. */
  readonly #parts = new Map<string, { row: number; labels: Labels; steps: number[] }>();

  constructor(base: SeriesMatrix) {
    this.#base = base;
  }

  add(row: number, step: number, labels: Labels): void {
    const key = `${row}\u0000${labelsKey(labels)}`;
    const part = this.#parts.get(key) ?? { row, labels, steps: [] };
    this.#parts.set(key, part);
    part.steps.push(step);
  }

  matrix(): SeriesMatrix {
    const { steps, values, presence, dropName } = this.#base;
    const parts = [...this.#parts.values()];
    const joined = emptyMatrix(
      parts.map(({ labels }) => labels),
      steps,
    );
    parts.forEach((part, row) => {
      joined.dropName[row] = dropName[part.row] as number;
      for (const step of part.steps) {
        joined.values[row * steps + step] = values[part.row * steps + step] as number;
        joined.presence[row * steps + step] = presence[part.row * steps + step] as number;
      }
    });
    return mergeEqualRows(joined);
  }
}

function infoConflict(why: string): MonError {
  return new MonError({
    code: 'query-failed',
    what: 'Cannot evaluate info',
    why,
    mend: 'Name one info metric, or the labels to take, in the second argument.',
  });
}
