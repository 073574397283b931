/**
 * An append as the shard that received it sees it: routed, each owner given its part, the outcomes
 * put together.
 */
import type { AdmissionBounds } from '../head/admission.ts';
import type { Head } from '../head/head.ts';
import { REF_REFUSED, REF_UNKNOWN, SamplePart } from '../head/sample-part.ts';
import { SERIES_ROW, SERIES_ROW_HASH, SERIES_ROW_WORDS } from '../head/series-table.ts';
import type { LabelsKernel } from '../index/labels-kernel.ts';
import { loadKernel } from '../memory/load-kernel.ts';
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
import type { LaneAppender, LanesOutcome } from './lane-appender.ts';
import type { PartOutcome } from './part-outcome.ts';
import type { SeriesCache } from './series-cache.ts';
import type { PartAnswer, PartAsk, PeerCalls } from './shard-messages.ts';
import type { UnknownPart } from './unknown-series.ts';

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
  readonly lanes: LaneAppender;
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
  readonly #labels: LabelsKernel;

  constructor(parts: RequestAppenderParts) {
    this.#parts = parts;
    this.#labels = loadKernel<LabelsKernel>('labels', parts.head.memory.memory);
  }

  /** @throws MonError `bad-body`, `disk-full`, `wal-failed` */
  async append(request: ShardRequest, bounds: AdmissionBounds): Promise<AppendOutcome> {
    const routed = route(this.#parts.router, request);
    return this.appendRouted(request.tenant, routed, bounds);
  }

  /** Gives each owner its part. @throws MonError `bad-body`, `disk-full`, `wal-failed` */
  async appendRouted(
    tenant: TenantId,
    routed: RoutedRequest,
    bounds: AdmissionBounds,
  ): Promise<AppendOutcome> {
    const { samples, lanes = [] } = routed;
    if (lanes.length === 0) return this.#appendFloats(tenant, routed, bounds);
    const [floats, others] = await Promise.allSettled([
      this.#appendFloats(tenant, routed, bounds),
      this.#parts.lanes.append({ tenant, lanes, firstIndex: samples }, bounds),
    ]);
    if (floats.status === 'rejected') throw floats.reason;
    if (others.status === 'rejected') throw others.reason;
    return withLanes(floats.value, others.value);
  }

  /** Gives each owner its part of the float samples. @throws MonError `disk-full`, `wal-failed` */
  async #appendFloats(
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
      for (const { dealt, unknown } of routed.parts) {
        transit.give(dealt.part.address);
        if (unknown !== undefined) transit.give(unknown.address);
      }
    }
  }

  /** Takes a part that another shard decoded. */
  async takePart(ask: PartAsk): Promise<PartAnswer | null> {
    const { tenant, bounds } = ask;
    const { head, appender, transit } = this.#parts;
    const part = this.#copyOf(ask);
    const { departures } = head;
    try {
      const refs = this.#takeUnknown(ask, part);
      const { rejected, rejections } = await appender.append(tenant, part, bounds);
      // A series none of whose samples were stored may have left since, and was told of before this
      // answer arrives: nobody may remember its ref.
      if (head.departures !== departures) refs.fill(REF_UNKNOWN);
      return rejected === 0 && refs === NONE ? null : { rejected, rejections, refs };
    } finally {
      transit.give(part.address);
    }
  }

  /** Resolves series of a part from another shard; returns their refs. */
  #takeUnknown({ tenant, from, unknown }: PartAsk, part: SamplePart): Uint32Array {
    if (unknown === undefined) return NONE;
    const { transit, memories } = this.#parts;
    const address = transit.take(unknown.bytes);
    try {
      const own = { ...unknown, address };
      const theirs = (memories[from] as WasmMemory).buffer;
      const bytes = new Uint8Array(transit.buffer, address, unknown.bytes);
      bytes.set(new Uint8Array(theirs, unknown.address, unknown.bytes));
      const words = rowsOf(transit.buffer, own);
      for (let at = SERIES_ROW.at; at < words.length; at += SERIES_ROW_WORDS) {
        words[at] = (words[at] as number) - unknown.address + address;
      }
      this.#resolve(tenant, own, part);
      return Uint32Array.from({ length: unknown.count }, (_, i) =>
        knownRef(words[refWord(i)] as number),
      );
    } finally {
      transit.give(address);
    }
  }

  /** Gives the series of a part that have no ref theirs. */
  #resolve(tenant: TenantId, unknown: UnknownPart, part: SamplePart): void {
    part.refusals = this.#parts.head.resolveRows(tenant, unknown.address, unknown.count);
    this.#labels.fillRefs(part.refsAt, part.seriesCount, unknown.address);
  }

  /** Notes the refs of what was unknown under the hashes of its labels as sent. */
  #remember({ dealt, unknown }: RoutedPart, refs: (series: number) => number): void {
    if (unknown === undefined) return;
    const { cache, transit } = this.#parts;
    const words = new Int32Array(rowsOf(transit.buffer, unknown).buffer);
    for (let i = 0; i < unknown.count; i++) {
      const at = unknown.address / 4 + i * SERIES_ROW_WORDS + SERIES_ROW_HASH;
      if ((words[at] as number) === 0 && words[at + 1] === 0) continue;
      const ref = refs(i);
      if (ref !== REF_UNKNOWN) cache.set(words, at, { owner: dealt.owner, ref });
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
    routed: RoutedPart,
    bounds: AdmissionBounds,
  ): Promise<PartOutcome> {
    const { unknown } = routed;
    const { part } = routed.dealt;
    if (unknown !== undefined) {
      this.#resolve(tenant, unknown, part);
      const words = rowsOf(part.buffer, unknown);
      this.#remember(routed, (i) => knownRef(words[refWord(i)] as number));
    }
    return this.#parts.appender.append(tenant, part, bounds);
  }

  async #appendElsewhere(
    tenant: TenantId,
    routed: RoutedPart,
    bounds: AdmissionBounds,
  ): Promise<PartOutcome> {
    const { owner, part } = routed.dealt;
    const peer = this.#parts.peers[owner];
    assert(peer !== undefined, `no port to shard ${owner}`);
    const { address, seriesCount, sampleCount } = part;
    const outcome = await peer.call('part', {
      ...{ tenant, bounds, from: this.#parts.index, address, seriesCount, sampleCount },
      unknown: routed.unknown,
    });
    if (outcome === null) return ALL_STORED;
    this.#remember(routed, (i) => outcome.refs[i] ?? REF_UNKNOWN);
    return outcome;
  }
}

const NONE = new Uint32Array(0);
const ALL_STORED: PartOutcome = { rejected: 0, rejections: [] };

function rowsOf(buffer: SharedArrayBuffer, { address, count }: UnknownPart): Uint32Array {
  return new Uint32Array(buffer, address, count * SERIES_ROW_WORDS);
}

/** Nobody remembers that a series was refused: it may come in later. */
function knownRef(ref: number): number {
  return ref === REF_REFUSED ? REF_UNKNOWN : ref;
}

/** Where the ref of a row stands in `rowsOf`. */
function refWord(row: number): number {
  return row * SERIES_ROW_WORDS + SERIES_ROW.ref;
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

function withLanes(floats: AppendOutcome, lanes: LanesOutcome): AppendOutcome {
  const { histograms, exemplars } = lanes;
  return {
    ...floats,
    accepted: floats.accepted + histograms,
    rejected: floats.rejected + lanes.rejected,
    rejections: [...floats.rejections, ...lanes.rejections].slice(0, REJECTIONS_MAX),
    histograms,
    exemplars,
  };
}
