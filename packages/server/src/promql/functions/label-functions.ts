/**
 * Functions that change labels: label_replace, label_join.
 *
 * Values stay. Giving the metric's name back to a row that was to lose it keeps the new one.
 * Source: Prometheus promql/functions.go, evalLabelReplace and evalLabelJoin.
 */
import { MonError } from '@mon/storage/model/error';
import { type Labels, labelValue, METRIC_NAME, withLabel } from '@mon/storage/model/labels';
import { type AnchoredRegex, compileAnchored } from '@mon/storage/model/regex';
import type { SeriesMatrix } from '../batch.ts';
import { mergeEqualRows } from './merge-rows.ts';
import { matrixArg, stringArg, type VectorFunction } from './vector-function.ts';

/** label_replace(v, target, replacement, source, regex) */
export const labelReplace: VectorFunction = (call) => {
  const [target, replacement] = [stringArg(call, 1), stringArg(call, 2)];
  const [source, pattern] = [stringArg(call, 3), stringArg(call, 4)];
  const regex = compilePattern(pattern);
  checkName('label_replace', 'destination', target);
  return relabel(matrixArg(call, 0), target, (labels) =>
    regex.expand(labelValue(labels, source), replacement),
  );
};

/** label_join(v, target, separator, sources...) */
export const labelJoin: VectorFunction = (call) => {
  const [target, separator] = [stringArg(call, 1), stringArg(call, 2)];
  const sources = call.args.slice(3).map((_, i) => stringArg(call, i + 3));
  for (const source of sources) checkName('label_join', 'source', source);
  checkName('label_join', 'destination', target);
  return relabel(matrixArg(call, 0), target, (labels) =>
    sources.map((source) => labelValue(labels, source)).join(separator),
  );
};

/** Sets `target` in each row to what `newValue` gives; undefined leaves the row as it is. */
function relabel(
  matrix: SeriesMatrix,
  target: string,
  newValue: (labels: Labels) => string | undefined,
): SeriesMatrix {
  const { labels, dropName } = matrix;
  labels.forEach((set, row) => {
    const value = newValue(set);
    if (value === undefined) return;
    labels[row] = withLabel(set, target, value);
    if (target === METRIC_NAME) dropName[row] = 0;
  });
  return mergeEqualRows(matrix);
}

function compilePattern(pattern: string): AnchoredRegex {
  try {
    return compileAnchored(pattern);
  } catch (cause) {
    if (!(cause instanceof MonError)) throw cause;
    throw new MonError({
      code: 'query-failed',
      what: 'Cannot evaluate label_replace',
      why: `invalid regular expression in label_replace(): ${pattern}`,
      mend: cause.mend,
      cause,
    });
  }
}

function checkName(func: string, role: 'source' | 'destination', name: string): void {
  // U+FFFD is what bytes that are no UTF-8 became.
  if (name !== '' && !name.includes('\uFFFD')) return;
  throw new MonError({
    code: 'query-failed',
    what: `Cannot evaluate ${func}`,
    why: `invalid ${role} label name in ${func}(): ${name}`,
    mend: 'Name a label.',
  });
}
