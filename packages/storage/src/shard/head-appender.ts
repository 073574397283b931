/**
 * The way of samples into a shard's head: admitted, logged under the current generation, and after
 * the commit inserted. Commits come in the order of requests, so insertions do too.
 *
 * A freeze takes effect between two insertions: records are tagged with the new generation at once,
 * and the head is frozen when the last record of the old one has been inserted.
 */
import type { MessagePort } from 'node:worker_threads';
import { type AdmissionBounds, admit } from '../head/admission.ts';
import type { ConflictSink, Head } from '../head/head.ts';
import {
  type ExemplarCounts,
  insertLanes,
  insertSamples,
  type LaneEntry,
} from '../head/insert-lanes.ts';
import { laneRecords } from '../head/lane-record.ts';
import type { SamplePart } from '../head/sample-part.ts';
import { SampleRecords } from '../head/sample-records.ts';
import { SeriesDefinitions } from '../head/series-definitions.ts';
import { type RecordOrigin, WalRecordWriter } from '../head/wal-record.ts';
import type { TransitSpace } from '../memory/transit-space.ts';
import { assert } from '../model/assert.ts';
import type { MonError } from '../model/error.ts';
import type { TenantId } from '../model/tenant.ts';
import { walError } from '../wal/wal-errors.ts';
import type { WalFailure, WalReply, WalRequest } from '../wal/wal-messages.ts';
import { type PartOutcome, PartRejections } from './part-outcome.ts';

/** What is to be logged: one request's samples, or its histograms and exemplars. */
interface Loggable {
  readonly tenant: TenantId;
  readonly refs: Uint32Array;
  readonly samples: number;
  /** Writes its records, but for definitions. */
  write(origin: RecordOrigin): void;
}

interface PendingAppend extends Pick<Loggable, 'refs' | 'samples'> {
  readonly generation: number;
  /** Address of its records. */
  readonly records: number;
  /** Puts it into the head and answers. */
  insert(): void;
  reject(error: MonError): void;
}

export class HeadAppender {
  readonly #head: Head;
  readonly #shard: number;
  readonly #log: MessagePort;
  readonly #writer = new WalRecordWriter();
  readonly #definitions: SeriesDefinitions;
  readonly #samples: SampleRecords;
  /** Where records stand until they are committed; the log thread reads them there. */
  readonly #transit: TransitSpace;
  /** Not sent yet: of each its generation, address and bytes. */
  #unsent: number[] = [];
  #pending: PendingAppend[] = [];
  #onFrozen: (() => void) | undefined;
  /** Requests sent before the log thread learns that we know of a failure: all will be refused. */
  #doomed = 0;
  samplesAppended = 0;

  constructor(
    head: Head,
    shard: number,
    { log, transit }: { readonly log: MessagePort; readonly transit: TransitSpace },
  ) {
    this.#head = head;
    this.#definitions = new SeriesDefinitions(head.series);
    this.#samples = new SampleRecords(head.memory);
    this.#transit = transit;
    this.#shard = shard;
    this.#log = log;
    log.on('message', (reply: WalReply) => {
      if (reply.kind === 'committed') this.#insertNext(reply.count);
      else this.#failNext(reply.count, reply);
    });
  }

  /**
   * Stores a part; resolves when it is durable and in the head.
   *
   * @throws MonError `disk-full`, `wal-failed`
   */
  append(tenant: TenantId, part: SamplePart, bounds: AdmissionBounds): Promise<PartOutcome> {
    const rejections = new PartRejections(this.#head, part);
    const sent = part.sampleCount;
    // What repeats a sample that is still on its way to the log is not known here, and logged again.
    admit(this.#head, part, { bounds, onRejected: rejections.onRejected });
    this.samplesAppended += sent - rejections.rejected;
    if (part.sampleCount === 0) return Promise.resolve(rejections);
    const refs = part.refs.subarray(0, part.seriesCount);
    const write = (origin: RecordOrigin) => {
      this.#writer.addFramed(this.#samples.write(origin, part));
    };
    return this.#store({ tenant, refs, samples: part.sampleCount, write }, () => {
      insertSamples(this.#head, part, rejections.onConflict);
      return rejections;
    });
  }

  /**
   * Stores histograms and exemplars, which were admitted; resolves when they are durable and in the
   * head.
   *
   * @throws MonError `disk-full`, `wal-failed`
   */
  appendLanes(
    tenant: TenantId,
    lanes: readonly LaneEntry[],
    onConflict: ConflictSink,
  ): Promise<ExemplarCounts> {
    const refs = Uint32Array.from(lanes, ({ ref }) => ref);
    const samples = lanes.reduce((sum, lane) => sum + lane.histograms.timestampsMs.length, 0);
    this.samplesAppended += samples;
    const write = (origin: RecordOrigin) => {
      for (const record of laneRecords(lanes)) this.#writer.addMade(origin, record);
    };
    return this.#store({ tenant, refs, samples, write }, () =>
      insertLanes(this.#head, lanes, onConflict),
    );
  }

  /** Logs, and inserts after the commit; resolves with what the insertion returns. */
  #store<T>(loggable: Loggable, insert: () => T): Promise<T> {
    const { tenant, refs, samples } = loggable;
    const generation = this.#head.loggedGeneration;
    const origin = { generation, shard: this.#shard };
    this.#definitions.write(this.#undefinedSeries(refs), (definitions) =>
      this.#writer.addSeries(origin, tenant, definitions),
    );
    loggable.write(origin);
    const records = this.#send(loggable, generation);
    return new Promise((resolve, reject) => {
      const finish = () => resolve(insert());
      this.#pending.push({ generation, records, refs, samples, insert: finish, reject });
    });
  }

  /** Puts the records that were written on their way; returns their address. */
  #send(loggable: Loggable, generation: number): number {
    const bytes = this.#writer.take();
    let address: number;
    try {
      address = this.#transit.take(bytes.length);
    } catch (refusal) {
      this.#undo(loggable);
      throw refusal;
    }
    new Uint8Array(this.#transit.buffer, address, bytes.length).set(bytes);
    // Behind all requests that have arrived by now: their records go in one message.
    if (this.#unsent.length === 0) setImmediate(() => this.#flush());
    this.#unsent.push(generation, address, bytes.length);
    return address;
  }

  #flush(): void {
    if (this.#unsent.length === 0) return;
    this.#log.postMessage({ kind: 'records', records: this.#unsent } satisfies WalRequest);
    this.#unsent = [];
  }

  /** Ends the current generation; resolves when the head has frozen it. */
  freeze(next: number): Promise<void> {
    const { loggedGeneration } = this.#head;
    assert(next > loggedGeneration && this.#onFrozen === undefined, 'a freeze is under way');
    this.#head.loggedGeneration = next;
    return new Promise((resolve) => {
      this.#onFrozen = resolve;
      this.#freezeIfDrained();
    });
  }

  #freezeIfDrained(): void {
    if (this.#onFrozen === undefined) return;
    const next = this.#head.loggedGeneration;
    if (this.#pending.some(({ generation }) => generation < next)) return;
    this.#head.freeze(next);
    this.#onFrozen();
    this.#onFrozen = undefined;
  }

  /** Refs that no record of this generation has defined yet. */
  #undefinedSeries(refs: Uint32Array): number[] {
    const { logged, loggedGeneration, series } = this.#head;
    const undefinedRefs: number[] = [];
    for (let i = 0; ; i++) {
      i = firstOther(refs, i, { column: logged, value: loggedGeneration });
      if (i === refs.length) return undefinedRefs;
      const ref = refs[i] as number;
      // Under a ref that was given back a sample would end in another series: rather none at all.
      assert(series.isAttached(ref), `samples for series ${ref}, which left`);
      logged[ref] = loggedGeneration;
      undefinedRefs.push(ref);
    }
  }
  #insertNext(count: number): void {
    for (const { generation, insert } of this.#take(count)) {
      assert(generation === this.#head.active.number, 'an insertion passed a freeze');
      insert();
      this.#freezeIfDrained();
    }
  }

  #failNext(count: number, failure: WalFailure): void {
    if (this.#doomed === 0) {
      this.#doomed = this.#pending.length;
      for (const pending of this.#pending) this.#undo(pending);
      // What was written before the failure was known leans on what failed.
      this.#flush();
      this.#log.postMessage({ kind: 'failure-seen' } satisfies WalRequest);
    }
    this.#doomed -= count;
    for (const { reject } of this.#take(count)) reject(walError(failure));
    this.#freezeIfDrained();
  }

  /** Takes back what was noted of samples that will not be stored. */
  #undo({ refs, samples }: Pick<Loggable, 'refs' | 'samples'>): void {
    this.samplesAppended -= samples;
    for (const ref of refs) this.#head.logged[ref] = 0;
  }

  *#take(count: number): Generator<PendingAppend> {
    assert(count <= this.#pending.length, 'the log answered more than it was asked');
    for (let i = 0; i < count; i++) {
      const pending = this.#pending.shift() as PendingAppend;
      this.#transit.give(pending.records);
      yield pending;
    }
  }
}

/** The first index from one on whose ref has another value in a column; `refs.length` for none. */
function firstOther(
  refs: Uint32Array,
  from: number,
  { column, value }: { readonly column: Uint32Array; readonly value: number },
): number {
  let i = from;
  while (i < refs.length && column[refs[i] as number] === value) i++;
  return i;
}
