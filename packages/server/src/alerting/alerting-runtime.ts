/**
 * Composition of the alert manager: takes alerts of rules, keeps them, routes, groups and tells.
 *
 * Start: `Alerting.start`, then the rules, which announce what fires, then `settle`: only then are
 * alerts dispatched, so that nobody hears of half a group.
 */
import type { Clock } from '@mon/storage/model/clock';
import type { MonError } from '@mon/storage/model/error';
import type { Labels } from '@mon/storage/model/labels';
import type { MetaStore } from '@mon/storage/model/meta-store';
import type { TenantId } from '@mon/storage/model/tenant';
import type { MetricRegistry } from '../metrics/registry.ts';
import type { AlertSink, RuleAlert } from '../rules/alert-sink.ts';
import type { RuleLog } from '../rules/group-evaluator.ts';
import { AlertBook } from './alert-book.ts';
import { type AlertingMetrics, alertingMetrics } from './alerting-metrics.ts';
import type { AlertingSection } from './config/alerting-settings.ts';
import { type LoadedAlerting, loadAlerting } from './config/load-settings.ts';
import { type ReceiverSettings, slackFallback, slackReceiver } from './config/receiver-settings.ts';
import { Dispatcher } from './dispatcher.ts';
import { inhibition } from './inhibition.ts';
import type { Receiver } from './integration.ts';
import { isResolved, type ManagedAlert } from './managed-alert.ts';
import { NotificationHistory } from './notification-history.ts';
import { NotificationLog } from './notification-log.ts';
import { notifyStages } from './notify-stages.ts';
import { DEFAULT_RECEIVER, recorder, unknownReceiver } from './receivers/recorder.ts';
import { slackIntegration } from './receivers/slack.ts';
import { webhookIntegration } from './receivers/webhook.ts';
import { RetriedWrites } from './retried-writes.ts';
import { buildRoute } from './route.ts';
import type { TemplateLibrary } from './template/notification-template.ts';

/** How often expired entries of the notification log are removed. */
const TIDY_INTERVAL_MS = 3600 * 1000;

export interface AlertingOptions {
  readonly meta: MetaStore;
  readonly clock: Clock;
  readonly log: RuleLog;
  readonly registry: MetricRegistry;
  readonly section: AlertingSection;
  readonly externalUrl: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** In [0, 1). */
  readonly random: () => number;
}

/** What belongs to one configuration. */
interface Configured {
  readonly dispatcher: Dispatcher;
  readonly receivers: ReadonlyMap<string, Receiver>;
}

export class Alerting implements AlertSink {
  readonly history = new NotificationHistory();
  readonly #options: AlertingOptions;
  readonly #metrics: AlertingMetrics;
  readonly #writes: RetriedWrites;
  readonly #book: AlertBook;
  readonly #log: NotificationLog;
  #configured: Configured;
  /** Alerts that rules told of since the start; undefined once settled. */
  #announced: Set<ManagedAlert> | undefined = new Set();
  #endTidying = (): void => {};

  /** @throws SettingsError, MonError `config-unreadable` where the configuration cannot be used */
  static async start(options: AlertingOptions): Promise<Alerting> {
    const loaded = await loadAlerting(options.section, options.environment);
    const alerting = new Alerting(options, loaded);
    await alerting.#book.load();
    await alerting.#log.load(options.clock.nowMs());
    alerting.#tidyLater();
    return alerting;
  }

  private constructor(options: AlertingOptions, loaded: LoadedAlerting) {
    const { meta, registry, log } = options;
    this.#options = options;
    this.#metrics = alertingMetrics(registry, {
      groups: () => this.#configured.dispatcher.groups().length,
      alerts: () => this.#book.all().length,
    });
    this.#writes = new RetriedWrites(meta, (error: MonError) => {
      this.#metrics.stateWriteFailures.add();
      log.warn({ reason: error.message }, 'cannot store alerts and notices; trying again');
    });
    this.#book = new AlertBook(meta, this.#writes, () => this.#refuse());
    this.#log = new NotificationLog(meta, this.#writes);
    this.#configured = this.#configure(loaded, options.externalUrl);
  }

  /** Attempts to deliver that are under way. */
  get attemptsInFlight(): number {
    return this.#metrics.inFlight.count;
  }

  receive(tenant: TenantId, alerts: readonly RuleAlert[]): void {
    for (const alert of this.#book.receive(tenant, alerts)) {
      if (this.#announced) this.#announced.add(alert);
      else this.#configured.dispatcher.dispatch(alert);
    }
  }

  /** All rules have told what fires: what none of them knows any more is over. */
  settle(): void {
    const announced = this.#announced ?? new Set();
    this.#announced = undefined;
    const endsAtMs = this.#options.clock.nowMs();
    for (const alert of this.#book.all()) {
      if (isResolved(alert) || announced.has(alert)) this.#configured.dispatcher.dispatch(alert);
      else this.receive(alert.tenant, [{ ...alert, endsAtMs }]);
    }
  }

  /** Why notifications of such an alert do not arrive: shown with the alert. */
  warningsOf(tenant: TenantId, labels: Labels, receivers: readonly string[]): string[] {
    const names = this.#configured.dispatcher.receiversOf({ labels, receivers });
    return names
      .map((name) => this.receiverWarning(name) ?? this.#failure(tenant, name))
      .filter((warning) => warning !== undefined);
  }

  /** Says so where a receiver is not configured. */
  receiverWarning(name: string): string | undefined {
    if (this.#configured.receivers.has(name)) return undefined;
    return `receiver ${JSON.stringify(name)} is not configured; its notifications fail`;
  }

  /**
   * Takes another configuration; alerts pass over to its groups.
   *
   * @throws SettingsError, MonError `config-unreadable`; then the former stays
   */
  async reload(section: AlertingSection, externalUrl: string): Promise<void> {
    const loaded = await loadAlerting(section, this.#options.environment);
    const before = this.#configured;
    await closeConfigured(before);
    this.#configured = this.#configure(loaded, externalUrl);
    for (const alert of this.#book.all()) this.#configured.dispatcher.dispatch(alert);
  }

  /** The wall clock was set. */
  shift(byMs: number): void {
    void this.#log.shift(byMs);
  }

  /** Cuts deliveries off; what was not delivered is delivered after the next start. */
  async close(): Promise<void> {
    this.#endTidying();
    await closeConfigured(this.#configured);
    await this.#writes.write([]);
  }

  #refuse(): void {
    this.#metrics.alertsRefused.add();
    this.#options.log.warn({}, 'too many alerts or groups; an alert is not told');
  }

  #failure(tenant: TenantId, receiver: string): string | undefined {
    const failure = this.history.failureOf(tenant, receiver);
    return failure && `notification to ${JSON.stringify(receiver)} failed: ${failure.error}`;
  }

  #configure({ settings, library, warnings }: LoadedAlerting, externalUrl: string): Configured {
    const { clock, random, log, environment } = this.#options;
    for (const { file, line, path, what } of warnings) log.warn({ file, line, key: path }, what);
    const receivers = buildReceivers(settings.receivers, library, environment);
    const stages = notifyStages({
      ...{ log: this.#log, history: this.history, metrics: this.#metrics, clock, random },
      inhibits: inhibition(settings.inhibitRules, () => this.#book.all()),
    });
    const dispatcher = new Dispatcher({
      route: buildRoute(settings.route),
      receiver: (name) => receivers.get(name) ?? unknownReceiver(name),
      ...{ stages, externalUrl, clock },
      onSettled: (alert) => this.#book.forget(alert),
      onOverflow: () => this.#refuse(),
    });
    return { dispatcher, receivers };
  }

  #tidyLater(): void {
    const { clock } = this.#options;
    this.#endTidying = clock.after(TIDY_INTERVAL_MS, () => {
      void this.#log.expire(clock.nowMs());
      this.#tidyLater();
    });
  }
}

async function closeConfigured({ dispatcher, receivers }: Configured): Promise<void> {
  await dispatcher.close();
  const integrations = [...receivers.values()].flatMap((receiver) => receiver.integrations);
  await Promise.all(integrations.map((integration) => integration.close()));
}

function buildReceivers(
  settings: readonly ReceiverSettings[],
  library: TemplateLibrary,
  environment: AlertingOptions['environment'],
): ReadonlyMap<string, Receiver> {
  const receivers = new Map<string, Receiver>();
  const slackUrl = slackFallback(environment);
  const builtIn: ReceiverSettings[] = [{ name: DEFAULT_RECEIVER, webhooks: [], slacks: [] }];
  if (slackUrl) builtIn.push(slackReceiver(slackUrl));
  // A configured receiver replaces the built-in one of its name.
  for (const { name, webhooks, slacks } of [...builtIn, ...settings]) {
    const integrations = [
      ...webhooks.map(webhookIntegration),
      ...slacks.map((slack) => slackIntegration(slack, library)),
    ];
    if (integrations.length === 0) integrations.push(recorder());
    receivers.set(name, { name, integrations });
  }
  return receivers;
}
