/**
 * One shard: decodes bodies that are dealt to it, owns the head of its series, and reads them from
 * head and directories. Lives on a thread of its own and shares nothing.
 */
import type { MessagePort } from 'node:worker_threads';
import { BlockCache } from '../block/block-cache.ts';
import { Head } from '../head/head.ts';
import { SeriesGuard } from '../head/series-guard.ts';
import { holdOpeningsBy } from '../kv/opening-holder.ts';
import type { LiveBlocks } from '../maintenance/maintenance-messages.ts';
import { TRANSIT } from '../memory/shard-layout.ts';
import { PAGES_MAX, ShardMemory } from '../memory/shard-memory.ts';
import { TransitSpace } from '../memory/transit-space.ts';
import type { AppendOutcome } from '../model/appender.ts';
import { assert } from '../model/assert.ts';
import { SYSTEM_CLOCK } from '../model/clock.ts';
import type { Queryable, SelectRequest } from '../model/queryable.ts';
import { BlockSet } from '../querier/block-set.ts';
import { labelsPage, pageBuffers, SeriesPageWriter } from '../querier/series-page.ts';
import { ShardQueryable } from '../querier/shard-queryable.ts';
import { CallPort, type Handlers } from '../threads/call-port.ts';
import { mainHolder } from '../threads/main-holder.ts';
import { AppendRouter } from './append-router.ts';
import { CutSource } from './cut-source.ts';
import { HeadAppender } from './head-appender.ts';
import { LaneAppender } from './lane-appender.ts';
import { Readers } from './readers.ts';
import { replayWal } from './replay-wal.ts';
import { type PeerPort, RequestAppender } from './request-appender.ts';
import { SeriesCache } from './series-cache.ts';
import { forgetSeries, SeriesDeparture } from './series-departure.ts';
import {
  type CutCalls,
  type HoldCalls,
  type NoCalls,
  type PeerCalls,
  type SamplesAccepted,
  type SelectAsk,
  SHARD_COUNTERS,
  type ShardCalls,
  type ShardStart,
} from './shard-messages.ts';
import { type SourcePage, type StreamSource, Streams } from './streams.ts';
import { WireIntake } from './wire-intake.ts';
import { WireRouter } from './wire-router.ts';
import { WireSessions } from './wire-sessions.ts';

/**
 * What a composition root adds to the shards: streams by name over the shard's own series. Makes
 * the pages of an answer; buffers named with a page are handed over.
 */
export type ShardExtensions = {
  readonly [name: string]: (
    ask: unknown,
    context: { readonly queryable: Queryable; readonly signal: AbortSignal },
  ) => AsyncIterator<SourcePage>;
};

export class Shard {
  readonly #start: ShardStart;
  readonly #counters: Float64Array;
  readonly #head: Head;
  readonly #cache: SeriesCache;
  readonly #readers = new Readers();
  readonly #appender: HeadAppender;
  readonly #lanes: LaneAppender;
  /** By generations that are in directories now. */
  #exemplarsDropped = 0;
  readonly #requests: RequestAppender;
  readonly #wireSessions = new WireSessions(() => performance.now());
  readonly #wire: WireIntake;
  readonly #queryable: ShardQueryable;
  readonly #streams: Streams;
  readonly #departure: SeriesDeparture;
  readonly #blocks: BlockSet;
  readonly #guard: SeriesGuard;

  constructor(start: ShardStart, main: MessagePort, extensions: ShardExtensions) {
    const { index, count, hashKey, memories, log } = start;
    this.#start = start;
    this.#counters = new Float64Array(start.counters);
    const memory = new ShardMemory(PAGES_MAX, memories[index]);
    this.#cache = new SeriesCache(memory);
    const transit = new TransitSpace(memory.buffer, TRANSIT);
    this.#head = new Head(hashKey, 1, memory);
    this.#guard = new SeriesGuard({
      pressure: () => this.#counters[SHARD_COUNTERS.pressure] as number,
      nowMs: () => SYSTEM_CLOCK.nowMs(),
    });
    this.#head.guard = this.#guard;
    this.#appender = new HeadAppender(this.#head, index, { log, transit });
    const peers = start.peers.map((port) => port && this.#peerPort(port));
    const cache = this.#cache;
    const head = this.#head;
    const readers = this.#readers;
    const router = new AppendRouter({ key: hashKey, shards: count, cache, memory, transit });
    const appender = this.#appender;
    const lanes = new LaneAppender({
      ...{ key: hashKey, shards: count, index, head, appender, peers },
    });
    this.#lanes = lanes;
    this.#requests = new RequestAppender({
      ...{ index, head, appender, router, lanes, cache, transit, memories, peers },
    });
    const sessions = this.#wireSessions;
    this.#wire = new WireIntake({
      sessions,
      router: new WireRouter({ key: hashKey, shards: count, cache, memory, transit }),
      requests: this.#requests,
    });
    this.#blocks = new BlockSet(start.dataDir, start.live, new BlockCache());
    const share = { index, count };
    this.#queryable = new ShardQueryable({ head, readers, share, blocks: this.#blocks });
    this.#departure = new SeriesDeparture({ index, head, cache, sessions, peers, readers });
    this.#streams = new Streams(this.#sources(extensions));
    const cut = new CutSource(head);
    new CallPort<NoCalls, CutCalls>(start.maintenance, {
      begin: (generation) => cut.begin(generation),
      nextPage: () => cut.next(),
    });
    holdOpeningsBy(mainHolder(new CallPort<HoldCalls, ShardCalls>(main, this.#handlers())));
  }

  #handlers(): Handlers<ShardCalls> {
    const { dataDir, index, count } = this.#start;
    const queryable = this.#queryable;
    return {
      replay: (ask) => {
        const onSegment = () => {
          const replayed = this.#counters[SHARD_COUNTERS.segmentsReplayed] ?? 0;
          this.#counters[SHARD_COUNTERS.segmentsReplayed] = replayed + 1;
        };
        return this.#counted(
          replayWal({ head: this.#head, dataDir, index, count, onSegment }, ask),
        );
      },
      begin: (generation) => {
        this.#head.begin(generation);
        return null;
      },
      appendBody: async ({ tenant, format, body, bounds }) => {
        const request = {
          kind: 'body',
          format,
          tenant,
          body: body,
        } as const;
        return this.#counted(await this.#requests.append(request, bounds));
      },
      appendInbox: async ({ bounds, ...body }) =>
        this.#counted(briefly(await this.#requests.append({ kind: 'inbox', ...body }, bounds))),
      appendFrame: async (ask) => this.#counted(await this.#wire.append(ask)),
      appendColumns: async ({ bounds, ...request }) =>
        this.#counted(await this.#requests.append({ kind: 'columns', ...request }, bounds)),
      open: ({ stream, name, ask }) => this.#streams.open(stream, name, ask),
      next: (stream) => this.#streams.next(stream),
      cancel: (stream) => {
        this.#streams.cancel(stream);
        return null;
      },
      series: async (ask) => labelsPage(await queryable.series(ask)),
      exemplars: (ask) => queryable.exemplars(ask),
      labelNames: (ask) => queryable.labelNames(ask),
      labelValues: ({ name, ...ask }) => queryable.labelValues(name, ask),
      freeze: async (next) => {
        await this.#appender.freeze(next);
        return this.#counted(null);
      },
      quarantines: () => this.#guard.quarantines,
      releaseQuarantines: (metric) => {
        this.#guard.release(metric ?? undefined);
        return this.#counted(null);
      },
      swap: ({ live, cutThrough }) => this.#swap(live, cutThrough),
      stop: () => this.#stop(),
    };
  }

  #peerPort(port: MessagePort): PeerPort {
    return new CallPort<PeerCalls, PeerCalls>(port, {
      part: async (ask) => this.#counted(await this.#requests.takePart(ask)),
      lanes: async (ask) => this.#counted(await this.#lanes.take(ask)),
      forget: async ({ owner, refs }) => {
        this.#wireSessions.forget(owner, refs);
        await forgetSeries(this.#cache, owner, refs);
        return null;
      },
    });
  }

  #sources(extensions: ShardExtensions): ReadonlyMap<string, StreamSource> {
    const queryable = this.#queryable;
    const sources = new Map<string, StreamSource>([
      ['select', (ask, signal) => selectPages(queryable, { ...(ask as SelectAsk), signal })],
    ]);
    for (const [name, source] of Object.entries(extensions)) {
      assert(!sources.has(name), `two streams are called ${name}`);
      sources.set(name, (ask, signal) => source(ask, { queryable, signal }));
    }
    return sources;
  }

  /** In one step for whoever begins to read: the directory instead of the generation in it. */
  async #swap(live: LiveBlocks, cutThrough: number): Promise<null> {
    const left = this.#blocks.swap(live);
    const dropped = this.#head.frozen.filter(({ number }) => number <= cutThrough);
    for (const { number, lanes } of dropped) {
      this.#head.dropFrozen(number);
      this.#exemplarsDropped += lanes.exemplars.dropped;
    }
    this.#counted(null);
    await this.#readers.past();
    for (const generation of dropped) generation.release();
    await this.#blocks.cache.retire(left);
    if (dropped.length > 0) await this.#departure.run();
    this.#guard.settle();
    return this.#counted(null);
  }

  async #stop(): Promise<null> {
    this.#streams.close();
    await this.#readers.past();
    await this.#blocks.cache.close();
    return null;
  }

  #countMemory(): void {
    const counters = this.#counters;
    const { active, frozen, series } = this.#head;
    let bytes = series.liveBytes + active.bytes;
    for (const generation of frozen) bytes += generation.bytes;
    counters[SHARD_COUNTERS.memoryBytes] = bytes;
    counters[SHARD_COUNTERS.quarantines] = this.#guard.count;
    counters[SHARD_COUNTERS.seriesRefused] = this.#guard.refused;
  }

  /** Passes an answer on, counters brought up to date before. */
  #counted<T>(answer: T): T {
    const counters = this.#counters;
    const { active, frozen } = this.#head;
    let { samples, minTimeMs, maxTimeMs } = active;
    for (const generation of frozen) {
      samples += generation.samples;
      minTimeMs = Math.min(minTimeMs, generation.minTimeMs);
      maxTimeMs = Math.max(maxTimeMs, generation.maxTimeMs);
    }
    counters[SHARD_COUNTERS.series] = this.#head.series.count;
    counters[SHARD_COUNTERS.samples] = samples;
    counters[SHARD_COUNTERS.activeBytes] = active.bytes;
    counters[SHARD_COUNTERS.minTimeMs] = minTimeMs;
    counters[SHARD_COUNTERS.maxTimeMs] = maxTimeMs;
    counters[SHARD_COUNTERS.samplesAppended] = this.#appender.samplesAppended;
    this.#countExemplars();
    this.#countMemory();
    counters[SHARD_COUNTERS.wireSessions] = this.#wireSessions.count;
    counters[SHARD_COUNTERS.wireSeries] = this.#wireSessions.series;
    counters[SHARD_COUNTERS.wireBytes] = this.#wireSessions.bytes;
    return answer;
  }

  #countExemplars(): void {
    const counters = this.#counters;
    const { stored, refused } = this.#lanes.exemplars;
    const { active, frozen } = this.#head;
    let { dropped, count } = active.lanes.exemplars;
    for (const { lanes } of frozen) {
      dropped += lanes.exemplars.dropped;
      count += lanes.exemplars.count;
    }
    counters[SHARD_COUNTERS.headExemplars] = count;
    counters[SHARD_COUNTERS.exemplarsStored] = stored;
    counters[SHARD_COUNTERS.exemplarsRefused] = refused;
    counters[SHARD_COUNTERS.exemplarsDropped] = this.#exemplarsDropped + dropped;
  }
}

/** Most answers are a number: to take an object apart and make it again costs as much as a sample. */
function briefly(outcome: AppendOutcome): AppendOutcome | SamplesAccepted {
  const { accepted, rejected, metadata, histograms, exemplars } = outcome;
  const hasMore = rejected > 0 || metadata.length > 0;
  return hasMore || histograms !== undefined || exemplars !== undefined ? outcome : accepted;
}

async function* selectPages(
  queryable: Queryable,
  request: SelectRequest,
): AsyncGenerator<SourcePage, undefined> {
  const writer = new SeriesPageWriter();
  for await (const batch of queryable.select(request)) {
    const page = writer.write(batch);
    yield { page, buffers: pageBuffers(page) };
  }
}
