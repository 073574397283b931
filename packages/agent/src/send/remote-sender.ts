/**
 * Sends the spool to one remote, batch by batch in order: a batch leaves when it is full or old
 * enough, is tried until the remote takes or refuses it, and is acknowledged in the spool then.
 */
import type { Clock } from '@mon/storage/model/clock';
import { MonError } from '@mon/storage/model/error';
import { HttpClient } from '../http/http-client.ts';
import type { HttpSettings } from '../http/http-settings.ts';
import { compileRelabel, type RelabelRule, type RelabelText } from '../relabel/relabel-rule.ts';
import type { Spool, SpoolBatch } from '../spool/spool.ts';
import { backoffMs, type Delivery, judgeAnswer } from './delivery.ts';
import { requestBody } from './remote-write-body.ts';

const ANSWER_BYTES_MAX = 64 * 1024;

/** Plain values only: two remotes with equal settings are the same remote. */
export interface RemoteSettings {
  /** Unique; its place in the spool goes by it. */
  readonly name: string;
  readonly url: string;
  readonly http: HttpSettings;
  readonly timeoutMs: number;
  readonly relabel: readonly RelabelText[];
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
  readonly #client: HttpClient;
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
    this.#client = new HttpClient(settings.http);
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
    await this.#client.close();
  }

  get status(): RemoteStatus {
    const { name, url } = this.settings;
    const nowMs = this.#context.clock.nowMs();
    return {
      name,
      url,
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
    const body = requestBody(batch.records, this.#rules);
    for (let attempt = 1; body !== undefined && !this.#abort.signal.aborted; attempt++) {
      const delivery = await this.#post(body);
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

  async #post(body: Uint8Array): Promise<Delivery> {
    const { clock, userAgent } = this.#context;
    const { url, timeoutMs } = this.settings;
    try {
      const answer = await this.#client.send({
        method: 'POST',
        url,
        headers: {
          'content-type': 'application/x-protobuf',
          'content-encoding': 'snappy',
          'x-prometheus-remote-write-version': '0.1.0',
          'user-agent': userAgent,
        },
        body,
        timeoutMs,
        bodyBytesMax: ANSWER_BYTES_MAX,
        signal: this.#abort.signal,
      });
      const { status } = answer;
      const retryAfter = answer.header('retry-after');
      const said = answer.body.toString('utf8');
      return judgeAnswer({ status, retryAfter, body: said }, clock.nowMs());
    } catch (thrown) {
      if (!(thrown instanceof MonError)) throw thrown;
      return { kind: 'retry', reason: `${thrown.what}: ${thrown.why}`, afterMs: undefined };
    }
  }
}
