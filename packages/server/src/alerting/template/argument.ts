/**
 * Whether a value may be handed to a parameter, as Go's reflection decides it.
 */
import { quoteGo } from './go-string.ts';
import type { LiteralNode } from './nodes.ts';
import {
  formatPlain,
  type ParameterKind,
  QUERY_RESULT_TYPE,
  SAMPLE_TYPE,
  typeNameOf,
  type Value,
} from './value.ts';

export type Accepted =
  | { readonly kind: 'accepted'; readonly value: Value }
  | { readonly kind: 'refused'; readonly reason: string };

const GO_TYPES: Readonly<Record<Exclude<ParameterKind, 'any'>, string>> = {
  string: 'string',
  int: 'int',
  float: 'float64',
  sample: SAMPLE_TYPE,
  'query-result': QUERY_RESULT_TYPE,
  list: '[]string',
};

/** @param literal the argument as written, where it is a constant */
export function acceptArgument(
  value: Value,
  kind: ParameterKind,
  literal: LiteralNode | undefined,
): Accepted {
  if (literal?.isUntypedNumber && kind === 'float') {
    return { kind: 'accepted', value: Number(value) };
  }
  if (fits(value, kind)) return { kind: 'accepted', value };
  const wanted = GO_TYPES[kind as Exclude<ParameterKind, 'any'>];
  return { kind: 'refused', reason: refusal(value, wanted, literal) };
}

function refusal(value: Value, wanted: string, literal: LiteralNode | undefined): string {
  if (value === null) return `invalid value; expected ${wanted}`;
  if (!literal) return `wrong type for value; expected ${wanted}; got ${typeNameOf(value)}`;
  const isNamed = wanted === 'string' || wanted === 'int' || wanted === 'float64';
  const shown = typeof value === 'string' ? quoteGo(value) : formatPlain(value);
  return isNamed
    ? `expected ${wanted}; found ${shown}`
    : `can't handle ${shown} for arg of type ${wanted}`;
}

function fits(value: Value, kind: ParameterKind): boolean {
  switch (kind) {
    case 'any':
      return true;
    case 'string':
      return typeof value === 'string';
    case 'int':
      return typeof value === 'bigint';
    case 'float':
      return typeof value === 'number';
    case 'sample':
      return (
        typeof value === 'object' && value?.kind === 'struct' && value.typeName === SAMPLE_TYPE
      );
    case 'query-result':
      return (
        typeof value === 'object' && value?.kind === 'list' && value.typeName === QUERY_RESULT_TYPE
      );
    case 'list':
      return typeof value === 'object' && value?.kind === 'list';
  }
}
