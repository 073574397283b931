/**
 * One target while it lives: asks it once an interval, hands on what it gave, and knows how it is.
 */
import type { SampleColumns } from '@mon/storage/model/appender';
import type { Clock } from '@mon/storage/model/clock';
import { MonError, reasonOf } from '@mon/storage/model/error';
import type { MetricMetadata } from '@mon/storage/model/metadata';
import type { SeriesLanes } from '@mon/storage/model/series-lanes';
import { EXPOSITION_ACCEPT } from '@mon/storage/protocol/exposition-format';
import type { HttpClient } from '../http/http-client.ts';
import { RoundSchedule, spreadOffsetMs } from './round-schedule.ts';
import type { Target } from './target-labels.ts';
import { TargetSeries, type TargetSeriesRules } from './target-series.ts';

/** What scraping needs from the agent around it. */
export interface ScrapeContext {
  readonly clock: Clock;
  /** Seconds from any start, for durations. */
  readonly elapsedSeconds: () => number;
  /** Takes a round's samples; never throws. */
  readonly deliver: (columns: SampleColumns, exemplars?: readonly SeriesLanes[]) => void;
  /** Names this agent, so that two agents do not ask one target at the same moment. */
  readonly spreadSeed: string;
  readonly userAgent: string;
  readonly onRound: (round: ScrapeRound) => void;
}

export interface ScrapeRound {
  readonly job: string;
  readonly target: Target;
  /** undefined: it went well. */
  readonly failure: MonError | undefined;
  /** Whether the round before went the same way. */
  readonly isRepeated: boolean;
  readonly duplicates: number;
}

export interface TargetLoopOptions {
  readonly job: string;
  readonly target: Target;
  readonly rules: TargetSeriesRules;
  readonly client: HttpClient;
  readonly bodyBytesMax: number;
  readonly context: ScrapeContext;
}

export interface TargetHealth {
  readonly health: 'up' | 'down' | 'unknown';
  readonly lastScrapeMs: number | undefined;
  readonly lastDurationSeconds: number;
  readonly lastError: string;
  readonly samplesScraped: number;
}

export class TargetLoop {
  readonly target: Target;
  readonly #options: TargetLoopOptions;
  readonly #series: TargetSeries;
  readonly #schedule: RoundSchedule;
  readonly #abort = new AbortController();
  /** Why no round may succeed now: the job is over its target limit. */
  refusal: MonError | undefined;
  #health: TargetHealth = {
    health: 'unknown',
    lastScrapeMs: undefined,
    lastDurationSeconds: 0,
    lastError: '',
    samplesScraped: 0,
  };

  constructor(options: TargetLoopOptions) {
    const { target, context, rules } = options;
    this.target = target;
    this.#options = options;
    this.#series = new TargetSeries(rules);
    this.#schedule = new RoundSchedule({
      clock: context.clock,
      intervalMs: target.intervalMs,
      offsetMs: spreadOffsetMs(
        `${context.spreadSeed} ${target.url} ${target.labels.join(' ')}`,
        target.intervalMs,
      ),
      isImmediate: false,
      run: (timestampMs) => this.#round(timestampMs),
    });
  }

  get health(): TargetHealth {
    return this.#health;
  }

  get metadata(): readonly MetricMetadata[] {
    return this.#series.metadata;
  }

  start(): void {
    this.#schedule.start();
  }

  /** @param isGone nothing goes on with its series, so that they end in staleness markers */
  async stop(isGone: boolean): Promise<void> {
    this.#abort.abort();
    await this.#schedule.stop();
    const { clock, deliver } = this.#options.context;
    if (isGone && this.#health.lastScrapeMs !== undefined)
      deliver(this.#series.end(Math.max(clock.nowMs(), this.#health.lastScrapeMs + 1)));
  }

  async #round(timestampMs: number): Promise<void> {
    const { job, target, context } = this.#options;
    const startSeconds = context.elapsedSeconds();
    this.#series.begin(timestampMs);
    let failure: MonError | undefined;
    try {
      await this.#scrape();
    } catch (thrown) {
      if (!(thrown instanceof MonError)) throw thrown;
      failure = thrown;
    }
    // A round cut short by `stop` says nothing about the target.
    if (this.#abort.signal.aborted) return;
    const durationSeconds = context.elapsedSeconds() - startSeconds;
    const outcome =
      failure === undefined
        ? this.#series.finish(durationSeconds)
        : this.#series.fail(durationSeconds);
    const before = this.#health.health;
    this.#health = {
      health: failure === undefined ? 'up' : 'down',
      lastScrapeMs: timestampMs,
      lastDurationSeconds: durationSeconds,
      lastError: failure === undefined ? '' : reasonOf(failure),
      samplesScraped: outcome.samplesScraped,
    };
    context.deliver(outcome.columns, outcome.exemplars);
    const isRepeated = before === this.#health.health;
    context.onRound({ job, target, failure, isRepeated, duplicates: outcome.duplicates });
  }

  async #scrape(): Promise<void> {
    if (this.refusal !== undefined) throw this.refusal;
    const { target, client, bodyBytesMax, context } = this.#options;
    const answer = await client.send({
      method: 'GET',
      url: target.url,
      headers: {
        accept: EXPOSITION_ACCEPT,
        'user-agent': context.userAgent,
        'x-prometheus-scrape-timeout-seconds': String(target.timeoutMs / 1000),
      },
      timeoutMs: target.timeoutMs,
      bodyBytesMax,
      signal: this.#abort.signal,
    });
    if (answer.status !== 200) {
      throw new MonError({
        code: 'scrape-status',
        what: `Cannot scrape ${target.url}`,
        why: `it answers with status ${answer.status}, not 200`,
        mend: 'Check path, parameters and credentials of the scrape job.',
        retryable: true,
      });
    }
    this.#series.read(answer.body, answer.header('content-type'));
  }
}
