/**
 * One line of StatsD: `name:value|type|@rate|#tag:value,tag`, several values as `name:1:2:3|ms`.
 *
 * Sources: etsy/statsd docs/metric_types.md; the DogStatsD datagram format up to v1.3, of which
 * the container field is passed over and timestamps are refused.
 */

export const STATSD_TYPES = ['c', 'g', 'ms', 'h', 'd', 's'] as const;
export type StatsdType = (typeof STATSD_TYPES)[number];

export interface StatsdLine {
  readonly name: string;
  readonly type: StatsdType;
  /** As written: numbers, or a set's members. */
  readonly values: readonly string[];
  /** Share of events that were sent, in (0, 1]. */
  readonly rate: number;
  /** Between `#` and the next field, unparsed. */
  readonly tags: string;
}

/** Why a line was not taken; the label of the counter of malformed lines. */
export type StatsdFault =
  | 'no-name'
  | 'no-value'
  | 'no-type'
  | 'unknown-type'
  | 'bad-value'
  | 'bad-rate'
  | 'bad-tag'
  | 'unknown-field'
  | 'event'
  | 'too-long'
  | 'negative-counter'
  | 'type-conflict'
  | 'series-limit';

export const LINE_LENGTH_MAX = 8192;
export const TAGS_MAX = 60;

export function parseStatsdLine(line: string): StatsdLine | StatsdFault {
  if (line.length > LINE_LENGTH_MAX) return 'too-long';
  // DogStatsD events and service checks are no metrics.
  if (line.startsWith('_e{') || line.startsWith('_sc|')) return 'event';
  const [head = '', kind, ...fields] = line.split('|');
  const colon = head.indexOf(':');
  const name = colon < 0 ? head : head.slice(0, colon);
  if (name === '') return 'no-name';
  if (colon < 0 || colon === head.length - 1) return 'no-value';
  if (kind === undefined || kind === '') return 'no-type';
  const type = STATSD_TYPES.find((known) => known === kind);
  if (type === undefined) return 'unknown-type';
  // A set's member may hold colons.
  const written = head.slice(colon + 1);
  const values = type === 's' ? [written] : written.split(':');
  let rate = 1;
  let tags = '';
  for (const field of fields) {
    if (field.startsWith('@')) {
      rate = Number(field.slice(1));
      if (field.length === 1 || !(rate > 0 && rate <= 1)) return 'bad-rate';
    } else if (field.startsWith('#')) tags = field.slice(1);
    else if (!field.startsWith('c:') && !field.startsWith('e:')) return 'unknown-field';
  }
  return { name, type, values, rate, tags };
}

/** A number as StatsD writes it; undefined where it is none. */
export function statsdNumber(text: string): number | undefined {
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** Tags as label pairs; a tag without a value is `true`; undefined where there are too many. */
export function parseTags(tags: string): [string, string][] | undefined {
  if (tags === '') return [];
  const parts = tags.split(',').filter((part) => part !== '');
  if (parts.length > TAGS_MAX) return undefined;
  return parts.map((part) => {
    const colon = part.indexOf(':');
    return colon < 0
      ? [labelNameOf(part), 'true']
      : [labelNameOf(part.slice(0, colon)), part.slice(colon + 1)];
  });
}

/** Dots, dashes and what else PromQL wants quoted become underscores, as statsd_exporter does. */
export function metricNameOf(name: string): string {
  const plain = name.replace(/[^a-zA-Z0-9_:]/g, '_');
  return /^\d/.test(plain) ? `_${plain}` : plain;
}

/** `__` at the start is kept for internal labels and made one. */
function labelNameOf(name: string): string {
  const plain = name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^__+/, '_');
  return /^\d/.test(plain) || plain === '' ? `_${plain}` : plain;
}
