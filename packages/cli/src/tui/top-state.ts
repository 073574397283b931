/**
 * What `mon top` shows, as one value, and how each event changes it. Pure.
 */
import type { ChartSeries } from '../print/chart.ts';
import { compareHosts, type HostGraph, type HostRow } from './host-queries.ts';

export interface FiringAlert {
  readonly name: string;
  readonly severity: string;
  /** The `instance` label, or ''. */
  readonly host: string;
  readonly summary: string;
  readonly activeAtMs: number;
}

/** Lines of the selected host's charts. */
export interface HostHistory {
  readonly host: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
  readonly graphs: Readonly<Record<HostGraph, readonly ChartSeries[]>>;
}

export const SORTS = [
  'host',
  'cpu',
  'memory',
  'load',
  'disk',
  'full',
  'network',
  'alerts',
] as const;
export type Sort = (typeof SORTS)[number];

/** Lengths of the charts' x axis. */
export const WINDOWS_MS = [5, 15, 60, 6 * 60, 24 * 60].map((minutes) => minutes * 60_000);

export interface TopState {
  /** Hosts seen since the start; those that send no more keep their last figures. */
  readonly hosts: readonly HostRow[];
  readonly alerts: readonly FiringAlert[];
  readonly history: HostHistory | undefined;
  readonly nowMs: number;
  /** Why the newest refresh failed; undefined while all is well. */
  readonly fault: string | undefined;
  /** Whether any refresh succeeded yet. */
  readonly isLoaded: boolean;
  readonly sort: Sort;
  readonly isReversed: boolean;
  readonly filter: string;
  readonly isFiltering: boolean;
  /** Name of the chosen host; the first shown where it is not shown. */
  readonly selected: string | undefined;
  readonly windowMs: number;
  readonly isPaused: boolean;
  readonly showsHelp: boolean;
}

export const INITIAL_STATE: TopState = {
  hosts: [],
  alerts: [],
  history: undefined,
  nowMs: 0,
  fault: undefined,
  isLoaded: false,
  sort: 'cpu',
  isReversed: false,
  filter: '',
  isFiltering: false,
  selected: undefined,
  windowMs: WINDOWS_MS[1] as number,
  isPaused: false,
  showsHelp: false,
};

export type TopEvent =
  | {
      readonly kind: 'refreshed';
      readonly nowMs: number;
      readonly hosts: readonly HostRow[];
      readonly alerts: readonly FiringAlert[];
    }
  | { readonly kind: 'history'; readonly history: HostHistory }
  | { readonly kind: 'failed'; readonly nowMs: number; readonly fault: string }
  | { readonly kind: 'move'; readonly by: number }
  | { readonly kind: 'sort'; readonly sort: Sort }
  | { readonly kind: 'next-sort' }
  | { readonly kind: 'reverse' }
  | { readonly kind: 'zoom'; readonly by: -1 | 1 }
  | { readonly kind: 'pause' }
  | { readonly kind: 'help' }
  | { readonly kind: 'filter-open' }
  | { readonly kind: 'filter-type'; readonly text: string }
  | { readonly kind: 'filter-erase' }
  | { readonly kind: 'filter-close' }
  | { readonly kind: 'escape' };

/** Longest filter text. */
const FILTER_LENGTH_MAX = 60;

export function reduceTop(state: TopState, event: TopEvent): TopState {
  switch (event.kind) {
    case 'refreshed':
      return refreshed(state, event);
    case 'history':
      return { ...state, history: event.history };
    case 'failed':
      return { ...state, fault: event.fault, nowMs: event.nowMs };
    case 'move':
      return moved(state, event.by);
    case 'sort':
      // The same key again turns the order round.
      return state.sort === event.sort
        ? { ...state, isReversed: !state.isReversed }
        : { ...state, sort: event.sort, isReversed: false };
    case 'next-sort': {
      const next = SORTS[(SORTS.indexOf(state.sort) + 1) % SORTS.length] as Sort;
      return { ...state, sort: next, isReversed: false };
    }
    case 'reverse':
      return { ...state, isReversed: !state.isReversed };
    case 'zoom': {
      const index = WINDOWS_MS.indexOf(state.windowMs) + event.by;
      return { ...state, windowMs: WINDOWS_MS[index] ?? state.windowMs };
    }
    case 'pause':
      return { ...state, isPaused: !state.isPaused };
    case 'help':
      return { ...state, showsHelp: !state.showsHelp };
    case 'filter-open':
      return { ...state, isFiltering: true };
    case 'filter-type':
      return { ...state, filter: (state.filter + event.text).slice(0, FILTER_LENGTH_MAX) };
    case 'filter-erase':
      return { ...state, filter: state.filter.slice(0, -1) };
    case 'filter-close':
      return { ...state, isFiltering: false };
    case 'escape':
      return { ...state, isFiltering: false, filter: '', showsHelp: false };
  }
}

/** Hosts that vanished from the answers stay, so that a dead host is seen. */
function refreshed(state: TopState, event: Extract<TopEvent, { kind: 'refreshed' }>): TopState {
  const present = new Set(event.hosts.map(({ host }) => host));
  const vanished = state.hosts.filter(({ host }) => !present.has(host));
  return {
    ...state,
    hosts: [...event.hosts, ...vanished],
    alerts: event.alerts,
    nowMs: event.nowMs,
    fault: undefined,
    isLoaded: true,
  };
}

function moved(state: TopState, by: number): TopState {
  const hosts = shownHosts(state);
  const index = selectedIndex(state, hosts);
  const target = Math.max(0, Math.min(hosts.length - 1, index + by));
  return { ...state, selected: hosts[target]?.host ?? state.selected };
}

/** The hosts that pass the filter, in order. */
export function shownHosts(state: TopState): HostRow[] {
  const wanted = state.filter.toLowerCase();
  const shown = state.hosts.filter(({ host }) => host.toLowerCase().includes(wanted));
  const alerts = alertCounts(state.alerts);
  const figure = figureOf(state.sort, alerts);
  const direction = state.isReversed ? -1 : 1;
  const silent = new Set(shown.filter((row) => silentSeconds(row, state.nowMs) !== undefined));
  return shown.sort((a, b) => {
    // What a silent host last sent says nothing of it now.
    if (silent.has(a) !== silent.has(b)) return silent.has(a) ? 1 : -1;
    const byName = compareHosts(a.host, b.host);
    if (figure === undefined) return direction * byName;
    // Hosts without the figure stay last in either direction.
    const [left, right] = [figure(a), figure(b)];
    if (left === undefined || right === undefined) {
      return Number(left === undefined) - Number(right === undefined) || byName;
    }
    return direction * (right - left) || byName;
  });
}

function figureOf(
  sort: Sort,
  alerts: ReadonlyMap<string, number>,
): ((row: HostRow) => number | undefined) | undefined {
  switch (sort) {
    case 'host':
      return undefined;
    case 'cpu':
      return (row) => row.cpuPercent;
    case 'memory':
      return (row) => row.memoryPercent;
    case 'load':
      return (row) => row.load;
    case 'disk':
      return (row) => sum(row.diskReadBytes, row.diskWriteBytes);
    case 'full':
      return (row) => row.filesystemPercent;
    case 'network':
      return (row) => sum(row.receiveBytes, row.transmitBytes);
    case 'alerts':
      return (row) => alerts.get(row.host) ?? 0;
  }
}

/** A host without samples for so long is silent. */
const SILENT_AFTER_SECONDS = 120;

/** Seconds without samples, where they are too many. */
export function silentSeconds({ seenSeconds }: HostRow, nowMs: number): number | undefined {
  if (seenSeconds === undefined) return undefined;
  const seconds = nowMs / 1000 - seenSeconds;
  return seconds > SILENT_AFTER_SECONDS ? seconds : undefined;
}

/** The sum where at least one is known. */
export function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0);
}

/** Firing alerts by host. */
export function alertCounts(alerts: readonly FiringAlert[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { host } of alerts) counts.set(host, (counts.get(host) ?? 0) + 1);
  return counts;
}

/** Place of the selected host among those shown; 0 where it is not shown. */
export function selectedIndex(state: TopState, shown: readonly HostRow[]): number {
  return Math.max(
    0,
    shown.findIndex(({ host }) => host === state.selected),
  );
}

/** The host whose charts are shown. */
export function selectedHost(state: TopState): HostRow | undefined {
  const shown = shownHosts(state);
  return shown[selectedIndex(state, shown)];
}
