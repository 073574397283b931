/**
 * The functions Prometheus adds to Go's template language for rules.
 *
 * Source: https://prometheus.io/docs/prometheus/latest/configuration/template_reference/
 */
import { durationMs } from '@mon/storage/model/duration';
import { compareText } from '@mon/storage/model/labels';
import { compileSearch } from '@mon/storage/model/regex';
import { escapeQuery } from './builtins.ts';
import { type FunctionTable, QueryWanted, type TemplateFunction } from './function.ts';
import { stripDomain, stripPort } from './host-port.ts';
import {
  humanize,
  humanize1024,
  humanizeDuration,
  humanizePercentage,
  humanizeTimestamp,
  timestampMs,
} from './humanize.ts';
import {
  type ListValue,
  type MapValue,
  type StructValue,
  typeNameOf,
  type Value,
} from './value.ts';

export const PROMETHEUS_FUNCTIONS: FunctionTable = {
  query: {
    parameters: ['string'],
    call: ([expr], { answers }) => {
      const answer = answers.get(String(expr));
      if (!answer) throw new QueryWanted(String(expr));
      if (answer.kind === 'failed') throw new Error(answer.reason);
      return answer.samples;
    },
  },
  first: {
    parameters: ['query-result'],
    call: ([list]) => {
      const [first] = (list as ListValue).items;
      if (first === undefined) throw new Error('first() called on vector with no elements');
      return first;
    },
  },
  label: {
    parameters: ['string', 'sample'],
    call: ([name, sample]) => labelOf(sample, String(name)),
  },
  value: {
    parameters: ['sample'],
    call: ([sample]) => (sample as StructValue).fields.get('Value') ?? null,
  },
  strvalue: { parameters: ['sample'], call: ([sample]) => labelOf(sample, '__value__') },
  sortByLabel: {
    parameters: ['string', 'query-result'],
    call: ([name, list]) => {
      const { items, ...rest } = list as ListValue;
      const key = (item: Value) => labelOf(item, String(name));
      return { ...rest, items: items.toSorted((a, b) => compareText(key(a), key(b))) };
    },
  },
  args: {
    parameters: [],
    rest: 'any',
    call: (args): MapValue => ({
      kind: 'map',
      typeName: 'map[string]interface {}',
      missing: null,
      entries: new Map(args.map((arg, i) => [`arg${i}`, arg])),
    }),
  },
  title: onText((text) => titleCase(text)),
  toUpper: onText((text) => text.toUpperCase()),
  toLower: onText((text) => text.toLowerCase()),
  safeHtml: onText((text) => text),
  stripPort: onText(stripPort),
  stripDomain: onText(stripDomain),
  graphLink: onText((expr) => `/graph?g0.expr=${escapeQuery(expr)}&g0.tab=0`),
  tableLink: onText((expr) => `/graph?g0.expr=${escapeQuery(expr)}&g0.tab=1`),
  urlQueryEscape: onText(escapeQuery),
  match: {
    parameters: ['string', 'string'],
    call: ([pattern, text]) => compileSearch(String(pattern)).isIn(String(text)),
  },
  reReplaceAll: {
    parameters: ['string', 'string', 'string'],
    call: ([pattern, replacement, text]) =>
      compileSearch(String(pattern)).replaceAll(String(text), String(replacement)),
  },
  humanize: onNumber(humanize),
  humanize1024: onNumber(humanize1024),
  humanizeDuration: onNumber(humanizeDuration),
  humanizePercentage: onNumber(humanizePercentage),
  humanizeTimestamp: onNumber(humanizeTimestamp),
  toTime: onNumber((value) => {
    if (!Number.isFinite(value)) throw new Error('value is NaN or Inf');
    return { kind: 'time', timeMs: timestampMs(value) };
  }),
  toDuration: onNumber((value) => {
    if (!Number.isFinite(value)) throw new Error('value is NaN or Inf');
    return { kind: 'duration', durationMs: value * 1000 };
  }),
  now: { parameters: [], call: (_, { nowMs }) => nowMs / 1000 },
  parseDuration: onText((text) => {
    const ms = durationMs(text);
    if (ms === undefined) throw new Error(`not a valid duration string: ${JSON.stringify(text)}`);
    return ms / 1000;
  }),
  externalURL: { parameters: [], call: (_, { externalUrl }) => externalUrl },
  pathPrefix: { parameters: [], call: (_, { externalUrl }) => pathOf(externalUrl) },
};

function onText(call: (text: string) => Value): TemplateFunction {
  return { parameters: ['string'], call: ([text]) => call(String(text)) };
}

function onNumber(call: (value: number) => Value): TemplateFunction {
  return { parameters: ['any'], call: ([value = null]) => call(floatOf(value)) };
}

/** Numbers, numeric texts and durations as a float; what else there is fails. */
function floatOf(value: Value): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string') return parseFloat64(value);
  if (typeof value === 'object' && value?.kind === 'duration') return value.durationMs / 1000;
  throw new Error(`can't convert ${typeNameOf(value)} to float`);
}

function parseFloat64(text: string): number {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Number(text);
  if (/^[+-]?inf(?:inity)?$/i.test(text)) {
    return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (/^nan$/i.test(text)) return Number.NaN;
  throw new Error(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`);
}

function labelOf(sample: Value | undefined, name: string): string {
  const labels = (sample as StructValue).fields.get('Labels') as MapValue;
  return String(labels.entries.get(name) ?? '');
}

/** Go's strings.Title: a letter that no letter, digit or `_` precedes becomes upper case. */
function titleCase(text: string): string {
  return text.replace(/(?<![\p{L}\p{N}_])\p{Ll}/gu, (letter) => letter.toUpperCase());
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname.replace(/\/$/, '') : '';
}
