/**
 * Runs jobs one at a time, on schedules and on request, remembers how each last ended, and stops
 * what runs when the server closes.
 *
 * A job that is due while it runs or waits already is skipped and counted. Requests wait in line,
 * at most `WAITING_MAX` of them.
 */
import type { Clock } from '@mon/storage/model/clock';
import { MonError, reasonOf } from '@mon/storage/model/error';
import { type ScheduledTask, schedule as scheduleTask } from 'node-cron';
import type { Logger } from 'pino';
import type { AnyJobReport, JsonJob, JsonJobRun } from '../api/responses.ts';
import type { Counter, Histogram, MetricRegistry } from '../metrics/registry.ts';
import type { Schedule } from './cron-expression.ts';

export type JobName = AnyJobReport['job'];

export interface Job {
  readonly name: JobName;
  readonly schedule: Schedule;
  readonly run: (signal: AbortSignal) => Promise<AnyJobReport>;
}

export interface JobQueueOptions {
  readonly jobs: readonly Job[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly registry: MetricRegistry;
}

/** Runs that may wait for the one under way. */
export const WAITING_MAX = 8;

/** Buckets in seconds: a job takes from nothing to hours. */
const SECONDS = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600];

type Trigger = JsonJobRun['trigger'];

interface Entry {
  readonly job: Job;
  task: ScheduledTask | undefined;
  running: boolean;
  waiting: number;
  lastRun: JsonJobRun | null;
  lastSuccessMs: number;
}

export class JobQueue {
  readonly #options: JobQueueOptions;
  readonly #entries: ReadonlyMap<JobName, Entry>;
  readonly #runs: Counter;
  readonly #seconds: Histogram;
  readonly #closing = new AbortController();
  /** Ends when every run handed out so far has ended. Never rejects. */
  #line: Promise<unknown> = Promise.resolve();

  constructor(options: JobQueueOptions) {
    const { registry } = options;
    this.#options = options;
    this.#entries = new Map(
      options.jobs.map((job) => [
        job.name,
        { job, task: undefined, running: false, waiting: 0, lastRun: null, lastSuccessMs: 0 },
      ]),
    );
    this.#runs = registry.counter({
      name: 'mon_job_runs_total',
      help: 'Runs of jobs, by how they ended: done, failed, canceled, skipped.',
      labels: ['job', 'outcome'],
    });
    this.#seconds = registry.histogram(
      { name: 'mon_job_duration_seconds', help: 'Time that a run of a job took.', labels: ['job'] },
      SECONDS,
    );
    registry.gauge(
      {
        name: 'mon_job_last_success_timestamp_seconds',
        help: 'When the job last ended well; 0 before the first time.',
        labels: ['job'],
      },
      () =>
        [...this.#entries].map(([name, entry]) => ({
          labels: [name],
          value: entry.lastSuccessMs / 1000,
        })),
    );
  }

  /** Starts the schedules. */
  start(): void {
    for (const entry of this.#entries.values()) {
      const { name, schedule } = entry.job;
      if (schedule === 'off') continue;
      // A tick that came late is the next tick's work; node-cron's own warning is not needed.
      const options = { name, unref: true, suppressMissedWarning: true };
      entry.task = scheduleTask(schedule, () => this.#onSchedule(entry), options);
    }
  }

  /**
   * Runs a job now, after those that wait already.
   *
   * @throws MonError of the job, `job-canceled`, `job-queue-full`, `closing`
   */
  async run(name: JobName, signal: AbortSignal): Promise<AnyJobReport> {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw unknownJob(name, [...this.#entries.keys()]);
    const waiting = [...this.#entries.values()].reduce((sum, other) => sum + other.waiting, 0);
    if (waiting >= WAITING_MAX) throw queueFull();
    return this.#enqueue(entry, { trigger: 'request', signal });
  }

  /** What is scheduled, running, and how it last went. */
  status(): JsonJob[] {
    return [...this.#entries.values()].map(({ job, task, running, lastRun }) => ({
      job: job.name,
      schedule: job.schedule,
      running,
      nextRun: task?.getNextRun()?.toISOString() ?? null,
      lastRun,
    }));
  }

  /** Ends the schedules, stops what runs, and waits for its end. */
  async close(): Promise<void> {
    for (const { task } of this.#entries.values()) await task?.destroy();
    this.#closing.abort();
    await this.#line;
  }

  async #onSchedule(entry: Entry): Promise<void> {
    if (entry.running || entry.waiting > 0) {
      this.#runs.add(1, entry.job.name, 'skipped');
      return;
    }
    try {
      await this.#enqueue(entry, { trigger: 'schedule', signal: this.#closing.signal });
    } catch (thrown) {
      // Noted in the log, the metrics and lastRun already; the schedule goes on.
      this.#options.log.debug({ job: entry.job.name, reason: reasonOf(thrown) }, 'job ended early');
    }
  }

  #enqueue(entry: Entry, call: { trigger: Trigger; signal: AbortSignal }): Promise<AnyJobReport> {
    entry.waiting++;
    const turn = this.#line.then(() => {
      entry.waiting--;
      return this.#runNow(entry, call);
    });
    this.#line = turn.catch(() => undefined);
    return turn;
  }

  async #runNow(
    entry: Entry,
    call: { trigger: Trigger; signal: AbortSignal },
  ): Promise<AnyJobReport> {
    const { clock, log } = this.#options;
    const { name } = entry.job;
    const signal = AbortSignal.any([call.signal, this.#closing.signal]);
    const startedMs = clock.nowMs();
    const note = (run: Pick<JsonJobRun, 'outcome' | 'report' | 'error'>): void => {
      entry.lastRun = {
        startedAt: new Date(startedMs).toISOString(),
        trigger: call.trigger,
        ...run,
      };
      this.#runs.add(1, name, run.outcome);
      this.#seconds.observe((clock.nowMs() - startedMs) / 1000, name);
    };
    entry.running = true;
    try {
      if (signal.aborted) throw canceled(name);
      const report = await entry.job.run(signal);
      entry.lastSuccessMs = clock.nowMs();
      note({ outcome: 'done', report, error: null });
      logDone(log, report);
      return report;
    } catch (thrown) {
      const error = signal.aborted ? canceled(name) : thrown;
      const reason = reasonOf(error);
      note({ outcome: signal.aborted ? 'canceled' : 'failed', report: null, error: reason });
      log.warn({ job: name, reason }, signal.aborted ? 'job canceled' : 'job failed');
      throw error;
    } finally {
      entry.running = false;
    }
  }
}

function logDone(log: Logger, report: AnyJobReport): void {
  if (report.job !== 'verify') {
    log.info({ ...report }, 'job done');
    return;
  }
  const { job, isIntact, elapsedMs, parts } = report;
  for (const { name, problems, losses, samplesLost } of parts) {
    if (problems.length === 0) continue;
    const first = { problem: problems[0], loss: losses[0] };
    log.error({ part: name, problems: problems.length, samplesLost, ...first }, 'damage found');
  }
  log.info({ job, isIntact, parts: parts.length, elapsedMs }, 'job done');
}

function canceled(name: JobName): MonError {
  return new MonError({
    code: 'job-canceled',
    what: `Cannot finish the job ${name}`,
    why: 'it was canceled; what it had done is kept',
    mend: 'Start it again; it goes on where it stopped.',
    retryable: true,
  });
}

function queueFull(): MonError {
  return new MonError({
    code: 'job-queue-full',
    what: 'Cannot start the job',
    why: `${WAITING_MAX} runs wait already`,
    mend: 'Wait for their end; GET /api/v1/status/jobs shows them.',
    retryable: true,
  });
}

function unknownJob(name: string, known: readonly string[]): MonError {
  return new MonError({
    code: 'not-found',
    what: `Cannot start the job ${JSON.stringify(name)}`,
    why: 'there is none of this name',
    mend: `Choose one of ${known.join(', ')}.`,
  });
}
