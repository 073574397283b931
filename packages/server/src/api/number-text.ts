/**
 * Numbers as Prometheus writes them in JSON.
 *
 * Source: prometheus/prometheus util/jsonutil/marshal.go (MarshalFloat, MarshalTimestamp).
 */

/** A sample's value: shortest digits, `e` below 1e-6 and from 1e21, `+Inf`, `-Inf`, `NaN`. */
export function valueText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : value < 0 ? '-Inf' : 'NaN';
  const text = String(value);
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-6 && magnitude < 1e21) return text;
  // Go writes at least two digits of the exponent: 1e-07.
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

/** A timestamp in seconds, with milliseconds where there are any: `1435781430.781`. */
export function timeText(timeMs: number): string {
  const magnitude = Math.abs(timeMs);
  const fraction = magnitude % 1000;
  const seconds = `${timeMs < 0 ? '-' : ''}${(magnitude - fraction) / 1000}`;
  return fraction === 0 ? seconds : `${seconds}.${String(fraction).padStart(3, '0')}`;
}
