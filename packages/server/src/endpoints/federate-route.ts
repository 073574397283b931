/**
 * GET /federate: the newest sample of each series that matches, as exposition text that another
 * server scrapes.
 *
 * A series counts while its newest sample is within the lookback and no staleness marker. Samples
 * carry their own timestamps; the configuration's external labels are added where a series has none
 * of that name. Source: prometheus/prometheus web/federate.go.
 */
import type { Clock } from '@mon/storage/model/clock';
import { type Labels, METRIC_NAME } from '@mon/storage/model/labels';
import type { Queryable, SeriesBatch } from '@mon/storage/model/queryable';
import { bitsOf, isStaleAt } from '@mon/storage/model/sample';
import { valueText } from '../api/number-text.ts';
import { missingParameter } from '../api/parameters.ts';
import type { HttpRequest } from '../http/request.ts';
import type { Route } from '../http/route.ts';
import { withExternalLabels } from './external-labels.ts';
import type { QuerySlots } from './query-slots.ts';
import { parseSelector } from './selector-parameters.ts';

export interface FederateOptions {
  readonly queryable: Queryable;
  readonly slots: QuerySlots;
  readonly clock: Clock;
  readonly lookbackMs: number;
  /** More samples than this are not read: `query-limit`. */
  readonly samplesMax: number;
  readonly externalLabels: Readonly<Record<string, string>>;
}

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

interface Newest {
  readonly name: string;
  /** Everything of the line but the metric's name. */
  readonly rest: string;
}

export function federateRoute(options: FederateOptions): Route {
  return {
    method: 'GET',
    path: '/federate',
    handle: async (request) => {
      const found = await options.slots.run(request.signal, () => newest(options, request));
      return { status: 200, headers: { 'content-type': CONTENT_TYPE }, body: exposition(found) };
    },
  };
}

async function newest(options: FederateOptions, request: HttpRequest): Promise<Newest[]> {
  const { queryable, clock, lookbackMs, samplesMax, externalLabels } = options;
  const { tenant, signal } = request;
  const selectors = (await request.parameters()).getAll('match[]').map(parseSelector);
  if (selectors.length === 0) {
    throw missingParameter('match[]', 'Give at least one selector, such as match[]=up.');
  }
  const endMs = clock.nowMs();
  const startMs = endMs - lookbackMs + 1;
  const byLabels = new Map<string, Newest>();
  for (const matchers of selectors) {
    const asked = { tenant, matchers, startMs, endMs, signal, samplesMax };
    for await (const batch of queryable.select(asked)) {
      for (const { labels, value, timestampMs } of newestOf(batch)) {
        const line = lineOf(withExternalLabels(labels, externalLabels));
        const rest = `${line.rest} ${valueText(value)} ${timestampMs}\n`;
        // Selectors may overlap.
        byLabels.set(`${line.name}\0${line.rest}`, { name: line.name, rest });
      }
    }
  }
  return [...byLabels].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, line]) => line);
}

function* newestOf(batch: SeriesBatch) {
  const bits = bitsOf(batch.values);
  for (const [i, labels] of batch.labels.entries()) {
    const at = (batch.valueOffsets[i + 1] as number) - 1;
    if (at < (batch.valueOffsets[i] as number) || isStaleAt(bits, at)) continue;
    const column = batch.timestampColumns[batch.timestampColumn[i] as number];
    const timestampMs = column?.at(-1) as number;
    yield { labels, value: batch.values[at] as number, timestampMs };
  }
}

function lineOf(labels: Labels): Newest {
  let name = '';
  const pairs: string[] = [];
  for (let i = 0; i < labels.length; i += 2) {
    if (labels[i] === METRIC_NAME) name = labels[i + 1] as string;
    else pairs.push(`${quotedName(labels[i] as string)}="${escaped(labels[i + 1] as string)}"`);
  }
  return { name, rest: pairs.length === 0 ? '' : `{${pairs.join(',')}}` };
}

/** Names beyond the old alphabet stand in quotes. */
function quotedName(name: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : `"${escaped(name)}"`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function* exposition(lines: readonly Newest[]): Generator<string> {
  let family = '';
  for (const { name, rest } of lines) {
    const isOld = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
    const shown = isOld ? name : `"${escaped(name)}"`;
    if (name !== family) yield `# TYPE ${shown} untyped\n`;
    family = name;
    if (isOld || name === '') yield name + rest;
    else yield rest.startsWith('{') ? `{${shown},${rest.slice(1)}` : `{${shown}}${rest}`;
  }
}
