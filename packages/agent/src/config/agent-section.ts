/**
 * The `agent` section, mon's own: spool, host collectors, StatsD.
 *
 *     agent:
 *       spool: { dir: /var/lib/mon-agent, bytes: 1GB }
 *       host:
 *         interval: 15s
 *         collectors: { filesystem: false }
 *       statsd: { listen: 127.0.0.1:8125 }
 */
import { duration, flag, integer, path, size, text, word } from '@mon/storage/settings/scalars';
import {
  converted,
  mapOf,
  object,
  optional,
  type Schema,
  withDefault,
} from '@mon/storage/settings/schema';
import { COLLECTOR_NAMES, type CollectorName } from '../collect/collectors.ts';
import { SPOOL_BYTES_MIN } from '../spool/spool.ts';

export interface HostSettings {
  readonly isEnabled: boolean;
  readonly intervalMs: number;
  readonly job: string;
  /** undefined: the host's name. */
  readonly instance: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly collectors: readonly CollectorName[];
}

export interface StatsdSettings {
  readonly isEnabled: boolean;
  readonly host: string;
  readonly port: number;
  readonly flushIntervalMs: number;
  readonly job: string;
  /** Series over this are refused. */
  readonly seriesMax: number;
  /** A series without news for so long ends. */
  readonly expiryMs: number;
}

export interface SpoolSettings {
  /** undefined: the program that starts the agent says where. */
  readonly dir: string | undefined;
  readonly bytesMax: number;
}

export interface AgentSection {
  readonly spool: SpoolSettings;
  readonly host: HostSettings;
  readonly statsd: StatsdSettings;
  /** How often the agent's own metrics are written. */
  readonly selfIntervalMs: number;
}

const GIB = 1024 ** 3;

export const AGENT_DEFAULTS: AgentSection = {
  spool: { dir: undefined, bytesMax: GIB },
  host: {
    isEnabled: true,
    intervalMs: 15_000,
    job: 'node',
    instance: undefined,
    labels: {},
    collectors: COLLECTOR_NAMES,
  },
  statsd: {
    isEnabled: true,
    host: '127.0.0.1',
    port: 8125,
    flushIntervalMs: 10_000,
    job: 'statsd',
    seriesMax: 10_000,
    expiryMs: 60 * 60_000,
  },
  selfIntervalMs: 15_000,
};

const spool: Schema<SpoolSettings> = converted(
  object({
    dir: optional(path()),
    bytes: withDefault(size({ min: SPOOL_BYTES_MIN }), AGENT_DEFAULTS.spool.bytesMax),
  }),
  ({ dir, bytes }) => ({ dir, bytesMax: bytes }),
);

const collectors: Schema<readonly CollectorName[]> = converted(
  object(
    Object.fromEntries(COLLECTOR_NAMES.map((name) => [name, withDefault(flag(), true)])) as {
      readonly [K in CollectorName]: ReturnType<typeof withDefault<boolean>>;
    },
  ),
  (switches) => COLLECTOR_NAMES.filter((name) => switches[name]),
);

const HOST = AGENT_DEFAULTS.host;
const host: Schema<HostSettings> = converted(
  object({
    enabled: withDefault(flag(), HOST.isEnabled),
    interval: withDefault(duration({ min: 1000 }), HOST.intervalMs),
    job: withDefault(word(), HOST.job),
    instance: optional(word()),
    labels: withDefault(mapOf(text()), HOST.labels),
    collectors: withDefault(collectors, HOST.collectors),
  }),
  ({ enabled, interval, ...rest }) => ({ isEnabled: enabled, intervalMs: interval, ...rest }),
);

/** `host:port`, or `[::1]:port`. */
const listenAddress: Schema<{ readonly host: string; readonly port: number }> = converted(
  word(),
  (value, at) => {
    const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s]*)):(\d{1,5})$/.exec(value);
    const port = Number(match?.[3]);
    if (match === null || port > 65_535)
      return at.mistake(`must be HOST:PORT such as 127.0.0.1:8125, not '${value}'`);
    return { host: match[1] ?? (match[2] as string), port };
  },
);

const STATSD = AGENT_DEFAULTS.statsd;
const statsd: Schema<StatsdSettings> = converted(
  object({
    enabled: withDefault(flag(), STATSD.isEnabled),
    listen: withDefault(listenAddress, { host: STATSD.host, port: STATSD.port }),
    flush_interval: withDefault(duration({ min: 1000 }), STATSD.flushIntervalMs),
    job: withDefault(word(), STATSD.job),
    series_limit: withDefault(integer({ min: 1 }), STATSD.seriesMax),
    expiry: withDefault(duration({ min: 1000 }), STATSD.expiryMs),
  }),
  (value) => ({
    isEnabled: value.enabled,
    ...value.listen,
    flushIntervalMs: value.flush_interval,
    job: value.job,
    seriesMax: value.series_limit,
    expiryMs: value.expiry,
  }),
);

export const agentSection: Schema<AgentSection> = converted(
  object({
    spool: withDefault(spool, AGENT_DEFAULTS.spool),
    host: withDefault(host, AGENT_DEFAULTS.host),
    statsd: withDefault(statsd, AGENT_DEFAULTS.statsd),
    self_interval: withDefault(duration({ min: 1000 }), AGENT_DEFAULTS.selfIntervalMs),
  }),
  ({ self_interval, ...rest }) => ({ ...rest, selfIntervalMs: self_interval }),
);
