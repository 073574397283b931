/**
 * The alert manager on a disk and a clock of its own, told to real webhooks on loopback.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Alerting } from '@mon/server/alerting/alerting-runtime';
import {
  type AlertingSection,
  readAlertmanagerFile,
} from '@mon/server/alerting/config/alerting-settings';
import type { WebhookPayload } from '@mon/server/alerting/receivers/webhook-payload';
import { MetricRegistry } from '@mon/server/metrics/registry';
import type { RuleAlert } from '@mon/server/rules/alert-sink';
import { labelsFromRecord } from '@mon/storage/model/labels';
import { ManualClock } from '@mon/storage/model/manual-clock';
import { MemoryMetaStore } from '@mon/storage/model/memory-meta-store';
import type { TenantId } from '@mon/storage/model/tenant';

export const TENANT = 'default' as TenantId;
export const MINUTE = 60_000;

type Answer = (request: { path: string; body: string }, response: ServerResponse) => void;

/** A receiver on loopback that keeps what it is sent. */
export class Hook {
  readonly received: { path: string; headers: IncomingMessage['headers']; body: string }[] = [];
  answer: Answer = (_, response) => response.end('ok');
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const body = Buffer.concat(parts).toString();
      const path = request.url ?? '';
      this.received.push({ path, headers: request.headers, body });
      this.answer({ path, body }, response);
    });
  }

  static async start(): Promise<Hook> {
    const hook = new Hook();
    await new Promise<void>((resolve) => hook.#server.listen(0, '127.0.0.1', resolve));
    return hook;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  payloads(): WebhookPayload[] {
    return this.received.map(({ body }) => JSON.parse(body) as WebhookPayload);
  }

  /** `status: firing alerts | resolved alerts` of each since the last call, by host. */
  take(): string[] {
    const told = this.payloads().map(({ status, alerts, receiver }) => {
      const of = (state: string) =>
        alerts
          .filter((alert) => alert.status === state)
          .map((alert) => alert.labels['host'])
          .join(',');
      return `${receiver} ${status}: ${of('firing')} | ${of('resolved')}`;
    });
    this.received.length = 0;
    return told;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Waits until real sockets have done what is under way. */
export async function until(condition: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 60_000;
  while (performance.now() < deadlineMs) {
    if (condition()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('waited in vain');
}

export class AlertingBench {
  readonly clock = new ManualClock(1_700_000_000_000);
  readonly meta = new MemoryMetaStore();
  registry = new MetricRegistry();
  readonly logged: string[] = [];
  #alerting: Alerting | undefined;

  get alerting(): Alerting {
    if (!this.#alerting) throw new Error('not started');
    return this.#alerting;
  }

  /** Starts as after a restart; `config` is an alertmanager.yml. */
  async start(
    config: string | undefined,
    environment: Record<string, string> = {},
    announced: readonly RuleAlert[] = [],
  ): Promise<void> {
    this.registry = new MetricRegistry();
    this.#alerting = await Alerting.start({
      meta: this.meta,
      clock: this.clock,
      log: { info: () => {}, warn: (_, message) => this.logged.push(message) },
      registry: this.registry,
      section: sectionOf(config, environment),
      externalUrl: 'http://mon.test',
      environment,
      random: () => 0.5,
    });
    this.alerting.receive(TENANT, announced);
    this.alerting.settle();
  }

  /** An alert that began firing now. */
  alert(host: string, labels: Record<string, string> = {}): RuleAlert {
    return {
      labels: labelsFromRecord({ alertname: 'Down', host, ...labels }),
      annotations: { summary: `${host} is down` },
      value: 1,
      startsAtMs: this.clock.nowMs(),
      endsAtMs: undefined,
      generatorUrl: 'http://mon.test/graph',
      receivers: [],
    };
  }

  fire(...alerts: readonly RuleAlert[]): void {
    this.alerting.receive(TENANT, alerts);
  }

  resolve(...alerts: readonly RuleAlert[]): void {
    const endsAtMs = this.clock.nowMs();
    this.alerting.receive(
      TENANT,
      alerts.map((alert) => ({ ...alert, endsAtMs })),
    );
  }

  /** Moves time on, second by second; sockets get all the time they take. */
  async pass(ms: number): Promise<void> {
    const stepMs = 1000;
    for (let left = ms; left > 0; left -= stepMs) {
      await this.clock.advance(Math.min(stepMs, left));
      await until(() => this.alerting.attemptsInFlight === 0);
    }
  }
}

export function sectionOf(
  config: string | undefined,
  environment: Record<string, string> = {},
): AlertingSection {
  const file = 'alertmanager.yml';
  const text = config ?? 'route: {receiver: default}';
  const { value: settings } = readAlertmanagerFile({ file, text, environment });
  return { kind: 'settings', settings };
}
