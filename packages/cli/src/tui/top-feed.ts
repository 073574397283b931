/**
 * Asks the server for what `mon top` shows, again and again, and tells the screen.
 *
 * One round at a time: a slow server is asked less often, never by several rounds at once. A failed
 * round is reported and the next one tried after the same interval.
 */
import type { ApiClient } from '@mon/server/api/client';
import type { JsonLabels, JsonVectorEntry } from '@mon/server/api/responses';
import type { Clock } from '@mon/storage/model/clock';
import { MonError, reasonOf } from '@mon/storage/model/error';
import type { ChartSeries } from '../print/chart.ts';
import { chartSeries } from '../print/query-graph.ts';
import {
  graphQueries,
  HOST_QUERIES,
  type HostFigure,
  type HostGraph,
  hostRows,
} from './host-queries.ts';
import type { FiringAlert, HostHistory, TopEvent } from './top-state.ts';

/** What the screen wants to see at the moment. */
export interface FeedWish {
  readonly host: string | undefined;
  readonly windowMs: number;
  readonly isPaused: boolean;
}

export interface FeedOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly wish: () => FeedWish;
  readonly tell: (event: TopEvent) => void;
  /** The server lets nobody in without a right token: waiting would not help. */
  readonly giveUp: (error: MonError) => void;
}

/** Points of a chart: about one to each dot of a chart half a terminal wide. */
const POINTS = 60;
/** `irate` has nothing newer below this. */
const STEP_MIN_MS = 5000;

export class TopFeed {
  readonly #options: FeedOptions;
  readonly #stop = new AbortController();
  #cancelTimer: () => void = () => {};
  #historyRound = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** Starts the first round. */
  start(): void {
    void this.#round();
  }

  /** Ends all rounds; nothing is told after it. */
  stop(): void {
    this.#stop.abort();
    this.#cancelTimer();
  }

  /** Asks for the charts of the host now wished for, ahead of the next round. */
  refreshHistory(): void {
    void this.#guarded(() => this.#history());
  }

  async #round(): Promise<void> {
    if (!this.#options.wish().isPaused) {
      await this.#guarded(() => this.#refresh());
    }
    if (this.#stop.signal.aborted) return;
    const next = () => void this.#round();
    this.#cancelTimer = this.#options.clock.after(this.#options.intervalMs, next);
  }

  /** Hosts are shown without alerts where only those cannot be had. */
  async #refresh(): Promise<void> {
    const { client, clock } = this.#options;
    const { signal } = this.#stop;
    const [hosts, alerts] = await Promise.allSettled([
      askHosts(client, signal),
      askAlerts(client, signal),
    ]);
    if (hosts.status === 'rejected') throw hosts.reason;
    this.#tell({
      kind: 'refreshed',
      nowMs: clock.nowMs(),
      hosts: hosts.value,
      alerts: alerts.status === 'fulfilled' ? alerts.value : [],
    });
    await this.#history();
    if (alerts.status === 'rejected') throw alerts.reason;
  }

  async #history(): Promise<void> {
    const { host, windowMs } = this.#options.wish();
    if (host === undefined) return;
    const round = ++this.#historyRound;
    const nowMs = this.#options.clock.nowMs();
    const history = await askHistory(this.#options.client, {
      host,
      windowMs,
      nowMs,
      signal: this.#stop.signal,
    });
    // The answer for a host that was left meanwhile is of no use.
    if (round === this.#historyRound) this.#tell({ kind: 'history', history });
  }

  async #guarded(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (thrown) {
      if (thrown instanceof MonError && thrown.code === 'not-authorised') {
        if (!this.#stop.signal.aborted) this.#options.giveUp(thrown);
        return;
      }
      const fault =
        thrown instanceof MonError ? `${thrown.what}: ${thrown.why}.` : `${reasonOf(thrown)}.`;
      this.#tell({ kind: 'failed', nowMs: this.#options.clock.nowMs(), fault });
    }
  }

  #tell(event: TopEvent): void {
    if (!this.#stop.signal.aborted) this.#options.tell(event);
  }
}

async function askHosts(client: ApiClient, signal: AbortSignal) {
  const figures = Object.keys(HOST_QUERIES) as HostFigure[];
  const answers = await Promise.all(
    figures.map(async (figure) => {
      const { data } = await client.query({ query: HOST_QUERIES[figure] }, signal);
      const entries = data.resultType === 'vector' ? data.result : [];
      return [figure, entries] as const;
    }),
  );
  return hostRows(Object.fromEntries(answers) as Record<HostFigure, readonly JsonVectorEntry[]>);
}

/** GET /api/v1/alerts, as Prometheus answers it. */
interface JsonAlerts {
  readonly alerts: readonly {
    readonly labels: JsonLabels;
    readonly annotations: JsonLabels;
    readonly state: string;
    readonly activeAt: string;
  }[];
}

async function askAlerts(client: ApiClient, signal: AbortSignal): Promise<FiringAlert[]> {
  const { alerts } = await client.ask<JsonAlerts>({
    method: 'GET',
    path: '/api/v1/alerts',
    signal,
  });
  return alerts
    .filter(({ state }) => state === 'firing')
    .map(({ labels, annotations, activeAt }) => ({
      name: labels['alertname'] ?? '',
      severity: labels['severity'] ?? '',
      host: labels['instance'] ?? '',
      summary: annotations['summary'] ?? annotations['description'] ?? '',
      activeAtMs: Date.parse(activeAt) || 0,
    }))
    .sort(
      (a, b) => severityRank(a.severity) - severityRank(b.severity) || a.activeAtMs - b.activeAtMs,
    );
}

function severityRank(severity: string): number {
  const rank = ['critical', 'warning', 'info'].indexOf(severity);
  return rank < 0 ? 1 : rank;
}

interface HistoryQuestion {
  readonly host: string;
  readonly windowMs: number;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

async function askHistory(client: ApiClient, question: HistoryQuestion): Promise<HostHistory> {
  const { host, windowMs, nowMs, signal } = question;
  const stepMs = Math.max(STEP_MIN_MS, Math.ceil(windowMs / POINTS / 1000) * 1000);
  const endMs = Math.floor(nowMs / stepMs) * stepMs;
  const startMs = endMs - windowMs;
  const graphs: Record<HostGraph, ChartSeries[]> = { cpu: [], memory: [], network: [], disk: [] };
  const answers = await Promise.all(
    graphQueries(host, stepMs).map(async ({ graph, name, query }) => {
      const { data } = await client.queryRange({ query, startMs, endMs, stepMs }, signal);
      const entry = data.resultType === 'matrix' ? data.result[0] : undefined;
      return { graph, name, entry };
    }),
  );
  for (const { graph, name, entry } of answers) {
    const columns = chartSeries(entry ?? { metric: {}, values: [] });
    graphs[graph].push({ ...columns, name, letter: name.slice(0, 1) });
  }
  return { host, startMs, endMs, stepMs, graphs };
}
