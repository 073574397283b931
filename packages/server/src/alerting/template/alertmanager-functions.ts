/**
 * The functions that Alertmanager adds to Go's template language for notifications.
 *
 * Source: https://prometheus.io/docs/alerting/latest/notifications/#functions
 */
import type { FunctionTable } from './function.ts';
import { formatTimeLayout } from './go-time.ts';
import { PROMETHEUS_FUNCTIONS } from './prometheus-functions.ts';
import { type ListValue, type TimeValue, typeNameOf, type Value } from './value.ts';

const { toUpper, toLower, title, match, safeHtml, reReplaceAll, humanizeDuration } =
  PROMETHEUS_FUNCTIONS as Required<typeof PROMETHEUS_FUNCTIONS>;

export const ALERTMANAGER_FUNCTIONS: FunctionTable = {
  ...pick({ toUpper, toLower, title, match, safeHtml, reReplaceAll, humanizeDuration }),
  safeUrl: { parameters: ['string'], call: ([text = '']) => text },
  trimSpace: { parameters: ['string'], call: ([text]) => String(text).trim() },
  join: {
    parameters: ['string', 'list'],
    call: ([separator, list]) => (list as ListValue).items.join(String(separator)),
  },
  stringSlice: { parameters: [], rest: 'string', call: (items) => stringList(items) },
  urlUnescape: {
    parameters: ['string'],
    call: ([text]) => decodeURIComponent(String(text).replaceAll('+', ' ')),
  },
  date: {
    parameters: ['string', 'any'],
    call: ([layout, time = null]) => formatTimeLayout(timeOf(time).timeMs, String(layout)),
  },
  since: {
    parameters: ['any'],
    call: ([time = null], { nowMs }) => {
      return { kind: 'duration', durationMs: nowMs - timeOf(time).timeMs };
    },
  },
  toJson: { parameters: ['any'], call: ([value = null]) => JSON.stringify(plain(value)) },
};

function pick(functions: Readonly<Record<string, FunctionTable[string] | undefined>>) {
  return Object.fromEntries(
    Object.entries(functions).filter((entry): entry is [string, FunctionTable[string]] => {
      return entry[1] !== undefined;
    }),
  );
}

export function stringList(items: readonly Value[]): ListValue {
  return { kind: 'list', typeName: '[]string', items };
}

function timeOf(value: Value): TimeValue {
  if (typeof value === 'object' && value?.kind === 'time') return value;
  throw new Error(`wrong type for value; expected time.Time; got ${typeNameOf(value)}`);
}

function plain(value: Value): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value === null || typeof value !== 'object') return value;
  switch (value.kind) {
    case 'list':
      return value.items.map(plain);
    case 'map':
      return Object.fromEntries([...value.entries].map(([key, item]) => [key, plain(item)]));
    case 'struct':
      return Object.fromEntries([...value.fields].map(([key, item]) => [key, plain(item)]));
    case 'time':
      return new Date(value.timeMs).toISOString();
    case 'duration':
      return value.durationMs * 1e6;
  }
}
