/**
 * A scrape job: discovers its targets and keeps one loop for each.
 */
import { MonError } from '@mon/storage/model/error';
import { type Labels, labelsKey } from '@mon/storage/model/labels';
import type { MetricMetadata } from '@mon/storage/model/metadata';
import { FileDiscovery, type FileDiscoverySettings } from '../discover/file-discovery.ts';
import { labelsOfGroup, type TargetGroup } from '../discover/target-group.ts';
import { HttpClient } from '../http/http-client.ts';
import type { HttpSettings } from '../http/http-settings.ts';
import { compileRelabel, type RelabelText } from '../relabel/relabel-rule.ts';
import type { LabelLimits } from './sample-labels.ts';
import {
  type DroppedTarget,
  resolveTarget,
  type Target,
  type TargetDefaults,
} from './target-labels.ts';
import { type ScrapeContext, type TargetHealth, TargetLoop } from './target-loop.ts';

/** Bytes of an exposition where body_size_limit says nothing. */
export const BODY_BYTES_MAX = 256 * 1024 * 1024;
/** Dropped targets that are kept to be shown. */
export const DROPPED_TARGETS_MAX = 1000;

/** Plain values only: two jobs with equal settings are the same job. */
export interface ScrapeJobSettings extends TargetDefaults {
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  readonly tracksTimestamps: boolean;
  readonly http: HttpSettings;
  readonly relabel: readonly RelabelText[];
  readonly metricRelabel: readonly RelabelText[];
  /** 0: no limit; likewise the next three. */
  readonly bodyBytesMax: number;
  readonly sampleLimit: number;
  readonly targetLimit: number;
  readonly labelLimits: LabelLimits;
  readonly staticGroups: readonly TargetGroup[];
  readonly fileDiscoveries: readonly FileDiscoverySettings[];
}

export interface TargetStatus extends TargetHealth {
  readonly job: string;
  readonly url: string;
  readonly labels: Labels;
  readonly discoveredLabels: Labels;
  readonly intervalMs: number;
}

export interface ScrapeJobContext extends ScrapeContext {
  readonly finishLabels: (labels: Labels) => Labels;
  readonly onDiscoveryFailure: (file: string, reason: string) => void;
}

export class ScrapeJob {
  readonly settings: ScrapeJobSettings;
  readonly #context: ScrapeJobContext;
  readonly #client: HttpClient;
  readonly #relabel;
  readonly #metricRelabel;
  readonly #discoveries: FileDiscovery[] = [];
  /** Of each discovery, by its index. */
  readonly #fileGroups: (readonly TargetGroup[])[] = [];
  readonly #loops = new Map<string, TargetLoop>();
  readonly #ending = new Set<Promise<void>>();
  #dropped: readonly DroppedTarget[] = [];
  #droppedCount = 0;

  /** @throws MonError `bad-regex`; a checked configuration has none */
  constructor(settings: ScrapeJobSettings, context: ScrapeJobContext) {
    this.settings = settings;
    this.#context = context;
    this.#client = new HttpClient(settings.http);
    this.#relabel = settings.relabel.map(compileRelabel);
    this.#metricRelabel = settings.metricRelabel.map(compileRelabel);
    settings.fileDiscoveries.forEach((fileSettings, i) => {
      this.#fileGroups.push([]);
      const discovery = new FileDiscovery({
        settings: fileSettings,
        clock: context.clock,
        onGroups: (groups) => {
          this.#fileGroups[i] = groups;
          this.#update();
        },
        onFailure: context.onDiscoveryFailure,
      });
      this.#discoveries.push(discovery);
    });
  }

  /** Resolves when the first discovery is done. */
  async start(): Promise<void> {
    this.#update();
    await Promise.all(this.#discoveries.map((discovery) => discovery.start()));
  }

  /** @param endsSeries whether a target's series end with it, or go on elsewhere */
  async stop(endsSeries: (target: Target) => boolean): Promise<void> {
    await Promise.all(this.#discoveries.map((discovery) => discovery.stop()));
    const loops = [...this.#loops.values()];
    await Promise.all(loops.map((loop) => loop.stop(endsSeries(loop.target))));
    await Promise.all(this.#ending);
    this.#loops.clear();
    await this.#client.close();
  }

  targets(): TargetStatus[] {
    return [...this.#loops.values()].map(({ target, health }) => {
      const { url, labels, discoveredLabels, intervalMs } = target;
      const job = this.settings.jobName;
      return { job, url, labels, discoveredLabels, intervalMs, ...health };
    });
  }

  /** At most DROPPED_TARGETS_MAX of the dropped targets, and how many there are. */
  dropped(): { readonly targets: readonly DroppedTarget[]; readonly count: number } {
    return { targets: this.#dropped, count: this.#droppedCount };
  }

  /** Target files that are broken now, and why. */
  brokenFiles(): [string, string][] {
    return this.#discoveries.flatMap((discovery) => [...discovery.failures()]);
  }

  *metadata(): Iterable<MetricMetadata> {
    for (const loop of this.#loops.values()) yield* loop.metadata;
  }

  /** Brings the loops in line with what discovery says now. */
  #update(): void {
    const wanted = this.#resolveAll();
    const staying = new Set([...wanted.values()].map(({ labels }) => labelsKey(labels)));
    for (const [key, loop] of this.#loops) {
      if (wanted.has(key)) continue;
      this.#loops.delete(key);
      const isGone = !staying.has(labelsKey(loop.target.labels));
      const ending = loop.stop(isGone).finally(() => this.#ending.delete(ending));
      this.#ending.add(ending);
    }
    for (const [key, target] of wanted) {
      if (this.#loops.has(key)) continue;
      const loop = this.#openLoop(target);
      this.#loops.set(key, loop);
      loop.start();
    }
    const refusal = targetLimitError(this.settings, this.#loops.size);
    for (const loop of this.#loops.values()) loop.refusal = refusal;
  }

  #resolveAll(): Map<string, Target> {
    const wanted = new Map<string, Target>();
    const dropped: DroppedTarget[] = [];
    this.#droppedCount = 0;
    for (const group of [...this.settings.staticGroups, ...this.#fileGroups.flat()]) {
      for (const labels of labelsOfGroup(group)) {
        const outcome = resolveTarget(labels, this.settings, this.#relabel);
        if (outcome.kind === 'target') {
          const { target } = outcome;
          // What two groups name twice is scraped once.
          const timing = `${target.intervalMs}/${target.timeoutMs}`;
          wanted.set(`${target.url}\u0000${timing}\u0000${labelsKey(target.labels)}`, target);
        } else {
          this.#droppedCount++;
          if (dropped.length < DROPPED_TARGETS_MAX) dropped.push(outcome.dropped);
        }
      }
    }
    this.#dropped = dropped;
    return wanted;
  }

  #openLoop(target: Target): TargetLoop {
    const { settings } = this;
    return new TargetLoop({
      job: settings.jobName,
      target,
      client: this.#client,
      bodyBytesMax: settings.bodyBytesMax === 0 ? BODY_BYTES_MAX : settings.bodyBytesMax,
      context: this.#context,
      rules: {
        targetLabels: target.labels,
        honorLabels: settings.honorLabels,
        honorTimestamps: settings.honorTimestamps,
        tracksTimestamps: settings.tracksTimestamps,
        metricRelabel: this.#metricRelabel,
        limits: settings.labelLimits,
        sampleLimit: settings.sampleLimit,
        finishLabels: this.#context.finishLabels,
      },
    });
  }
}

function targetLimitError(settings: ScrapeJobSettings, count: number): MonError | undefined {
  if (settings.targetLimit === 0 || count <= settings.targetLimit) return undefined;
  return new MonError({
    code: 'scrape-limit',
    what: `Cannot scrape the targets of job ${settings.jobName}`,
    why: `it has ${count} targets, and target_limit allows ${settings.targetLimit}`,
    mend: 'Raise target_limit, or keep fewer targets by relabel_configs.',
  });
}
