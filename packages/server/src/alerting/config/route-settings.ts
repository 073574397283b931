/**
 * `route` and `inhibit_rules` of Alertmanager's configuration.
 *
 * Format: https://prometheus.io/docs/alerting/latest/configuration/#route
 */
import { MonError } from '@mon/storage/model/error';
import type { Matcher, MatcherKind } from '@mon/storage/model/matcher';
import type { Cursor } from '@mon/storage/settings/cursor';
import { duration, flag, regex, text, word } from '@mon/storage/settings/scalars';
import {
  converted,
  list,
  mapOf,
  object,
  optional,
  type Schema,
  type Value,
  withDefault,
} from '@mon/storage/settings/schema';
import { parseMatchers } from '../matchers.ts';
import type { RouteSettings } from '../route.ts';
import { unsupported } from './unsupported.ts';

const matcher: Schema<readonly Matcher[]> = converted(text(), (value, at) => {
  try {
    return parseMatchers(value);
  } catch (thrown) {
    if (!(thrown instanceof MonError)) throw thrown;
    return at.mistake(thrown.why, 'write it like severity="critical"');
  }
});

const groupBy: Schema<ReadonlySet<string> | 'all'> = converted(list(word()), (names, at) => {
  if (names.includes('...')) {
    return names.length === 1 ? 'all' : at.mistake("'...' groups by all labels and stands alone");
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  return twice === undefined ? new Set(names) : at.mistake(`'${twice}' stands twice`);
});

const route: Schema<RouteSettings> = { expects: 'a route', read: readRoute };

const keys = object({
  receiver: optional(word()),
  group_by: optional(groupBy),
  continue: withDefault(flag(), false),
  match: withDefault(mapOf(text()), {}),
  match_re: withDefault(mapOf(regex()), {}),
  matchers: withDefault(list(matcher), []),
  group_wait: optional(duration()),
  group_interval: optional(duration({ min: 1 })),
  repeat_interval: optional(duration({ min: 1 })),
  routes: withDefault(list(route), []),
  mute_time_intervals: unsupported('time intervals are'),
  active_time_intervals: unsupported('time intervals are'),
});

function readRoute(at: Cursor): RouteSettings | undefined {
  const value = keys.read(at);
  return value && routeOf(value);
}

function routeOf(value: Value<typeof keys>): RouteSettings {
  const { receiver, group_by, group_wait, group_interval, repeat_interval } = value;
  return {
    matchers: matchersOf(value.match, value.match_re, value.matchers),
    continues: value.continue,
    routes: value.routes,
    ...(receiver === undefined ? {} : { receiver }),
    ...(group_by === undefined ? {} : { groupBy: group_by }),
    ...(group_wait === undefined ? {} : { groupWaitMs: group_wait }),
    ...(group_interval === undefined ? {} : { groupIntervalMs: group_interval }),
    ...(repeat_interval === undefined ? {} : { repeatIntervalMs: repeat_interval }),
  };
}

function matchersOf(
  equal: Readonly<Record<string, string>>,
  regexes: Readonly<Record<string, string>>,
  matchers: readonly (readonly Matcher[])[],
): Matcher[] {
  const of = (record: Readonly<Record<string, string>>, kind: MatcherKind): Matcher[] =>
    Object.entries(record).map(([name, value]) => ({ kind, name, value }));
  return [...of(equal, '='), ...of(regexes, '=~'), ...matchers.flat()];
}

/** The root of the tree: it takes every alert and names a receiver. */
export const rootRoute: Schema<RouteSettings> = converted(route, (root, at) => {
  if (root.receiver === undefined) at.mistake('the root route must name a receiver');
  if (root.matchers.length > 0) at.mistake('the root route takes all alerts and has no matchers');
  if (root.continues) at.mistake("the root route has nothing to continue with; remove 'continue'");
  const isFine = root.receiver !== undefined && root.matchers.length === 0 && !root.continues;
  return isFine ? root : undefined;
});

/** Notes the receivers that routes name and nobody defines. */
export function checkRouteReceivers(at: Cursor, receivers: ReadonlySet<string>): void {
  const entries = at.entries ?? [];
  const child = (key: string): Cursor | undefined =>
    entries.find((entry) => entry.key === key)?.value;
  const receiver = child('receiver');
  if (receiver?.text !== undefined && !receivers.has(receiver.text)) {
    receiver.mistake(`undefined receiver '${receiver.text}'`, 'add it under receivers');
  }
  for (const inner of child('routes')?.items ?? []) checkRouteReceivers(inner, receivers);
}

/** While a source alert fires, target alerts with the same values of `equal` are held back. */
export interface InhibitRule {
  readonly source: readonly Matcher[];
  readonly target: readonly Matcher[];
  readonly equal: readonly string[];
}

const inhibitKeys = object({
  name: optional(word()),
  source_match: withDefault(mapOf(text()), {}),
  source_match_re: withDefault(mapOf(regex()), {}),
  source_matchers: withDefault(list(matcher), []),
  target_match: withDefault(mapOf(text()), {}),
  target_match_re: withDefault(mapOf(regex()), {}),
  target_matchers: withDefault(list(matcher), []),
  equal: withDefault(list(word()), []),
});

export const inhibitRule: Schema<InhibitRule> = converted(inhibitKeys, (value) => ({
  source: matchersOf(value.source_match, value.source_match_re, value.source_matchers),
  target: matchersOf(value.target_match, value.target_match_re, value.target_matchers),
  equal: value.equal,
}));
