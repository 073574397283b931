/**
 * A job of collectors while it runs: a round at once, then one each interval.
 */
import type { SampleColumns } from '@mon/storage/model/appender';
import type { Clock } from '@mon/storage/model/clock';
import { RoundSchedule, spreadOffsetMs } from '../scrape/round-schedule.ts';
import { HostJob, type HostJobOptions } from './host-job.ts';

export interface HostLoopOptions extends HostJobOptions {
  readonly clock: Clock;
  readonly intervalMs: number;
  /** Names this host, for spreading. */
  readonly spreadSeed: string;
  readonly deliver: (columns: SampleColumns) => void;
}

export class HostLoop {
  readonly job: HostJob;
  readonly #options: HostLoopOptions;
  readonly #schedule: RoundSchedule;
  lastRoundMs: number | undefined;

  constructor(options: HostLoopOptions) {
    const { clock, intervalMs, spreadSeed, labels, deliver } = options;
    this.#options = options;
    this.job = new HostJob(options);
    this.#schedule = new RoundSchedule({
      clock,
      intervalMs,
      offsetMs: spreadOffsetMs(`${spreadSeed} ${labels.join(' ')}`, intervalMs),
      isImmediate: true,
      run: async (timestampMs) => {
        deliver(await this.job.collect(timestampMs));
        this.lastRoundMs = timestampMs;
      },
    });
  }

  start(): void {
    this.#schedule.start();
  }

  /** @param endsSeries whether nothing goes on with the series */
  async stop(endsSeries: boolean): Promise<void> {
    await this.#schedule.stop();
    if (!endsSeries || this.lastRoundMs === undefined) return;
    const nowMs = Math.max(this.#options.clock.nowMs(), this.lastRoundMs + 1);
    this.#options.deliver(this.job.end(nowMs));
  }
}
