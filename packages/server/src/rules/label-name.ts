/**
 * Which names labels and metrics may have in rules.
 *
 * Prometheus 3 takes any UTF-8; almost every name outside the classic letters is a slip, though
 * (`job:rate 5m`, `bad-label`), and promtool 2 refuses it. So only the dots of OpenTelemetry names
 * are let through, with a warning.
 */

const CLASSIC_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const DOTTED_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*(?:\.[a-zA-Z_][a-zA-Z0-9_]*)+$/;
const CLASSIC_METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const DOTTED_METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*(?:\.[a-zA-Z_:][a-zA-Z0-9_:]*)+$/;

export type NameVerdict = 'classic' | 'dotted' | 'invalid';

export function judgeLabelName(name: string): NameVerdict {
  if (CLASSIC_LABEL.test(name)) return 'classic';
  return DOTTED_LABEL.test(name) ? 'dotted' : 'invalid';
}

export function judgeMetricName(name: string): NameVerdict {
  if (CLASSIC_METRIC.test(name)) return 'classic';
  return DOTTED_METRIC.test(name) ? 'dotted' : 'invalid';
}
