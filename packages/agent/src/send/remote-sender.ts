/**
 * Sends the spool to one remote, batch by batch in order: a batch leaves when it is full or old
 * enough, is tried until the remote takes or refuses it, and is acknowledged in the spool then.
 */
import type { Clock } from '@mon/storage/model/clock';
import type { HttpSettings } from '../http/http-settings.ts';
import { compileRelabel, type RelabelRule, type RelabelText } from '../relabel/relabel-rule.ts';
import type { Spool, SpoolBatch } from '../spool/spool.ts';
import { BatchRequest } from './batch-request.ts';
import { backoffMs, type Delivery } from './delivery.ts';
import type { Dialect } from './dialect.ts';
import { type BatchUnderWay, RemoteExchange } from './remote-exchange.ts';

/** Plain values only: two remotes with equal settings are the same remote. */
export interface RemoteSettings {
  /** Unique; its place in the spool goes by it. */
  readonly name: string;
  readonly url: string;
  readonly http: HttpSettings;
  readonly timeoutMs: number;
  /** `protobuf_message`: the only one to send; undefined: whatever the remote takes. */
  readonly dialect: Dialect | undefined;
  readonly relabel: readonly RelabelText[];
  /** Exemplars are sent too; they go in remote write 1.0 alone. */
  readonly sendsExemplars: boolean;
  readonly batchSamplesMax: number;
  /** Longest wait for a batch to fill. */
  readonly batchAgeMs: number;
  readonly backoff: { readonly minMs: number; readonly maxMs: number };
}

export interface RemoteSenderContext {
  readonly spool: Spool;
  readonly clock: Clock;
  readonly random: () => number;
  readonly userAgent: string;
  readonly onDelivery: (event: DeliveryEvent) => void;
  readonly onSent: (remote: string, dialect: Dialect, bytes: number) => void;
}

export interface DeliveryEvent {
  readonly remote: string;
  readonly delivery: Delivery;
  readonly samples: number;
  /** Which try of this batch it was, from 1. */
  readonly attempt: number;
}

export interface RemoteStatus {
  readonly name: string;
  readonly url: string;
  /** What it is sent in. */
  readonly dialect: Dialect;
  readonly lastSuccessMs: number | undefined;
  /** '': the latest try went well. */
  readonly lastError: string;
  /** Age of the oldest batch that is being tried, 0 for none. */
  readonly lagMs: number;
  readonly samplesSent: number;
}

export class RemoteSender {
  readonly settings: RemoteSettings;
  readonly #context: RemoteSenderContext;
  readonly #exchange: RemoteExchange;
  readonly #rules: readonly RelabelRule[];
  readonly #abort = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #isStopping = false;
  /** Samples the spool had taken in when it was read last. */
  #samplesSeen = 0;
  /** Ends the present wait. */
  #wake: () => void = () => {};
  #isWaitingForMore = false;
  #oldestMs: number | undefined;
  #lastSuccessMs: number | undefined;
  #lastError = '';
  #samplesSent = 0;

  constructor(settings: RemoteSettings, context: RemoteSenderContext) {
    this.settings = settings;
    this.#context = context;
    const { name, url, http, timeoutMs, dialect } = settings;
    const { clock, userAgent } = context;
    const onSent = (used: Dialect, bytes: number) => context.onSent(name, used, bytes);
    this.#exchange = new RemoteExchange({
      ...{ url, http, timeoutMs, dialect, clock, userAgent, onSent },
    });
    this.#rules = settings.relabel.map(compileRelabel);
  }

  start(): void {
    this.#running = this.#run();
  }

  /** The spool has taken in more. */
  notify(): void {
    if (!this.#isWaitingForMore || this.#hasFullBatch()) this.#wake();
  }

  /** Sends what is there, for at most `graceMs` and only while the remote takes it; then stops. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    this.#wake();
    const cancel = this.#context.clock.after(graceMs, () => this.#halt());
    if (graceMs === 0 || this.#lastError !== '') this.#halt();
    await this.#running;
    cancel();
    await this.#exchange.close();
  }

  get status(): RemoteStatus {
    const { name, url } = this.settings;
    const nowMs = this.#context.clock.nowMs();
    return {
      name,
      url,
      dialect: this.#exchange.dialect,
      lastSuccessMs: this.#lastSuccessMs,
      lastError: this.#lastError,
      lagMs: this.#oldestMs === undefined ? 0 : Math.max(0, nowMs - this.#oldestMs),
      samplesSent: this.#samplesSent,
    };
  }

  async #run(): Promise<void> {
    const { spool } = this.#context;
    const { name, batchSamplesMax, batchAgeMs } = this.settings;
    while (!this.#abort.signal.aborted) {
      this.#samplesSeen = spool.appendedSamples;
      const batch = spool.read(name, batchSamplesMax);
      if (batch === undefined) {
        if (this.#isStopping) return;
        if (!this.#hasMore()) await this.#sleep(undefined);
        // Something came: give it company, unless we are to stop.
        if (!this.#isStopping) await this.#waitForMore(batchAgeMs);
        continue;
      }
      await this.#deliver(batch);
      if (!batch.isFull && !this.#isStopping) await this.#waitForMore(batchAgeMs);
    }
  }

  #hasFullBatch(): boolean {
    const waiting = this.#context.spool.appendedSamples - this.#samplesSeen;
    return waiting >= this.settings.batchSamplesMax;
  }

  async #waitForMore(ms: number): Promise<void> {
    if (this.#hasFullBatch()) return;
    this.#isWaitingForMore = true;
    await this.#sleep(ms);
    this.#isWaitingForMore = false;
  }

  /** Until woken, stopped, or the time is over. */
  async #sleep(ms: number | undefined): Promise<void> {
    if (this.#abort.signal.aborted) return;
    let cancel = () => {};
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (ms !== undefined) cancel = this.#context.clock.after(ms, resolve);
    });
    cancel();
    this.#wake = () => {};
  }

  #halt(): void {
    this.#abort.abort();
    this.#wake();
  }

  #hasMore(): boolean {
    return this.#context.spool.appendedSamples > this.#samplesSeen || this.#isStopping;
  }

  /** Tries a batch until it is taken or refused; returns early, unacknowledged, when stopped. */
  async #deliver(batch: SpoolBatch): Promise<void> {
    const { spool, clock, random, onDelivery } = this.#context;
    const { name, backoff } = this.settings;
    this.#oldestMs = batch.records[0]?.appendedMs;
    const request = new BatchRequest(batch.records, this.#rules, this.settings.sendsExemplars);
    const underWay: BatchUnderWay = { request };
    for (let attempt = 1; !request.isEmpty && !this.#abort.signal.aborted; attempt++) {
      const delivery = await this.#exchange.send(underWay, this.#abort.signal);
      if (this.#abort.signal.aborted && delivery.kind === 'retry') return;
      this.#lastError = delivery.kind === 'accepted' ? '' : delivery.reason;
      onDelivery({ remote: name, delivery, samples: batch.samples, attempt });
      if (delivery.kind === 'accepted') {
        this.#lastSuccessMs = clock.nowMs();
        this.#samplesSent += batch.samples;
      }
      if (delivery.kind !== 'retry') break;
      // What cannot be sent now stays in the spool for the next start.
      if (this.#isStopping) return this.#halt();
      await this.#pause(delivery.afterMs ?? backoffMs(attempt, backoff, random));
    }
    if (this.#abort.signal.aborted && this.#lastError !== '') return;
    this.#oldestMs = undefined;
    spool.acknowledge(name, batch.end);
  }

  /** Waits though more comes in; a stop ends it. By a timer: the wall clock may be set back. */
  async #pause(ms: number): Promise<void> {
    let isOver = false;
    const cancel = this.#context.clock.after(ms, () => {
      isOver = true;
      this.#wake();
    });
    while (!isOver && !this.#isStopping && !this.#abort.signal.aborted)
      await this.#sleep(undefined);
    cancel();
  }
}
