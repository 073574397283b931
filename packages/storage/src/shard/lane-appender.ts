/**
 * The native histograms and exemplars of a request as the shard that received it sees them: each
 * owner given its own, the outcomes put together.
 */
import type { AdmissionBounds } from '../head/admission.ts';
import type { Head } from '../head/head.ts';
import { REJECTIONS_MAX, type Rejection } from '../model/appender.ts';
import { assert } from '../model/assert.ts';
import { formatLabels } from '../model/labels.ts';
import type { SeriesLanes } from '../model/series-lanes.ts';
import type { TenantId } from '../model/tenant.ts';
import type { CallPort } from '../threads/call-port.ts';
import type { HeadAppender } from './head-appender.ts';
import { type LaneRoutingSetup, type RoutedLane, routeLanes } from './lane-routing.ts';
import { rejectionReason } from './part-outcome.ts';
import type { LaneAnswer, LaneAsk, PeerCalls } from './shard-messages.ts';

export interface LaneAppenderParts extends LaneRoutingSetup {
  readonly index: number;
  readonly head: Head;
  readonly appender: HeadAppender;
  /** By shard; undefined at this one's own index. */
  readonly peers: readonly (CallPort<PeerCalls, PeerCalls> | undefined)[];
}

export interface LaneRequest {
  readonly tenant: TenantId;
  readonly lanes: readonly SeriesLanes[];
  /** Number in the request of its first histogram. */
  readonly firstIndex: number;
}

export interface LanesOutcome {
  /** Stored, or there already. */
  readonly histograms: number;
  readonly rejected: number;
  readonly rejections: readonly Rejection[];
  readonly exemplars: number;
}

/** What became of exemplars since the start. */
export interface ExemplarTotals {
  stored: number;
  /** Invalid, or older than the newest of their series. */
  refused: number;
}

export class LaneAppender {
  readonly #parts: LaneAppenderParts;
  readonly exemplars: ExemplarTotals = { stored: 0, refused: 0 };

  constructor(parts: LaneAppenderParts) {
    this.#parts = parts;
  }

  /** @throws MonError `disk-full`, `wal-failed` */
  async append(request: LaneRequest, bounds: AdmissionBounds): Promise<LanesOutcome> {
    const routed = routeLanes(this.#parts, request, bounds);
    const { tenant } = request;
    const owned = [...routed.byOwner];
    const settled = await Promise.allSettled(
      owned.map(([owner, lanes]) => this.#appendTo(owner, { tenant, lanes })),
    );
    const rejections = [...routed.rejections];
    let { rejected } = routed;
    let exemplars = 0;
    this.exemplars.refused += routed.exemplarsRefused;
    settled.forEach((answer, i) => {
      if (answer.status === 'rejected') throw answer.reason;
      const lanes = owned[i]?.[1] ?? [];
      const conflicts = conflictsOf(lanes, answer.value.conflicts);
      rejected += conflicts.length;
      rejections.push(...conflicts.slice(0, REJECTIONS_MAX));
      exemplars += answer.value.exemplars;
    });
    return { histograms: routed.histograms - rejected, rejected, rejections, exemplars };
  }

  #appendTo(owner: number, ask: LaneAsk): Promise<LaneAnswer> {
    if (owner === this.#parts.index) return this.take(ask);
    const peer = this.#parts.peers[owner];
    assert(peer !== undefined, `no port to shard ${owner}`);
    return peer.call('lanes', ask);
  }

  /** Takes lanes of one's own series, whichever shard decoded them. */
  async take({ tenant, lanes }: LaneAsk): Promise<LaneAnswer> {
    const { head, appender } = this.#parts;
    const entries = lanes.map(({ labels, shardHash, histograms, exemplars }) => ({
      ref: head.resolve(tenant, labels, shardHash),
      histograms,
      exemplars,
    }));
    const conflicts: number[] = [];
    const { stored, outOfOrder } = await appender.appendLanes(tenant, entries, (number) => {
      conflicts.push(number);
    });
    this.exemplars.stored += stored;
    this.exemplars.refused += outOfOrder;
    return { conflicts: Uint32Array.from(conflicts), exemplars: stored };
  }
}

/** Rejections of the histograms with these numbers among all of the lanes. */
function conflictsOf(lanes: readonly RoutedLane[], conflicts: Uint32Array): Rejection[] {
  const rejections: Rejection[] = [];
  let lane = 0;
  let before = 0;
  for (const number of conflicts) {
    while (number - before >= (lanes[lane]?.indexes.length ?? Number.POSITIVE_INFINITY)) {
      before += lanes[lane++]?.indexes.length ?? 0;
    }
    const { labels, indexes } = lanes[lane] as RoutedLane;
    const code = 'duplicate-timestamp';
    const reason = rejectionReason(code, formatLabels(labels));
    rejections.push({ index: indexes[number - before] as number, code, reason });
  }
  return rejections;
}
