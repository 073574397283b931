/**
 * From what discovery found to a target: the labels that relabeling sees, the ones its series
 * carry, and the URL to scrape.
 *
 * As Prometheus 3 does it (scrape/target.go): no default port is added, `instance` defaults to the
 * address, `__scrape_interval__` and `__scrape_timeout__` may be changed by rules.
 */
import { durationMs, formatDurationMs } from '@mon/storage/model/duration';
import {
  type Labels,
  labelsFromPairs,
  labelsFromRecord,
  labelsToRecord,
} from '@mon/storage/model/labels';
import { relabel } from '../relabel/relabel.ts';
import type { RelabelRule } from '../relabel/relabel-rule.ts';

/** What decides a target's labels, out of its job's settings. */
export interface TargetDefaults {
  readonly jobName: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly metricsPath: string;
  readonly scheme: string;
  readonly params: Readonly<Record<string, readonly string[]>>;
}

export interface Target {
  readonly url: string;
  /** What every series of it carries; no name starts with `__`. */
  readonly labels: Labels;
  /** Before relabeling, `__meta_` labels included. */
  readonly discoveredLabels: Labels;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

export interface DroppedTarget {
  readonly discoveredLabels: Labels;
  readonly reason: string;
}

export type TargetOutcome =
  | { readonly kind: 'target'; readonly target: Target }
  | { readonly kind: 'dropped'; readonly dropped: DroppedTarget };

/**
 * @param found labels of one target with those of its group beneath
 */
export function resolveTarget(
  found: Readonly<Record<string, string>>,
  defaults: TargetDefaults,
  rules: readonly RelabelRule[],
): TargetOutcome {
  const params: Record<string, string> = {};
  for (const [name, values] of Object.entries(defaults.params))
    params[`__param_${name}`] = values[0] ?? '';
  const discoveredLabels = labelsFromRecord({
    ...params,
    job: defaults.jobName,
    __scheme__: defaults.scheme,
    __metrics_path__: defaults.metricsPath,
    __scrape_interval__: formatDurationMs(defaults.intervalMs),
    __scrape_timeout__: formatDurationMs(defaults.timeoutMs),
    ...withoutEmpty(found),
  });
  const drop = (reason: string): TargetOutcome => {
    return { kind: 'dropped', dropped: { discoveredLabels, reason } };
  };
  const kept = relabel(discoveredLabels, rules);
  if (kept === undefined) return drop('a relabeling rule drops it');
  const labels = labelsToRecord(kept);
  const address = labels['__address__'] ?? '';
  if (address === '') return drop('it has no __address__ after relabeling');
  const intervalMs = durationMs(labels['__scrape_interval__'] ?? '');
  const timeoutMs = durationMs(labels['__scrape_timeout__'] ?? '');
  if (intervalMs === undefined || intervalMs === 0)
    return drop('its __scrape_interval__ is no duration above 0');
  if (timeoutMs === undefined || timeoutMs === 0)
    return drop('its __scrape_timeout__ is no duration above 0');
  if (timeoutMs > intervalMs) return drop('its scrape timeout is longer than its interval');
  const url = targetUrl(labels, address, defaults);
  if (url === undefined) return drop(`its address ${JSON.stringify(address)} gives no URL`);
  const own = Object.entries(labels).filter(([name]) => !name.startsWith('__'));
  if (!own.some(([name]) => name === 'instance')) own.push(['instance', address]);
  const target = { url, labels: labelsFromPairs(own), discoveredLabels, intervalMs, timeoutMs };
  return { kind: 'target', target };
}

function withoutEmpty(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== ''));
}

function targetUrl(
  labels: Readonly<Record<string, string>>,
  address: string,
  defaults: TargetDefaults,
): string | undefined {
  const scheme = labels['__scheme__'] ?? '';
  if ((scheme !== 'http' && scheme !== 'https') || /[/?#@\s]/.test(address)) return undefined;
  const path = labels['__metrics_path__'] ?? '';
  const text = `${scheme}://${address}${path === '' || path.startsWith('/') ? '' : '/'}${path}`;
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const names = new Set(Object.keys(defaults.params));
  for (const name of Object.keys(labels))
    if (name.startsWith('__param_')) names.add(name.slice('__param_'.length));
  for (const name of [...names].sort()) {
    // The label stands for the first value; further ones come from the settings.
    const first = labels[`__param_${name}`];
    const values = defaults.params[name] ?? [];
    const all = first === undefined ? values.slice(1) : [first, ...values.slice(1)];
    for (const value of all) url.searchParams.append(name, value);
  }
  return url.href;
}
