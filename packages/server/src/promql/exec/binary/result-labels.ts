/**
 * The labels of an operation between two vectors.
 *
 * Source: Prometheus promql/engine.go resultMetric.
 */
import {
  dropLabels,
  keepLabels,
  type Labels,
  labelValue,
  METRIC_NAME,
  withLabel,
} from '@mon/storage/model/labels';
import type { VectorMatching } from '../../parser/ast.ts';

const NOTHING: ReadonlySet<string> = new Set();
const NAME_ONLY: ReadonlySet<string> = new Set([METRIC_NAME]);

export class ResultLabels {
  /** Labels of the many side that stay; undefined where all but `#drops` do. */
  readonly #keeps: ReadonlySet<string> | undefined;
  readonly #drops: ReadonlySet<string>;
  readonly #include: readonly string[];

  /** @param dropsName true for arithmetic, whose result is no longer what the name says */
  constructor({ cardinality, on, labels, include }: VectorMatching, dropsName: boolean) {
    const names = dropsName ? NAME_ONLY : NOTHING;
    const isOneToOne = cardinality === 'one-to-one';
    const kept = new Set(labels);
    if (dropsName) kept.delete(METRIC_NAME);
    this.#keeps = isOneToOne && on ? kept : undefined;
    this.#drops = isOneToOne && !on ? new Set([...labels, ...names]) : names;
    this.#include = include;
  }

  of(many: Labels, one: Labels): Labels {
    let labels =
      this.#keeps === undefined ? dropLabels(many, this.#drops) : keepLabels(many, this.#keeps);
    for (const name of this.#include) labels = withLabel(labels, name, labelValue(one, name));
    return labels;
  }
}
