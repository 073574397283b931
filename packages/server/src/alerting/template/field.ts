/**
 * What `.name` finds in a value: a field, a map's entry, or a method.
 */
import { formatGoTime, formatTimeLayout } from './go-time.ts';
import type { Method, Value } from './value.ts';

export type Found =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'method'; readonly method: Method };

/** Undefined where the value has nothing of that name. */
export function fieldOf(value: Value, name: string): Found | undefined {
  if (value === null) return { kind: 'value', value: null };
  if (typeof value !== 'object') return undefined;
  switch (value.kind) {
    case 'map': {
      const method = value.methods?.get(name);
      if (method) return { kind: 'method', method };
      return { kind: 'value', value: value.entries.get(name) ?? value.missing };
    }
    case 'struct': {
      const method = value.methods?.get(name);
      if (method) return { kind: 'method', method };
      const field = value.fields.get(name);
      return field === undefined ? undefined : { kind: 'value', value: field };
    }
    case 'time':
      return methodOf(TIME_METHODS, name, value.timeMs);
    case 'duration':
      return methodOf(DURATION_METHODS, name, value.durationMs);
    case 'list': {
      const method = value.methods?.get(name);
      return method && { kind: 'method', method };
    }
  }
}

type NumberMethod = (ms: number, args: readonly Value[]) => Value;

const TIME_METHODS: ReadonlyMap<string, NumberMethod> = new Map<string, NumberMethod>([
  ['Format', (ms, [layout]) => formatTimeLayout(ms, String(layout))],
  ['String', (ms) => formatGoTime(ms)],
  ['UTC', (ms) => ({ kind: 'time', timeMs: ms })],
  ['Unix', (ms) => BigInt(Math.floor(ms / 1000))],
  ['UnixMilli', (ms) => BigInt(Math.floor(ms))],
  ['Year', (ms) => BigInt(new Date(ms).getUTCFullYear())],
  ['Day', (ms) => BigInt(new Date(ms).getUTCDate())],
  ['Hour', (ms) => BigInt(new Date(ms).getUTCHours())],
  ['Minute', (ms) => BigInt(new Date(ms).getUTCMinutes())],
  ['Second', (ms) => BigInt(new Date(ms).getUTCSeconds())],
  // Go's zero time is the first of January of the year 1.
  ['IsZero', (ms) => ms === Date.parse('0001-01-01T00:00:00Z')],
]);

const DURATION_METHODS: ReadonlyMap<string, NumberMethod> = new Map<string, NumberMethod>([
  ['Hours', (ms) => ms / 3_600_000],
  ['Minutes', (ms) => ms / 60_000],
  ['Seconds', (ms) => ms / 1000],
  ['Milliseconds', (ms) => BigInt(Math.trunc(ms))],
]);

function methodOf(
  methods: ReadonlyMap<string, NumberMethod>,
  name: string,
  ms: number,
): Found | undefined {
  const method = methods.get(name);
  if (!method) return undefined;
  const parameters = name === 'Format' ? (['string'] as const) : [];
  return { kind: 'method', method: { parameters, call: (args) => method(ms, args) } };
}
