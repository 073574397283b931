/**
 * What makes samples in a running agent, brought in line with its settings: the host's collectors,
 * scrape jobs, StatsD, the agent's own metrics, metadata. A part whose settings did not change is
 * left alone.
 */
import type { SampleColumns } from '@mon/storage/model/appender';
import type { Clock } from '@mon/storage/model/clock';
import { reasonOf } from '@mon/storage/model/error';
import {
  type Labels,
  labelsFromRecord,
  labelsKey,
  labelsToRecord,
} from '@mon/storage/model/labels';
import type { MetricMetadata } from '@mon/storage/model/metadata';
import type { SeriesLanes } from '@mon/storage/model/series-lanes';
import type { Logger } from 'pino';
import { type Host, openCollector } from './collect/collectors.ts';
import type { Counters } from './collect/counters.ts';
import { HostLoop } from './collect/host-loop.ts';
import { SELF_COUNTERS, type SelfReading, selfCollector } from './collect/self.ts';
import type { AgentSettings } from './config/agent-settings.ts';
import { RoundSchedule } from './scrape/round-schedule.ts';
import { ScrapeJob, type ScrapeJobSettings } from './scrape/scrape-job.ts';
import type { ScrapeRound } from './scrape/target-loop.ts';
import { MetadataOutbox } from './send/metadata-outbox.ts';
import type { Outlet } from './send/outlet.ts';
import { StatsdListener } from './statsd/statsd-listener.ts';
import type { AgentStatus, AgentTargets } from './status/agent-status.ts';

const METADATA_INTERVAL_MS = 15_000;
const SELF_JOB = 'mon-agent';

export interface AgentPartsOptions {
  readonly outlet: Outlet;
  readonly counters: Counters;
  readonly host: Host;
  /** Of the host. */
  readonly name: string;
  readonly log: Logger;
  readonly version: string;
  readonly userAgent: string;
  readonly clock: Clock;
}

/** A part that runs, and the settings it runs under as text. */
interface Running<T> {
  readonly key: string;
  readonly part: T;
}

export class AgentParts {
  readonly #options: AgentPartsOptions;
  readonly #startMs: number;
  readonly #metadata = new MetadataOutbox();
  readonly #metadataSchedule: RoundSchedule;
  readonly #jobs = new Map<string, Running<ScrapeJob>>();
  #host: Running<HostLoop | undefined> = { key: '', part: undefined };
  #self: Running<HostLoop | undefined> = { key: '', part: undefined };
  #statsd: Running<StatsdListener | undefined> = { key: '', part: undefined };
  #statsdTrouble = '';
  #collectors: readonly string[] = [];
  #instance: string;

  constructor(options: AgentPartsOptions) {
    this.#options = options;
    this.#startMs = options.clock.nowMs();
    this.#instance = options.name;
    this.#metadataSchedule = new RoundSchedule({
      clock: options.clock,
      intervalMs: METADATA_INTERVAL_MS,
      offsetMs: 0,
      isImmediate: false,
      run: async (nowMs) => this.#sendMetadata(nowMs),
    });
    this.#metadataSchedule.start();
  }

  /** Starts, stops and replaces parts until all run as the settings say. */
  async apply(settings: AgentSettings): Promise<void> {
    const finishLabels = externalLabels(settings.externalLabels);
    await this.#applyHost(settings, finishLabels);
    await this.#applySelf(settings, finishLabels);
    await this.#applyStatsd(settings, finishLabels);
    await this.#applyJobs(settings, finishLabels);
    // What is known from the first rounds goes out without waiting for the interval.
    this.#sendMetadata(this.#options.clock.nowMs());
  }

  /** Stops everything without ending series: the agent is expected back. */
  async stop(): Promise<void> {
    await this.#metadataSchedule.stop();
    await this.#host.part?.stop(false);
    await this.#self.part?.stop(false);
    await this.#statsd.part?.stop(false);
    await Promise.all([...this.#jobs.values()].map(({ part }) => part.stop(() => false)));
    this.#jobs.clear();
  }

  targets(): AgentTargets {
    const jobs = [...this.#jobs.values()].map(({ part }) => part);
    const dropped = jobs.map((job) => job.dropped());
    return {
      active: jobs.flatMap((job) => job.targets()),
      dropped: dropped.flatMap(({ targets }) => targets),
      droppedCount: dropped.reduce((sum, { count }) => sum + count, 0),
    };
  }

  status(): Omit<AgentStatus, 'spool'> {
    const { outlet, version } = this.#options;
    return {
      version,
      pid: process.pid,
      startMs: this.#startMs,
      host: {
        isEnabled: this.#host.part !== undefined,
        instance: this.#instance,
        collectors: this.#collectors,
        lastRoundMs: this.#host.part?.lastRoundMs,
        failing: this.#host.part?.job.failing ?? [],
      },
      targets: this.#targetCounts(),
      remotes: outlet.statuses(),
      statsdAddress: this.#statsd.part?.address ?? '',
      troubles: this.#troubles(),
    };
  }

  async #applyHost(settings: AgentSettings, finishLabels: FinishLabels): Promise<void> {
    const { host: hostSettings } = settings;
    const key = JSON.stringify([hostSettings, settings.externalLabels]);
    if (key === this.#host.key) return;
    const { host, name, log } = this.#options;
    const instance = hostSettings.instance ?? name;
    const labels = labelsFromRecord({ job: hostSettings.job, instance, ...hostSettings.labels });
    await this.#host.part?.stop(!hostSettings.isEnabled);
    this.#instance = instance;
    this.#collectors = hostSettings.isEnabled ? hostSettings.collectors : [];
    this.#host = { key, part: undefined };
    if (!hostSettings.isEnabled) return;
    const part = this.#openLoop(labels, finishLabels, {
      source: 'host',
      collectors: hostSettings.collectors.map((collector) => openCollector(collector, host)),
      intervalMs: hostSettings.intervalMs,
      onFailure: (collector, reason) => log.warn({ collector, reason }, 'a collector fails'),
    });
    this.#host = { key, part };
    part.start();
  }

  async #applySelf(settings: AgentSettings, finishLabels: FinishLabels): Promise<void> {
    const key = JSON.stringify([settings.selfIntervalMs, settings.externalLabels, this.#instance]);
    if (key === this.#self.key) return;
    await this.#self.part?.stop(false);
    const labels = labelsFromRecord({ job: SELF_JOB, instance: this.#instance });
    const part = this.#openLoop(labels, finishLabels, {
      source: 'self',
      collectors: [selfCollector(this.#options.counters, () => this.#selfReading())],
      intervalMs: settings.selfIntervalMs,
      onFailure: (_, reason) => this.#options.log.error({ reason }, 'cannot write own metrics'),
    });
    this.#self = { key, part };
    part.start();
  }

  #openLoop(
    labels: Labels,
    finishLabels: FinishLabels,
    loop: Pick<
      ConstructorParameters<typeof HostLoop>[0],
      'collectors' | 'intervalMs' | 'onFailure'
    > & {
      readonly source: 'host' | 'self';
    },
  ): HostLoop {
    const { clock, name } = this.#options;
    return new HostLoop({
      clock,
      labels,
      finishLabels,
      spreadSeed: name,
      reportsCollectors: loop.source === 'host',
      elapsedSeconds,
      collectors: loop.collectors,
      intervalMs: loop.intervalMs,
      onFailure: loop.onFailure,
      deliver: this.#deliverFrom(loop.source),
    });
  }

  async #applyStatsd(settings: AgentSettings, finishLabels: FinishLabels): Promise<void> {
    const { statsd } = settings;
    const key = JSON.stringify([statsd, settings.externalLabels, this.#instance]);
    if (key === this.#statsd.key) return;
    const { clock, log } = this.#options;
    await this.#statsd.part?.stop(!statsd.isEnabled);
    this.#statsd = { key, part: undefined };
    this.#statsdTrouble = '';
    if (!statsd.isEnabled) return;
    const part = new StatsdListener({
      ...statsd,
      targetLabels: labelsFromRecord({ job: statsd.job, instance: this.#instance }),
      finishLabels,
      clock,
      deliver: this.#deliverFrom('statsd'),
    });
    try {
      await part.start();
      this.#statsd = { key, part };
    } catch (thrown) {
      // Everything else works without it; the next reload tries again.
      this.#statsd = { key: '', part: undefined };
      this.#statsdTrouble = reasonOf(thrown);
      log.warn({ reason: this.#statsdTrouble }, 'StatsD is not taken');
    }
  }

  async #applyJobs(settings: AgentSettings, finishLabels: FinishLabels): Promise<void> {
    const wanted = new Map<string, ScrapeJobSettings>();
    for (const job of settings.scrapeJobs)
      wanted.set(JSON.stringify([job, settings.externalLabels]), job);
    const ending = [...this.#jobs.values()].filter(({ key }) => !wanted.has(key));
    for (const { key } of ending) this.#jobs.delete(key);
    for (const [key, job] of wanted) {
      if (this.#jobs.has(key)) continue;
      const part = this.#openJob(job, finishLabels);
      this.#jobs.set(key, { key, part });
      await part.start();
    }
    // A target that goes on under another job's settings keeps its series.
    const staying = new Set(this.targets().active.map(({ labels }) => labelsKey(labels)));
    const endsSeries = ({ labels }: { labels: Labels }) => !staying.has(labelsKey(labels));
    await Promise.all(ending.map(({ part }) => part.stop(endsSeries)));
  }

  #openJob(settings: ScrapeJobSettings, finishLabels: FinishLabels): ScrapeJob {
    const { clock, name, userAgent, log } = this.#options;
    return new ScrapeJob(settings, {
      clock,
      elapsedSeconds,
      deliver: this.#deliverFrom('scrape'),
      spreadSeed: name,
      userAgent,
      finishLabels,
      onRound: (round) => this.#onRound(round),
      onDiscoveryFailure: (file, reason) => {
        log.warn({ file, reason }, 'a target file is broken; its last good targets stay');
      },
    });
  }

  #deliverFrom(source: string): (columns: SampleColumns, lanes?: readonly SeriesLanes[]) => void {
    return (columns, lanes) => this.#options.outlet.take(source, columns, lanes);
  }

  #onRound({ job, target, failure, isRepeated, duplicates }: ScrapeRound): void {
    const { counters, log } = this.#options;
    counters.add(SELF_COUNTERS.scrapes, 1, [failure?.code ?? 'ok']);
    if (duplicates > 0) counters.add(SELF_COUNTERS.duplicates, duplicates);
    if (isRepeated) return;
    const { url } = target;
    if (failure === undefined) log.debug({ job, url }, 'the target is up');
    else log.warn({ job, url, reason: failure.message }, 'the target is down');
  }

  #sendMetadata(nowMs: number): void {
    const due = this.#metadata.due(this.#knownMetadata(), nowMs);
    if (due.length > 0) this.#options.outlet.takeMetadata(due);
  }

  *#knownMetadata(): Iterable<MetricMetadata> {
    yield* this.#host.part?.job.metadata() ?? [];
    yield* this.#self.part?.job.metadata() ?? [];
    for (const { part } of this.#jobs.values()) yield* part.metadata();
  }

  #targetCounts(): Record<'up' | 'down' | 'unknown', number> {
    const counts = { up: 0, down: 0, unknown: 0 };
    for (const { health } of this.targets().active) counts[health]++;
    return counts;
  }

  #selfReading(): SelfReading {
    const { outlet, version } = this.#options;
    return {
      version,
      startMs: this.#startMs,
      spoolBytes: outlet.bytes,
      spoolBytesMax: outlet.bytesMax,
      lagSeconds: outlet.statuses().map(({ name, lagMs }) => [name, lagMs / 1000]),
      targets: this.#targetCounts(),
      droppedTargets: this.targets().droppedCount,
      brokenFiles: this.#brokenFiles().length,
      statsd: this.#statsd.part,
    };
  }

  #brokenFiles(): [string, string][] {
    return [...this.#jobs.values()].flatMap(({ part }) => part.brokenFiles());
  }

  #troubles(): string[] {
    const { outlet } = this.#options;
    const troubles: string[] = [];
    if (outlet.trouble !== '') troubles.push(`The spool takes nothing: ${outlet.trouble}.`);
    for (const { name, lastError } of outlet.statuses())
      if (lastError !== '') troubles.push(`Cannot send to ${name}: ${lastError}.`);
    if (this.#statsdTrouble !== '') troubles.push(`StatsD is not taken: ${this.#statsdTrouble}.`);
    for (const collector of this.#host.part?.job.failing ?? [])
      troubles.push(`The collector ${collector} fails; see the log.`);
    for (const [file, reason] of this.#brokenFiles())
      troubles.push(`The target file ${file} is broken: ${reason}.`);
    return troubles;
  }
}

type FinishLabels = (labels: Labels) => Labels;

/** Adds external labels where a series has no label of that name. */
function externalLabels(external: Readonly<Record<string, string>>): FinishLabels {
  if (Object.keys(external).length === 0) return (labels) => labels;
  return (labels) => labelsFromRecord({ ...external, ...labelsToRecord(labels) });
}

function elapsedSeconds(): number {
  return performance.now() / 1000;
}
