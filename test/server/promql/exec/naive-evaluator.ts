/**
 * PromQL one step at a time, one sample at a time: slow, and so plain that it is right by
 * inspection. The engine is held against it. Knows what `random-query.ts` writes, no more.
 */
import type {
  Aggregation,
  BinaryOperation,
  Call,
  Expr,
  MatrixSelector,
  Subquery,
  VectorSelector,
} from '@mon/server/promql/parser/ast';
import { typeOf } from '@mon/server/promql/parser/ast';
import {
  dropLabels,
  keepLabels,
  type Labels,
  labelsKey,
  METRIC_NAME,
} from '@mon/storage/model/labels';
import { labelsTest } from '@mon/storage/model/matcher';

/** A sample of undefined value is a staleness marker. */
export interface NaiveSeries {
  readonly labels: Labels;
  readonly samples: readonly { readonly ms: number; readonly value: number | undefined }[];
}

export interface NaiveSample {
  readonly labels: Labels;
  readonly dropName: boolean;
  readonly value: number;
}

type Range = { readonly labels: Labels; readonly dropName: boolean; readonly values: number[] };

export class NaiveEvaluator {
  readonly #series: readonly NaiveSeries[];
  readonly #query: { readonly startMs: number; readonly endMs: number };

  constructor(series: readonly NaiveSeries[], query: { startMs: number; endMs: number }) {
    this.#series = series;
    this.#query = query;
  }

  /** Throws where the engine has to fail too. */
  vector(expr: Expr, ms: number): NaiveSample[] {
    switch (expr.kind) {
      case 'paren':
        return this.vector(expr.expr, ms);
      case 'vector-selector':
        return this.#instant(expr, ms);
      case 'unary':
        return this.vector(expr.expr, ms).map((sample) =>
          expr.operator === '-' ? { ...sample, value: -sample.value, dropName: true } : sample,
        );
      case 'call':
        return this.#call(expr, ms);
      case 'aggregation':
        return this.#aggregate(expr, ms);
      case 'binary':
        return this.#binary(expr, ms);
      default:
        throw new Error(`${expr.kind} is not known here`);
    }
  }

  scalar(expr: Expr, ms: number): number {
    switch (expr.kind) {
      case 'paren':
        return this.scalar(expr.expr, ms);
      case 'number':
        return expr.value;
      case 'call': {
        if (expr.func.name === 'time') return ms / 1000;
        const samples = this.vector(expr.args[0] as Expr, ms);
        return samples.length === 1 ? (samples[0]?.value as number) : Number.NaN;
      }
      case 'binary':
        return operate(expr.operator, this.scalar(expr.left, ms), this.scalar(expr.right, ms));
      default:
        throw new Error(`${expr.kind} is no scalar here`);
    }
  }

  #reference(node: VectorSelector | Subquery, ms: number): number {
    const at = node.at;
    const base =
      at === undefined
        ? ms
        : at.kind === 'time'
          ? at.timeMs
          : at.kind === 'start'
            ? this.#query.startMs
            : this.#query.endMs;
    return base - node.offsetMs;
  }

  #instant(selector: VectorSelector, ms: number): NaiveSample[] {
    const until = this.#reference(selector, ms);
    const matches = labelsTest(selector.matchers);
    return this.#series.flatMap(({ labels, samples }) => {
      if (!matches(labels)) return [];
      const last = samples.filter((sample) => sample.ms <= until).at(-1);
      if (last === undefined || last.ms <= until - 300_000 || last.value === undefined) return [];
      return [{ labels, dropName: false, value: last.value }];
    });
  }

  #range(expr: Expr, ms: number): Range[] {
    if (expr.kind === 'subquery') return this.#subquery(expr, ms);
    const { selector, rangeMs } = expr as MatrixSelector;
    const until = this.#reference(selector, ms);
    const matches = labelsTest(selector.matchers);
    return this.#series
      .filter(({ labels }) => matches(labels))
      .map(({ labels, samples }) => {
        const inside = samples.filter((s) => s.ms > until - rangeMs && s.ms <= until);
        const values = inside.flatMap(({ value }) => (value === undefined ? [] : [value]));
        return { labels, dropName: false, values };
      });
  }

  #subquery(expr: Subquery, ms: number): Range[] {
    const until = this.#reference(expr, ms);
    const stepMs = expr.stepMs === 0 ? 60_000 : expr.stepMs;
    const rows = new Map<string, Range>();
    const first = Math.ceil((until - expr.rangeMs) / stepMs) * stepMs;
    for (let at = first; at <= until; at += stepMs) {
      if (at <= until - expr.rangeMs) continue;
      for (const { labels, dropName, value } of this.vector(expr.expr, at)) {
        const key = `${labelsKey(labels)}${dropName}`;
        const row = rows.get(key) ?? { labels, dropName, values: [] };
        rows.set(key, row);
        row.values.push(value);
      }
    }
    return [...rows.values()];
  }

  #call({ func, args }: Call, ms: number): NaiveSample[] {
    const first = args[0] as Expr;
    if (func.name === 'vector') {
      return [{ labels: [], dropName: false, value: this.scalar(first, ms) }];
    }
    if (func.name === 'abs') {
      return this.vector(first, ms).map((s) => ({
        ...s,
        value: Math.abs(s.value),
        dropName: true,
      }));
    }
    return this.#range(first, ms).flatMap(({ labels, dropName, values }) => {
      if (values.length === 0) return [];
      const keepsName = func.name === 'last_over_time';
      return [{ labels, dropName: dropName || !keepsName, value: reduce(func.name, values) }];
    });
  }

  #aggregate(expr: Aggregation, ms: number): NaiveSample[] {
    const names = new Set(expr.without ? [...expr.grouping, METRIC_NAME] : expr.grouping);
    const groups = new Map<string, { labels: Labels; dropName: boolean; values: number[] }>();
    for (const { labels, dropName, value } of this.vector(expr.expr, ms)) {
      const of = expr.without ? dropLabels(labels, names) : keepLabels(labels, names);
      const group = groups.get(labelsKey(of)) ?? { labels: of, dropName: false, values: [] };
      groups.set(labelsKey(of), group);
      group.values.push(value);
      group.dropName ||= dropName;
    }
    return [...groups.values()].map(({ labels, dropName, values }) => {
      return { labels, dropName, value: reduce(`${expr.operator}_over_time`, values) };
    });
  }

  #binary(expr: BinaryOperation, ms: number): NaiveSample[] {
    const isLeftScalar = typeOf(expr.left) === 'scalar';
    if (!isLeftScalar && typeOf(expr.right) !== 'scalar') return this.#vectors(expr, ms);
    const scalar = this.scalar(isLeftScalar ? expr.left : expr.right, ms);
    const vector = this.vector(isLeftScalar ? expr.right : expr.left, ms);
    return vector.flatMap((sample) => {
      const [a, b] = isLeftScalar ? [scalar, sample.value] : [sample.value, scalar];
      const value = operate(expr.operator, a, b);
      if (isComparison(expr) && !expr.returnBool) return value === 1 ? [sample] : [];
      return [{ ...sample, value, dropName: true }];
    });
  }

  #vectors(expr: BinaryOperation, ms: number): NaiveSample[] {
    const { operator, matching } = expr;
    const names = new Set(matching?.labels ?? []);
    const keyOf = (labels: Labels): string =>
      labelsKey(
        matching?.on === true
          ? keepLabels(labels, names)
          : dropLabels(labels, new Set([...names, METRIC_NAME])),
      );
    const left = this.vector(expr.left, ms);
    const right = this.vector(expr.right, ms);
    const rightKeys = new Set(right.map(({ labels }) => keyOf(labels)));
    const leftKeys = new Set(left.map(({ labels }) => keyOf(labels)));
    if (operator === 'and') return left.filter(({ labels }) => rightKeys.has(keyOf(labels)));
    if (operator === 'unless') return left.filter(({ labels }) => !rightKeys.has(keyOf(labels)));
    if (operator === 'or') {
      return [...left, ...right.filter(({ labels }) => !leftKeys.has(keyOf(labels)))];
    }
    if (left.length === 0 || right.length === 0) return [];
    if (rightKeys.size < right.length) throw new Error('found duplicate series');
    const isGroup = matching?.cardinality === 'many-to-one';
    const taken = new Set<string>();
    return left.flatMap((sample) => {
      const key = keyOf(sample.labels);
      const partner = right.find(({ labels }) => keyOf(labels) === key);
      if (partner === undefined) return [];
      let { labels } = sample;
      if (!isComparison(expr)) labels = dropLabels(labels, new Set([METRIC_NAME]));
      if (!isGroup) {
        labels = matching?.on === true ? keepLabels(labels, names) : dropLabels(labels, names);
      }
      const slot = isGroup ? labelsKey(labels) : key;
      if (taken.has(slot)) throw new Error('multiple matches for labels');
      taken.add(slot);
      const value = operate(operator, sample.value, partner.value);
      const { dropName } = sample;
      if (!isComparison(expr)) return [{ labels, dropName, value }];
      if (expr.returnBool) return [{ labels, dropName: true, value }];
      return value === 1 ? [{ labels, dropName, value: sample.value }] : [];
    });
  }
}

/** The answer after names are dropped; throws where two samples then have the same labels. */
export function withoutNames(samples: readonly NaiveSample[]): Map<string, number> {
  const answer = new Map<string, number>();
  for (const { labels, dropName, value } of samples) {
    const key = labelsKey(dropName ? dropLabels(labels, new Set([METRIC_NAME])) : labels);
    if (answer.has(key)) throw new Error('same labelset');
    answer.set(key, value);
  }
  return answer;
}

function isComparison({ operator }: BinaryOperation): boolean {
  return ['==', '!=', '>', '<', '>=', '<='].includes(operator);
}

function operate(operator: BinaryOperation['operator'], a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '>':
      return a > b ? 1 : 0;
    case '<=':
      return a <= b ? 1 : 0;
    case '!=':
      return a !== b ? 1 : 0;
    default:
      throw new Error(`${operator} is not known here`);
  }
}

function reduce(name: string, values: readonly number[]): number {
  const sum = values.reduce((a, b) => a + b, 0);
  const numbers = values.filter((value) => !Number.isNaN(value));
  switch (name) {
    case 'sum_over_time':
      return sum;
    case 'avg_over_time':
      return sum / values.length;
    case 'count_over_time':
      return values.length;
    case 'max_over_time':
      return Math.max(...(numbers.length > 0 ? numbers : values));
    case 'min_over_time':
      return Math.min(...(numbers.length > 0 ? numbers : values));
    case 'last_over_time':
      return values.at(-1) as number;
    case 'changes':
      return values.filter((value, i) => {
        const before = values[i - 1];
        if (before === undefined || value === before) return false;
        return !(Number.isNaN(value) && Number.isNaN(before));
      }).length;
    default:
      throw new Error(`${name} is not known here`);
  }
}
