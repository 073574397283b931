/**
 * The way of samples into a shard's head: admitted, logged under the current generation, and after
 * the commit inserted. Commits come in the order of requests, so insertions do too.
 *
 * A freeze takes effect between two insertions: records are tagged with the new generation at once,
 * and the head is frozen when the last record of the old one has been inserted.
 */
import type { MessagePort } from 'node:worker_threads';
import { type AdmissionBounds, admit } from '../head/admission.ts';
import type { Head } from '../head/head.ts';
import type { SamplePart } from '../head/sample-part.ts';
import { SeriesDefinitions } from '../head/series-definitions.ts';
import { WalRecordWriter } from '../head/wal-record.ts';
import type { TransitSpace } from '../memory/transit-space.ts';
import { assert } from '../model/assert.ts';
import type { MonError } from '../model/error.ts';
import type { TenantId } from '../model/tenant.ts';
import { walError } from '../wal/wal-errors.ts';
import type { WalFailure, WalReply, WalRequest } from '../wal/wal-messages.ts';
import { type PartOutcome, PartRejections } from './part-outcome.ts';

interface PendingAppend {
  readonly part: SamplePart;
  readonly generation: number;
  /** Address of its records. */
  readonly records: number;
  readonly rejections: PartRejections;
  resolve(outcome: PartOutcome): void;
  reject(error: MonError): void;
}

export class HeadAppender {
  readonly #head: Head;
  readonly #shard: number;
  readonly #log: MessagePort;
  readonly #writer = new WalRecordWriter();
  readonly #definitions: SeriesDefinitions;
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
    const generation = this.#head.loggedGeneration;
    const origin = { generation, shard: this.#shard };
    this.#definitions.write(this.#undefinedSeries(part), (definitions) =>
      this.#writer.addSeries(origin, tenant, definitions),
    );
    this.#writer.addSamples(origin, part);
    const records = this.#send(part, generation);
    return new Promise((resolve, reject) => {
      this.#pending.push({ part, generation, records, rejections, resolve, reject });
    });
  }

  /** Puts the records written for a part on their way; returns their address. */
  #send(part: SamplePart, generation: number): number {
    const bytes = this.#writer.take();
    let address: number;
    try {
      address = this.#transit.take(bytes.length);
    } catch (refusal) {
      this.#undo(part);
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

  /** Refs of a part that no record of this generation has defined yet. */
  #undefinedSeries({ refs, seriesCount }: SamplePart): number[] {
    const { logged, series } = this.#head;
    const generation = this.#head.loggedGeneration;
    const undefinedRefs: number[] = [];
    for (let s = 0; s < seriesCount; s++) {
      const ref = refs[s] as number;
      if (logged[ref] === generation) continue;
      // Under a ref that was given back a sample would end in another series: rather none at all.
      assert(series.isAttached(ref), `samples for series ${ref}, which left`);
      logged[ref] = generation;
      undefinedRefs.push(ref);
    }
    return undefinedRefs;
  }

  #insertNext(count: number): void {
    for (const { part, generation, rejections, resolve } of this.#take(count)) {
      assert(generation === this.#head.active.number, 'an insertion passed a freeze');
      this.#head.insert(part, rejections.onConflict);
      resolve(rejections);
      this.#freezeIfDrained();
    }
  }

  #failNext(count: number, failure: WalFailure): void {
    if (this.#doomed === 0) {
      this.#doomed = this.#pending.length;
      for (const { part } of this.#pending) this.#undo(part);
      // What was written before the failure was known leans on what failed.
      this.#flush();
      this.#log.postMessage({ kind: 'failure-seen' } satisfies WalRequest);
    }
    this.#doomed -= count;
    for (const { reject } of this.#take(count)) reject(walError(failure));
    this.#freezeIfDrained();
  }

  /** Takes back what was noted of samples that will not be stored. */
  #undo({ refs, seriesCount, sampleCount }: SamplePart): void {
    this.samplesAppended -= sampleCount;
    for (let s = 0; s < seriesCount; s++) {
      this.#head.logged[refs[s] as number] = 0;
    }
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
