/**
 * The routing tree: which receivers hear of an alert, and how their notifications are grouped.
 *
 * Rules N1 to N5 in docs/spec/alerting.md; source: prometheus/alertmanager dispatch/route.go.
 */
import {
  compareText,
  EMPTY_LABELS,
  keepLabels,
  type Labels,
  labelsToRecord,
} from '@mon/storage/model/labels';
import { labelsTest, type Matcher } from '@mon/storage/model/matcher';
import { formatMatchers } from './matchers.ts';

/** How notifications of a route are grouped and timed. */
export interface GroupingPolicy {
  readonly receiver: string;
  /** `all`: by every label, which is no grouping. */
  readonly groupBy: ReadonlySet<string> | 'all';
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
}

/** A route as configured; what is undefined comes from its parent. */
export interface RouteSettings extends Partial<GroupingPolicy> {
  readonly matchers: readonly Matcher[];
  /** Whether later siblings are tried too. */
  readonly continues: boolean;
  readonly routes: readonly RouteSettings[];
}

export interface Route extends GroupingPolicy {
  /** Its own and its parents' matchers: `{}/{severity="critical"}`. */
  readonly key: string;
  readonly matches: (labels: Labels) => boolean;
  readonly continues: boolean;
  readonly routes: readonly Route[];
}

export const ROUTE_DEFAULTS: GroupingPolicy = {
  receiver: '',
  groupBy: new Set(),
  groupWaitMs: 30_000,
  groupIntervalMs: 300_000,
  repeatIntervalMs: 4 * 3600 * 1000,
};

/** The tree with all values inherited. */
export function buildRoute(
  settings: RouteSettings,
  parent: GroupingPolicy & { readonly key?: string } = ROUTE_DEFAULTS,
): Route {
  const own = formatMatchers(settings.matchers.toSorted(compareMatchers));
  const policy: GroupingPolicy & { readonly key: string } = {
    key: parent.key === undefined ? own : `${parent.key}/${own}`,
    receiver: settings.receiver ?? parent.receiver,
    groupBy: settings.groupBy ?? parent.groupBy,
    groupWaitMs: settings.groupWaitMs ?? parent.groupWaitMs,
    groupIntervalMs: settings.groupIntervalMs ?? parent.groupIntervalMs,
    repeatIntervalMs: settings.repeatIntervalMs ?? parent.repeatIntervalMs,
  };
  return {
    ...policy,
    matches: labelsTest(settings.matchers),
    continues: settings.continues,
    routes: settings.routes.map((route) => buildRoute(route, policy)),
  };
}

function compareMatchers(a: Matcher, b: Matcher): number {
  return compareText(a.name, b.name) || compareText(a.value, b.value);
}

/** The routes that take an alert: the deepest that match, the first of siblings unless it continues. */
export function matchRoutes(route: Route, labels: Labels): Route[] {
  if (!route.matches(labels)) return [];
  const taken: Route[] = [];
  for (const child of route.routes) {
    const found = matchRoutes(child, labels);
    taken.push(...found);
    if (found.length > 0 && !child.continues) break;
  }
  return taken.length > 0 ? taken : [route];
}

/** The labels that an alert's aggregation group has in common. */
export function groupLabels(route: GroupingPolicy, labels: Labels): Labels {
  if (route.groupBy === 'all') return labels;
  return route.groupBy.size === 0 ? EMPTY_LABELS : keepLabels(labels, route.groupBy);
}

/** `{}/{severity="critical"}:{alertname="HostDown"}`: a group's name in payloads and in the log. */
export function groupKeyText(routeKey: string, labels: Labels): string {
  const pairs = Object.entries(labelsToRecord(labels)).map(
    ([name, value]) => `${name}=${JSON.stringify(value)}`,
  );
  return `${routeKey}:{${pairs.join(', ')}}`;
}
