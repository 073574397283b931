/**
 * An append as the shard that received it sees it: routed, each owner given its part, the outcomes
 * put together.
 */
import type { AdmissionBounds } from '../head/admission.ts';
import type { Head } from '../head/head.ts';
import { REF_UNKNOWN, SamplePart } from '../head/sample-part.ts';
import type { TransitSpace } from '../memory/transit-space.ts';
import type { WasmMemory } from '../memory/web-assembly.ts';
import {
  type AppendBody,
  type AppendColumns,
  type AppendOutcome,
  type BodyFormat,
  REJECTIONS_MAX,
  type Rejection,
} from '../model/appender.ts';
import { assert } from '../model/assert.ts';
import type { TenantId } from '../model/tenant.ts';
import type { CallPort } from '../threads/call-port.ts';
import type { AppendRouter, BodyRange, RoutedPart, RoutedRequest } from './append-router.ts';
import type { HeadAppender } from './head-appender.ts';
import type { PartOutcome } from './part-outcome.ts';
import type { SeriesCache } from './series-cache.ts';
import type { PartAnswer, PartAsk, PeerCalls } from './shard-messages.ts';

/** Joins the labels of a series for the way to another shard; no valid label holds it. */
const LABEL_SEPARATOR = '\0';

/** A request as main hands it to a shard; a body stands in the shard's inbox where it fits. */
export type ShardRequest = OwnBody | AppendColumns | InboxBody;

/** A body in a buffer of its own. */
export interface OwnBody extends Omit<AppendBody, 'body'> {
  readonly body: Uint8Array;
}

export interface InboxBody extends BodyRange {
  readonly kind: 'inbox';
  readonly tenant: TenantId;
  readonly format: BodyFormat;
}

export type PeerPort = CallPort<PeerCalls, PeerCalls>;

export interface RequestAppenderParts {
  readonly index: number;
  readonly head: Head;
  readonly appender: HeadAppender;
  readonly router: AppendRouter;
  readonly cache: SeriesCache;
  /** What parts are made of. */
  readonly transit: TransitSpace;
  /** The memories of all shards, by shard. */
  readonly memories: readonly WasmMemory[];
  /** By shard; undefined at this one's own index. */
  readonly peers: readonly (PeerPort | undefined)[];
}

export class RequestAppender {
  readonly #parts: RequestAppenderParts;

  constructor(parts: RequestAppenderParts) {
    this.#parts = parts;
  }

  /** @throws MonError `bad-body`, `disk-full`, `wal-failed` */
  async append(request: ShardRequest, bounds: AdmissionBounds): Promise<AppendOutcome> {
    const routed = route(this.#parts.router, request);
    return this.appendRouted(request.tenant, routed, bounds);
  }

  /** Gives each owner its part. @throws MonError `disk-full`, `wal-failed` */
  async appendRouted(
    tenant: TenantId,
    routed: RoutedRequest,
    bounds: AdmissionBounds,
  ): Promise<AppendOutcome> {
    const { index, transit } = this.#parts;
    try {
      const outcomes = await settle(
        routed.parts.map((part) =>
          part.dealt.owner === index
            ? this.#appendOwn(tenant, part, bounds)
            : this.#appendElsewhere(tenant, part, bounds),
        ),
      );
      return outcomeOf(routed, outcomes);
    } finally {
      for (const { dealt } of routed.parts) transit.give(dealt.part.address);
    }
  }

  /** Takes a part that another shard decoded. */
  async takePart(ask: PartAsk): Promise<PartAnswer> {
    const { tenant, bounds } = ask;
    const { unknownAt, unknownLabels, unknownHashes } = ask;
    const { head, appender, transit } = this.#parts;
    const part = this.#copyOf(ask);
    const refs = new Uint32Array(unknownAt.length);
    unknownLabels.forEach((joined, i) => {
      const ref = head.resolve(tenant, joined.split(LABEL_SEPARATOR), unknownHashes[i]);
      refs[i] = ref;
      part.refs[unknownAt[i] as number] = ref;
    });
    try {
      const { rejected, rejections } = await appender.append(tenant, part, bounds);
      return { rejected, rejections, refs };
    } finally {
      transit.give(part.address);
    }
  }

  /** Kernels work on one memory: what another shard laid out is copied into this one's. */
  #copyOf({ from, address, seriesCount, sampleCount }: PartAsk): SamplePart {
    const { transit, memories } = this.#parts;
    const part = SamplePart.inTransit(transit, seriesCount, sampleCount);
    const bytes = SamplePart.bytes(seriesCount, sampleCount);
    const theirs = (memories[from] as WasmMemory).buffer;
    new Uint8Array(part.buffer, part.address, bytes).set(new Uint8Array(theirs, address, bytes));
    return part;
  }

  async #appendOwn(
    tenant: TenantId,
    { dealt: { part }, unknown }: RoutedPart,
    bounds: AdmissionBounds,
  ): Promise<PartOutcome> {
    const { head, cache, index, appender } = this.#parts;
    for (const { index: at, labels, shardHash, hash } of unknown) {
      const ref = head.resolve(tenant, labels, shardHash);
      part.refs[at] = ref;
      if (hash !== undefined) cache.set(hash, 0, { owner: index, ref });
    }
    return appender.append(tenant, part, bounds);
  }

  async #appendElsewhere(
    tenant: TenantId,
    { dealt: { owner, part }, unknown }: RoutedPart,
    bounds: AdmissionBounds,
  ): Promise<PartOutcome> {
    const peer = this.#parts.peers[owner];
    assert(peer !== undefined, `no port to shard ${owner}`);
    const { address, seriesCount, sampleCount } = part;
    const unknownAt = Uint32Array.from(unknown, ({ index }) => index);
    const unknownLabels = unknown.map(({ labels }) => labels.join(LABEL_SEPARATOR));
    const unknownHashes = Uint32Array.from(unknown, ({ shardHash }) => shardHash);
    const outcome = await peer.call('part', {
      ...{ tenant, bounds, from: this.#parts.index, address, seriesCount, sampleCount },
      ...{ unknownAt, unknownLabels, unknownHashes },
    });
    unknown.forEach(({ hash }, i) => {
      const ref = outcome.refs[i] ?? REF_UNKNOWN;
      if (hash !== undefined) this.#parts.cache.set(hash, 0, { owner, ref });
    });
    return outcome;
  }
}

function route(router: AppendRouter, request: ShardRequest): RoutedRequest {
  switch (request.kind) {
    case 'inbox':
      return router.routeInbox(request, request);
    case 'body':
      return router.routeBody(request);
    case 'columns':
      return router.routeColumns(request);
  }
}

/** Waits for all, so that no part is still on its way when the request is answered. */
async function settle(parts: readonly Promise<PartOutcome>[]): Promise<PartOutcome[]> {
  const settled = await Promise.allSettled(parts);
  return settled.map((part) => {
    if (part.status === 'rejected') throw part.reason;
    return part.value;
  });
}

function outcomeOf(routed: RoutedRequest, outcomes: readonly PartOutcome[]): AppendOutcome {
  const { samples, metadata } = routed;
  let { rejected } = routed;
  const rejections: Rejection[] = [...routed.rejections];
  outcomes.forEach((outcome, i) => {
    rejected += outcome.rejected;
    const { dealt } = routed.parts[i] as RoutedPart;
    for (const { sample, code, reason } of outcome.rejections) {
      rejections.push({ index: dealt.requestIndex(sample), code, reason });
    }
  });
  rejections.sort((a, b) => a.index - b.index);
  return {
    accepted: samples - rejected,
    rejected,
    rejections: rejections.slice(0, REJECTIONS_MAX),
    metadata,
  };
}
