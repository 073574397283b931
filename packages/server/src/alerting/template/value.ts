/**
 * Values a template computes with, typed as Go types them, since templates in rule files depend on
 * it: an integer is a bigint, a float64 a number, so that `eq 1 1.0` fails and `printf "%d" 1.5`
 * shows its mistake as they do in Prometheus.
 *
 * null is Go's "no value". Format: https://pkg.go.dev/text/template
 */
import { compareText } from '@mon/storage/model/labels';
import { formatFloat } from './go-float.ts';
import { formatGoDuration, formatGoTime } from './go-time.ts';

export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | ListValue
  | MapValue
  | StructValue
  | TimeValue
  | DurationValue;

export interface ListValue {
  readonly kind: 'list';
  readonly typeName: string;
  readonly items: readonly Value[];
  readonly methods?: ReadonlyMap<string, Method>;
}

export interface MapValue {
  readonly kind: 'map';
  readonly typeName: string;
  /** What a missing key gives: '' in a map of strings, null in a map of anything. */
  readonly missing: Value;
  readonly entries: ReadonlyMap<string, Value>;
  readonly methods?: ReadonlyMap<string, Method>;
}

export interface StructValue {
  readonly kind: 'struct';
  readonly typeName: string;
  readonly fields: ReadonlyMap<string, Value>;
  readonly methods?: ReadonlyMap<string, Method>;
}

/** What a parameter of a function or method takes; `any` takes everything. */
export type ParameterKind = 'any' | 'string' | 'int' | 'float' | 'sample' | 'query-result' | 'list';

/** A function that belongs to a value: `.SortedPairs`. */
export interface Method {
  readonly parameters: readonly ParameterKind[];
  readonly call: (args: readonly Value[]) => Value;
}

/** An instant in UTC. */
export interface TimeValue {
  readonly kind: 'time';
  readonly timeMs: number;
}

export interface DurationValue {
  readonly kind: 'duration';
  readonly durationMs: number;
}

/** A map of strings, as label sets appear in templates. */
export function stringMap(record: Readonly<Record<string, string>>): MapValue {
  return {
    kind: 'map',
    typeName: 'map[string]string',
    missing: '',
    entries: new Map(Object.entries(record)),
  };
}

/** One series of a query's answer: `.Labels`, `.Value`. */
export function sampleValue(labels: Readonly<Record<string, string>>, value: number): StructValue {
  return {
    kind: 'struct',
    typeName: SAMPLE_TYPE,
    fields: new Map<string, Value>([
      ['Labels', stringMap(labels)],
      ['Value', value],
    ]),
  };
}

export const SAMPLE_TYPE = '*template.sample';
export const QUERY_RESULT_TYPE = 'template.queryResult';

/** The answer of `query`: a list of samples. */
export function queryResultValue(samples: readonly Value[]): ListValue {
  return { kind: 'list', typeName: QUERY_RESULT_TYPE, items: samples };
}

/** Go's name for a value's type, for error messages and `%T`. */
export function typeNameOf(value: Value): string {
  if (value === null) return 'nil';
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'float64';
    case 'string':
      return 'string';
    default:
  }
  if (value.kind === 'time') return '*time.Time';
  if (value.kind === 'duration') return '*time.Duration';
  return value.typeName;
}

/** Whether a value counts as true in `if`, `and`, `or`, `not`: everything but Go's zero values. */
export function isTrue(value: Value): boolean {
  if (value === null) return false;
  if (typeof value !== 'object') return Boolean(value) || Number.isNaN(value);
  if (value.kind === 'list') return value.items.length > 0;
  if (value.kind === 'map') return value.entries.size > 0;
  return true;
}

/** Writes a value as `{{ value }}` prints it. */
export function printValue(value: Value): string {
  if (value === null) return '<no value>';
  // What a pointer points at, as Go's templates print it.
  return formatPlain(value).replace(/^&/, typeof value === 'object' ? '' : '&');
}

/** Writes a value as Go's `%v` does. */
export function formatPlain(value: Value): string {
  if (value === null) return '<nil>';
  if (typeof value === 'number') return formatFloat(value, 'g', -1);
  if (typeof value !== 'object') return String(value);
  switch (value.kind) {
    case 'list':
      return `[${value.items.map(formatPlain).join(' ')}]`;
    case 'map':
      return `map[${[...value.entries]
        .sort(([a], [b]) => compareText(a, b))
        .map(([key, item]) => `${key}:${formatPlain(item)}`)
        .join(' ')}]`;
    case 'struct': {
      const text = `{${[...value.fields.values()].map(formatPlain).join(' ')}}`;
      return value.typeName.startsWith('*') ? `&${text}` : text;
    }
    case 'time':
      return formatGoTime(value.timeMs);
    case 'duration':
      return formatGoDuration(value.durationMs);
  }
}
