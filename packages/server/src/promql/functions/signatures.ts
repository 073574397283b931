/**
 * Every function of PromQL as Prometheus 3 has it, the experimental ones included: what each takes
 * and gives. What they compute stands in the files beside this one, one family each.
 *
 * Source: Prometheus promql/parser/functions.go (3.16).
 */
import type { FunctionSignature, ValueType } from '../parser/ast.ts';

/** name -> signature */
export const FUNCTIONS: ReadonlyMap<string, FunctionSignature> = new Map(
  [
    ...sameSignature(
      ['abs', 'absent', 'ceil', 'exp', 'floor', 'ln', 'log10', 'log2', 'sgn', 'sqrt'],
      ['vector'],
    ),
    ...sameSignature(
      ['acos', 'acosh', 'asin', 'asinh', 'atan', 'atanh', 'cos', 'cosh', 'sin', 'sinh'],
      ['vector'],
    ),
    ...sameSignature(['tan', 'tanh', 'deg', 'rad'], ['vector']),
    ...sameSignature(['sort', 'sort_desc', 'timestamp'], ['vector']),
    ...sameSignature(
      ['histogram_avg', 'histogram_count', 'histogram_stddev', 'histogram_stdvar', 'histogram_sum'],
      ['vector'],
    ),
    ...sameSignature(
      [
        'day_of_month',
        'day_of_week',
        'day_of_year',
        'days_in_month',
        'hour',
        'minute',
        'month',
        'year',
      ],
      ['vector'],
      { variadic: 1 },
    ),
    ...sameSignature(['rate', 'increase', 'delta', 'irate', 'idelta', 'deriv'], ['matrix']),
    ...sameSignature(['changes', 'resets', 'absent_over_time', 'present_over_time'], ['matrix']),
    ...sameSignature(
      ['avg_over_time', 'count_over_time', 'last_over_time', 'max_over_time', 'min_over_time'],
      ['matrix'],
    ),
    ...sameSignature(['stddev_over_time', 'stdvar_over_time', 'sum_over_time'], ['matrix']),
    ...sameSignature(
      [
        'first_over_time',
        'mad_over_time',
        'ts_of_first_over_time',
        'ts_of_last_over_time',
        'ts_of_max_over_time',
        'ts_of_min_over_time',
      ],
      ['matrix'],
      { experimental: true },
    ),
    ...sameSignature(['pi', 'time'], [], { returnType: 'scalar' }),
    ...sameSignature(['end', 'range', 'start', 'step'], [], {
      returnType: 'scalar',
      experimental: true,
    }),
    ...sameSignature(['max_of', 'min_of'], ['scalar', 'scalar'], {
      returnType: 'scalar',
      experimental: true,
    }),
    ...sameSignature(['sort_by_label', 'sort_by_label_desc'], ['vector', 'string'], {
      variadic: -1,
      experimental: true,
    }),
    signature('clamp', ['vector', 'scalar', 'scalar']),
    signature('clamp_max', ['vector', 'scalar']),
    signature('clamp_min', ['vector', 'scalar']),
    signature('double_exponential_smoothing', ['matrix', 'scalar', 'scalar'], {
      experimental: true,
    }),
    signature('histogram_fraction', ['scalar', 'scalar', 'vector']),
    signature('histogram_quantile', ['scalar', 'vector']),
    signature('histogram_quantiles', ['vector', 'string', 'scalar', 'scalar'], {
      variadic: 9,
      experimental: true,
    }),
    signature('info', ['vector', 'vector'], { variadic: 1, experimental: true }),
    signature('integral', ['matrix', 'scalar'], { variadic: 1, experimental: true }),
    signature('label_join', ['vector', 'string', 'string', 'string'], { variadic: -1 }),
    signature('label_replace', ['vector', 'string', 'string', 'string', 'string']),
    signature('predict_linear', ['matrix', 'scalar']),
    signature('quantile_over_time', ['scalar', 'matrix']),
    signature('round', ['vector', 'scalar'], { variadic: 1 }),
    signature('scalar', ['vector'], { returnType: 'scalar' }),
    signature('vector', ['scalar']),
  ].map((func) => [func.name, func]),
);

/** Names that Prometheus 2 had, and what they are called now. */
export const RENAMED_FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ['holt_winters', 'double_exponential_smoothing'],
]);

type Rest = Partial<Pick<FunctionSignature, 'variadic' | 'returnType' | 'experimental'>>;

function signature(name: string, argTypes: readonly ValueType[], rest: Rest = {}) {
  const defaults = { variadic: 0, returnType: 'vector', experimental: false } as const;
  return { name, argTypes, ...defaults, ...rest } satisfies FunctionSignature;
}

function sameSignature(names: readonly string[], argTypes: readonly ValueType[], rest?: Rest) {
  return names.map((name) => signature(name, argTypes, rest));
}
