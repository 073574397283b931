/**
 * Where all samples of the agent go: into the spool, from where one sender a remote takes them.
 * Counts and logs what is lost on the way.
 */
import type { SampleColumns } from '@mon/storage/model/appender';
import type { Clock } from '@mon/storage/model/clock';
import { reasonOf } from '@mon/storage/model/error';
import type { MetricMetadata } from '@mon/storage/model/metadata';
import type { SeriesLanes } from '@mon/storage/model/series-lanes';
import type { Logger } from 'pino';
import type { Counters } from '../collect/counters.ts';
import { SELF_COUNTERS } from '../collect/self.ts';
import { Spool, type SpoolIntake, type SpoolLoss } from '../spool/spool.ts';
import {
  type DeliveryEvent,
  RemoteSender,
  type RemoteSettings,
  type RemoteStatus,
} from './remote-sender.ts';

/** After a crash at most what was acknowledged in so long is sent a second time. */
const SAVE_POSITIONS_MS = 1000;
/** Losses are logged at most once in so long, with their sum. */
const LOSS_LOG_MS = 60_000;

const NO_COLUMNS: SampleColumns = {
  labels: [],
  sampleOffsets: new Uint32Array(1),
  timestampsMs: new Float64Array(0),
  values: new Float64Array(0),
};

export interface OutletOptions {
  readonly dir: string;
  readonly bytesMax: number;
  readonly remotes: readonly RemoteSettings[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly userAgent: string;
  readonly counters: Counters;
  readonly log: Logger;
}

export class Outlet {
  readonly #options: OutletOptions;
  readonly #spool: Spool;
  readonly #senders = new Map<string, RemoteSender>();
  readonly #losses = new Map<string, { samples: number; loggedMs: number }>();
  #cancelSave: () => void = () => {};
  #isStopped = false;
  /** Why the spool takes nothing now; '' if it does. */
  trouble = '';

  /** @throws the file system's error where the folder cannot be made or read */
  constructor(options: OutletOptions) {
    this.#options = options;
    this.#spool = new Spool({
      dir: options.dir,
      bytesMax: options.bytesMax,
      remotes: options.remotes.map(({ name }) => name),
      onLoss: (loss) => this.#onLoss(loss),
    });
    for (const remote of options.remotes) this.#startSender(remote);
    this.#planSave();
  }

  get bytes(): number {
    return this.#spool.bytes;
  }

  get bytesMax(): number {
    return this.#options.bytesMax;
  }

  statuses(): RemoteStatus[] {
    return [...this.#senders.values()].map((sender) => sender.status);
  }

  /** Puts samples into the spool. Never throws: what the disk does not take is counted as lost. */
  take(source: string, columns: SampleColumns, exemplars: readonly SeriesLanes[] = []): void {
    if (columns.labels.length === 0) return;
    const samples = columns.values.length;
    const isWanted = [...this.#senders.values()].some(({ settings }) => settings.sendsExemplars);
    if (this.#append({ ...columns, exemplars: isWanted ? exemplars : [] }, [], samples))
      this.#options.counters.add(SELF_COUNTERS.samples, samples, [source]);
  }

  takeMetadata(metadata: readonly MetricMetadata[]): void {
    this.#append(NO_COLUMNS, metadata, 0);
  }

  /** Takes up a new list of remotes; those whose settings did not change are left alone. */
  async setRemotes(remotes: readonly RemoteSettings[]): Promise<void> {
    const wanted = new Map(remotes.map((remote) => [remote.name, JSON.stringify(remote)]));
    const ending = [...this.#senders].filter(
      ([name, { settings }]) => wanted.get(name) !== JSON.stringify(settings),
    );
    await Promise.all(ending.map(([, sender]) => sender.stop(0)));
    for (const [name] of ending) this.#senders.delete(name);
    this.#spool.setRemotes(remotes.map(({ name }) => name));
    for (const remote of remotes) if (!this.#senders.has(remote.name)) this.#startSender(remote);
  }

  /** Sends what can be sent in `graceMs`; the rest stays in the spool for the next start. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopped = true;
    this.#cancelSave();
    await Promise.all([...this.#senders.values()].map((sender) => sender.stop(graceMs)));
    try {
      this.#spool.close();
    } catch (thrown) {
      this.#options.log.error({ err: thrown }, 'cannot close the spool; some batches go out twice');
    }
  }

  #startSender(remote: RemoteSettings): void {
    const { clock, random, userAgent } = this.#options;
    const onDelivery = (event: DeliveryEvent) => this.#onDelivery(event);
    const onSent = (name: string, dialect: string, bytes: number) =>
      this.#options.counters.add(SELF_COUNTERS.sentBytes, bytes, [name, dialect]);
    const context = { spool: this.#spool, clock, random, userAgent, onDelivery, onSent };
    const sender = new RemoteSender(remote, context);
    this.#senders.set(remote.name, sender);
    sender.start();
  }

  #append(intake: SpoolIntake, metadata: readonly MetricMetadata[], samples: number): boolean {
    const { clock, log } = this.#options;
    try {
      this.#spool.append(intake, metadata, clock.nowMs());
    } catch (thrown) {
      const reason = reasonOf(thrown);
      if (this.trouble === '') log.error({ reason }, 'the spool takes nothing; samples are lost');
      this.trouble = reason;
      for (const remote of this.#senders.keys()) this.#lose(remote, 'spool-unwritable', samples);
      return false;
    }
    if (this.trouble !== '') log.info('the spool takes samples again');
    this.trouble = '';
    for (const sender of this.#senders.values()) sender.notify();
    return true;
  }

  #planSave(): void {
    if (this.#isStopped) return;
    this.#cancelSave = this.#options.clock.after(SAVE_POSITIONS_MS, () => {
      try {
        this.#spool.savePositions();
      } catch (thrown) {
        // Kept unsaved and tried again; a crash meanwhile only sends batches twice.
        this.#options.log.debug({ err: thrown }, 'cannot save positions of the spool');
      }
      this.#planSave();
    });
  }

  #onDelivery({ remote, delivery, samples, attempt }: DeliveryEvent): void {
    const { counters, log } = this.#options;
    counters.add(SELF_COUNTERS.requests, 1, [remote, delivery.kind]);
    if (delivery.kind === 'accepted') {
      counters.add(SELF_COUNTERS.sent, samples, [remote]);
      if (attempt > 1) log.info({ remote, attempt }, 'the remote takes samples again');
    } else if (delivery.kind === 'retry') {
      const { reason } = delivery;
      if (attempt === 1) log.warn({ remote, reason }, 'cannot send; samples wait in the spool');
    } else {
      const { reason } = delivery;
      log.warn({ remote, reason, samples }, 'the remote refuses a batch for good; it is dropped');
      this.#lose(remote, 'refused', samples);
    }
  }

  #onLoss(loss: SpoolLoss): void {
    const { counters, log } = this.#options;
    if (loss.kind === 'over-bound') {
      this.#lose(loss.remote, 'over-bound', loss.samples);
      return;
    }
    counters.add(SELF_COUNTERS.damage, loss.bytes);
    log.error({ bytes: loss.bytes, reason: loss.reason }, 'a part of the spool is damaged');
  }

  #lose(remote: string, reason: string, samples: number): void {
    const { counters, log, clock } = this.#options;
    counters.add(SELF_COUNTERS.lost, samples, [remote, reason]);
    if (reason === 'refused') return;
    const key = `${remote} ${reason}`;
    const nowMs = clock.nowMs();
    const loss = this.#losses.get(key) ?? { samples: 0, loggedMs: Number.NEGATIVE_INFINITY };
    loss.samples += samples;
    this.#losses.set(key, loss);
    if (nowMs - loss.loggedMs < LOSS_LOG_MS) return;
    log.warn({ remote, reason, samples: loss.samples }, 'the oldest samples are lost');
    this.#losses.set(key, { samples: 0, loggedMs: nowMs });
  }
}
