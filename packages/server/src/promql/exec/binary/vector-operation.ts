/**
 * Arithmetic and comparisons between two vectors, row against row within each match group.
 *
 * Rows are matched once by their labels; whether a match is ambiguous is decided step by step, as
 * series may follow one another in time. Words of errors are Prometheus's.
 * Source: Prometheus promql/engine.go VectorBinop, resultMetric.
 */
import { compareLabels, type Labels } from '@mon/storage/model/labels';
import type { SeriesMatrix } from '../../batch.ts';
import type { VectorMatching } from '../../parser/ast.ts';
import type { VectorOperationPlan } from '../../plan/plan.ts';
import { isComparison, operate, operatorCode } from '../arithmetic.ts';
import { KeyedRows } from '../keyed-rows.ts';
import { queryFailed } from '../query-errors.ts';
import type { QueryRun } from '../query-run.ts';
import { type MatchGroup, matchRows } from './matched-rows.ts';
import { ResultLabels } from './result-labels.ts';
import type { VectorPair } from './set-operation.ts';

/** Presence of an output cell whose operands met but whose comparison failed. */
const FILTERED = 2;

export async function vectorOperation(
  plan: VectorOperationPlan,
  pair: VectorPair,
  run: QueryRun,
): Promise<SeriesMatrix> {
  const operation = new VectorOperation(plan, pair, run);
  for (const group of matchRows(pair.left, pair.right, plan.matching)) {
    await operation.addGroup(group);
  }
  return operation.finish();
}

/** One side of a pair of rows: a row of a matrix, or a fill value. */
interface Operand {
  readonly labels: Labels;
  readonly values: Float64Array;
  readonly presence: Uint8Array;
  readonly from: number;
  readonly dropName: number;
}

class VectorOperation {
  readonly #plan: VectorOperationPlan;
  readonly #run: QueryRun;
  readonly #matching: VectorMatching;
  /** The side that has one row per group and step, and the other one. */
  readonly #one: SeriesMatrix;
  readonly #many: SeriesMatrix;
  readonly #isOneLeft: boolean;
  readonly #fillOne: number | undefined;
  readonly #fillMany: number | undefined;
  readonly #steps: number;
  readonly #code: number;
  readonly #isFilter: boolean;
  readonly #resultLabels: ResultLabels;
  readonly #out: KeyedRows;
  /** [steps] whether the many side has any row at that step; computed when first needed. */
  #manyAny: Uint8Array | undefined;

  constructor(plan: VectorOperationPlan, { left, right }: VectorPair, run: QueryRun) {
    const { matching } = plan;
    this.#plan = plan;
    this.#run = run;
    this.#matching = matching;
    this.#isOneLeft = matching.cardinality === 'one-to-many';
    this.#one = this.#isOneLeft ? left : right;
    this.#many = this.#isOneLeft ? right : left;
    // With group_right the sides change places but their fill values do not, as in Prometheus.
    this.#fillOne = matching.fillRight;
    this.#fillMany = matching.fillLeft;
    this.#steps = left.steps;
    this.#code = operatorCode(plan.operator);
    this.#isFilter = isComparison(plan.operator) && !plan.returnBool;
    this.#resultLabels = new ResultLabels(matching, !isComparison(plan.operator));
    this.#out = new KeyedRows(this.#steps, run);
  }

  async addGroup(group: MatchGroup): Promise<void> {
    const ones = this.#isOneLeft ? group.left : group.right;
    const manies = this.#isOneLeft ? group.right : group.left;
    if (ones.length > 1) this.#checkOnes(group, ones);
    if (manies.length > 1 && this.#matching.cardinality === 'one-to-one') {
      this.#checkManies(ones, manies);
    }
    for (const many of manies) {
      for (const one of ones) this.#combine(operand(this.#many, many), operand(this.#one, one));
      if (this.#run.isBreathDue()) await this.#run.breathe();
    }
    if (this.#fillOne !== undefined) {
      const fill = this.#fillOperand(group.labels, this.#fillOne, {
        matrix: this.#one,
        rows: ones,
      });
      for (const many of manies) this.#combine(operand(this.#many, many), fill);
    }
    if (this.#fillMany !== undefined) {
      const rows = { matrix: this.#many, rows: manies };
      const fill = this.#fillOperand(group.labels, this.#fillMany, rows);
      for (const one of ones) this.#combine(fill, operand(this.#one, one));
    }
  }

  finish(): SeriesMatrix {
    const matrix = this.#out.toMatrix();
    const { presence } = matrix;
    for (let i = 0; i < presence.length; i++) if (presence[i] === FILTERED) presence[i] = 0;
    return matrix;
  }

  /** Writes the cells of one pair of rows, at the steps where both have a value. */
  #combine(many: Operand, one: Operand): void {
    const steps = this.#steps;
    if (!meet(many, one, steps)) return;
    const dropName = this.#plan.returnBool ? 1 : many.dropName;
    const row = this.#out.rowOf(this.#resultLabels.of(many.labels, one.labels), dropName);
    const { values, presence } = this.#out;
    const [left, right] = this.#isOneLeft ? [one, many] : [many, one];
    for (let step = 0; step < steps; step++) {
      if (left.presence[left.from + step] === 0 || right.presence[right.from + step] === 0)
        continue;
      const to = row * steps + step;
      if (presence[to] !== 0) {
        throw queryFailed(
          'multiple matches for labels: grouping labels must ensure unique matches',
        );
      }
      const a = left.values[left.from + step] as number;
      const result = operate(this.#code, a, right.values[right.from + step] as number);
      presence[to] = this.#isFilter && result === 0 ? FILTERED : 1;
      values[to] = this.#isFilter ? a : result;
    }
  }

  /** @throws MonError `query-failed` where two rows of the one side have a value together */
  #checkOnes({ labels }: MatchGroup, ones: readonly number[]): void {
    const steps = this.#steps;
    for (let step = 0; step < steps; step++) {
      const present = ones.filter((row) => this.#one.presence[row * steps + step] === 1);
      if (present.length < 2) continue;
      // With nothing on the other side there is nothing to match, and Prometheus does not look.
      if (this.#fillMany === undefined && this.#presenceOfMany()[step] === 0) continue;
      const [first, second] = present
        .map((row) => this.#one.labels[row] as Labels)
        .sort(compareLabels) as [Labels, Labels];
      const side = this.#isOneLeft ? 'left' : 'right';
      throw queryFailed(
        `found duplicate series for the match group ${braced(labels)} on the ${side} hand-side of the operation: [${braced(first)}, ${braced(second)}];many-to-many matching not allowed: matching labels must be unique on one side`,
      );
    }
  }

  /** @throws MonError `query-failed` where two rows of the left side meet one of the right */
  #checkManies(ones: readonly number[], manies: readonly number[]): void {
    const steps = this.#steps;
    for (let step = 0; step < steps; step++) {
      const hasOne = ones.some((row) => this.#one.presence[row * steps + step] === 1);
      if (!hasOne && this.#fillOne === undefined) continue;
      const count = manies.filter((row) => this.#many.presence[row * steps + step] === 1).length;
      if (count < 2) continue;
      throw queryFailed(
        'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
      );
    }
  }

  #presenceOfMany(): Uint8Array {
    if (this.#manyAny === undefined) {
      this.#manyAny = new Uint8Array(this.#steps);
      for (let i = 0; i < this.#many.presence.length; i++) {
        if (this.#many.presence[i] === 1) this.#manyAny[i % this.#steps] = 1;
      }
    }
    return this.#manyAny;
  }

  /** An operand with the fill value at the steps where none of the rows has one. */
  #fillOperand(
    labels: Labels,
    fill: number,
    { matrix, rows }: { readonly matrix: SeriesMatrix; readonly rows: readonly number[] },
  ): Operand {
    const steps = this.#steps;
    const presence = new Uint8Array(steps).fill(1);
    for (const row of rows) {
      for (let step = 0; step < steps; step++) {
        if (matrix.presence[row * steps + step] === 1) presence[step] = 0;
      }
    }
    const values = new Float64Array(steps).fill(fill);
    return { labels, values, presence, from: 0, dropName: 0 };
  }
}

function operand(matrix: SeriesMatrix, row: number): Operand {
  const { values, presence, steps } = matrix;
  const labels = matrix.labels[row] as Labels;
  const dropName = matrix.dropName[row] as number;
  return { labels, values, presence, from: row * steps, dropName };
}

function meet(a: Operand, b: Operand, steps: number): boolean {
  for (let step = 0; step < steps; step++) {
    if (a.presence[a.from + step] === 1 && b.presence[b.from + step] === 1) return true;
  }
  return false;
}

/** A label set as Go prints it, the name inside the braces like any other label. */
function braced(labels: Labels): string {
  const pairs: string[] = [];
  for (let i = 0; i < labels.length; i += 2) {
    pairs.push(`${labels[i]}=${JSON.stringify(labels[i + 1])}`);
  }
  return `{${pairs.join(', ')}}`;
}
