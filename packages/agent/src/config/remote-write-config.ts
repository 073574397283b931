/**
 * One of `remote_write`: Prometheus's keys with its defaults, but for the batch deadline, which is
 * shorter (one second), and 429, which is always retried.
 *
 * Source: prometheus/prometheus config/config.go (RemoteWriteConfig).
 */
import { createHash } from 'node:crypto';
import { duration, flag, integer, oneOf, secret, url, word } from '@mon/storage/settings/scalars';
import {
  converted,
  mapOf,
  object,
  optional,
  required,
  type Schema,
  unused,
  withDefault,
} from '@mon/storage/settings/schema';
import { PLAIN_HTTP } from '../http/http-settings.ts';
import type { RemoteSettings } from '../send/remote-sender.ts';
import { httpKeys, httpSettings, unsupported } from './http-config.ts';
import { relabelRules } from './relabel-config.ts';

/** How a remote's batches are made and retried. */
type QueueSettings = Pick<RemoteSettings, 'batchSamplesMax' | 'batchAgeMs' | 'backoff'>;

const QUEUE_DEFAULTS: QueueSettings = {
  batchSamplesMax: 2000,
  batchAgeMs: 1000,
  backoff: { minMs: 100, maxMs: 10_000 },
};

const queueKeys = object({
  max_samples_per_send: withDefault(
    integer({ min: 1, max: 1_000_000 }),
    QUEUE_DEFAULTS.batchSamplesMax,
  ),
  batch_send_deadline: withDefault(duration({ min: 10 }), QUEUE_DEFAULTS.batchAgeMs),
  min_backoff: withDefault(duration({ min: 1 }), QUEUE_DEFAULTS.backoff.minMs),
  max_backoff: withDefault(duration({ min: 1 }), QUEUE_DEFAULTS.backoff.maxMs),
  capacity: unused(),
  max_shards: unused(),
  min_shards: unused(),
  retry_on_http_429: unused(),
  sample_age_limit: unused(),
});

const queueConfig: Schema<QueueSettings> = converted(queueKeys, (value, at) => {
  if (value.min_backoff > value.max_backoff)
    return at.mistake('has a min_backoff longer than its max_backoff');
  return {
    batchSamplesMax: value.max_samples_per_send,
    batchAgeMs: value.batch_send_deadline,
    backoff: { minMs: value.min_backoff, maxMs: value.max_backoff },
  };
});

/** What `protobuf_message` asks for; without it the agent finds out. */
const MESSAGES = {
  'prometheus.WriteRequest': 'remote-write-1',
  'io.prometheus.write.v2.Request': 'remote-write-2',
} as const;

const keys = object({
  url: required(url()),
  name: optional(word()),
  remote_timeout: withDefault(duration({ min: 1 }), 30_000),
  headers: withDefault(mapOf(secret()), {}),
  write_relabel_configs: withDefault(relabelRules, []),
  queue_config: withDefault(queueConfig, QUEUE_DEFAULTS),
  metadata_config: unused(),
  send_exemplars: withDefault(flag(), false),
  send_native_histograms: unused(),
  protobuf_message: optional(oneOf('prometheus.WriteRequest', 'io.prometheus.write.v2.Request')),
  round_robin_dns: unused(),
  sigv4: unsupported('use basic_auth or authorization'),
  azuread: unsupported('use basic_auth or authorization'),
  google_iam: unsupported('use basic_auth or authorization'),
  ...httpKeys,
});

export const remoteWriteConfig: Schema<RemoteSettings> = converted(keys, (value, at) => {
  const http = httpSettings(value, at, false);
  if (http === undefined) return undefined;
  const dialect = value.protobuf_message && MESSAGES[value.protobuf_message];
  if (value.send_exemplars && dialect === 'remote-write-2') {
    return at.mistake('has send_exemplars, which goes in prometheus.WriteRequest alone');
  }
  return {
    name: value.name ?? remoteName(value.url),
    url: value.url,
    http: { ...http, headers: { ...http.headers, ...value.headers } },
    timeoutMs: value.remote_timeout,
    dialect: value.send_exemplars ? 'remote-write-1' : dialect,
    sendsExemplars: value.send_exemplars,
    relabel: value.write_relabel_configs,
    ...value.queue_config,
  };
});

/** A remote without a name goes by its URL, less what may be secret in it. */
export function remoteName(text: string): string {
  const { host, pathname, href } = new URL(text);
  const plain = `${host}${pathname}`;
  if (!/[?@]/.test(href)) return plain;
  return `${plain}#${createHash('sha256').update(href).digest('hex').slice(0, 8)}`;
}

/** What a remote needs beyond its URL, for programs that configure one by themselves. */
export function plainRemote(url: string): RemoteSettings {
  return {
    name: remoteName(url),
    url,
    http: { ...PLAIN_HTTP, takesGzip: false },
    timeoutMs: 30_000,
    dialect: undefined,
    sendsExemplars: false,
    relabel: [],
    ...QUEUE_DEFAULTS,
  };
}
