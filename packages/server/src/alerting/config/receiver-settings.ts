/**
 * `receivers` and `global` of Alertmanager's configuration: those kinds that mon can tell.
 *
 * Format: https://prometheus.io/docs/alerting/latest/configuration/#receiver
 */
import type { Cursor } from '@mon/storage/settings/cursor';
import {
  duration,
  flag,
  integer,
  path,
  type Secret,
  secret,
  text,
  word,
} from '@mon/storage/settings/scalars';
import {
  converted,
  type Fields,
  list,
  object,
  optional,
  required,
  type Schema,
  unused,
  type Value,
  withDefault,
} from '@mon/storage/settings/schema';
import { HTTP_DEFAULTS, type HttpSettings } from '../receivers/http-post.ts';
import { SLACK_TIMEOUT_MS, type SlackSettings } from '../receivers/slack.ts';
import { WEBHOOK_TIMEOUT_MS, type WebhookSettings } from '../receivers/webhook.ts';
import { checkNotificationTemplate } from '../template/notification-template.ts';
import { TemplateSyntaxError } from '../template/syntax-error.ts';
import { httpSettings, secretOrFile } from './http-settings.ts';
import { unsupported } from './unsupported.ts';

export interface GlobalAlerting {
  readonly slackUrl: Secret | undefined;
  readonly http: HttpSettings;
}

export const GLOBAL_ALERTING: GlobalAlerting = { slackUrl: undefined, http: HTTP_DEFAULTS };

/** A receiver; what it leaves to `global` is filled in by `completeReceiver`. */
export interface ReceiverSettings {
  readonly name: string;
  readonly webhooks: readonly WebhookSettings[];
  readonly slacks: readonly SlackSettings[];
}

/** Kinds that Alertmanager has and mon has not. */
const OTHER_KINDS = [
  ...['discord', 'email', 'incidentio', 'jira', 'mattermost', 'msteams', 'msteamsv2', 'opsgenie'],
  ...['pagerduty', 'pushover', 'rocketchat', 'sns', 'telegram', 'victorops', 'webex', 'wechat'],
];

/** Keys of `global` that only such kinds read. */
const OTHER_GLOBALS = [
  ...['smtp_from', 'smtp_smarthost', 'smtp_hello', 'smtp_auth_username', 'smtp_auth_password'],
  ...['smtp_auth_password_file', 'smtp_auth_secret', 'smtp_auth_identity', 'smtp_require_tls'],
  ...['smtp_tls_config', 'pagerduty_url', 'opsgenie_api_key', 'opsgenie_api_key_file'],
  ...['opsgenie_api_url', 'victorops_api_key', 'victorops_api_key_file', 'victorops_api_url'],
  ...['wechat_api_url', 'wechat_api_secret', 'wechat_api_corp_id', 'telegram_api_url'],
  ...['webex_api_url', 'jira_api_url', 'rocketchat_api_url', 'rocketchat_token'],
  ...['rocketchat_token_file', 'rocketchat_token_id', 'rocketchat_token_id_file'],
  // Alerts of rules end when their rule says so, not after a time.
  ...['resolve_timeout', 'slack_app_token', 'slack_app_token_file', 'slack_app_url'],
];

export const globalAlerting: Schema<GlobalAlerting> = converted(
  object({
    slack_api_url: optional(secret()),
    slack_api_url_file: optional(path()),
    http_config: withDefault(httpSettings, HTTP_DEFAULTS),
    ...Object.fromEntries(OTHER_GLOBALS.map((key) => [key, unused()])),
  }),
  (value) => ({
    slackUrl: secretOrFile(value.slack_api_url, value.slack_api_url_file),
    http: value.http_config,
  }),
);

const webhook = object({
  send_resolved: withDefault(flag(), true),
  url: optional(secret()),
  url_file: optional(path()),
  http_config: optional(httpSettings),
  max_alerts: withDefault(integer({ min: 0 }), 0),
  timeout: optional(duration()),
});

/** A text with placeholders; where it is wrong, the place inside it is named. */
const template: Schema<string> = converted(text(), (value, at) => {
  try {
    checkNotificationTemplate({ name: at.path, text: value });
    return value;
  } catch (thrown) {
    if (!(thrown instanceof TemplateSyntaxError)) throw thrown;
    return at.inside(thrown.offset).mistake(`template: ${thrown.mistake}`);
  }
});

const slackTexts = {
  channel: optional(template),
  username: optional(template),
  icon_emoji: optional(template),
  icon_url: optional(template),
  color: optional(template),
  title: optional(template),
  title_link: optional(template),
  pretext: optional(template),
  text: optional(template),
  fallback: optional(template),
  callback_id: optional(template),
  footer: optional(template),
  image_url: optional(template),
  thumb_url: optional(template),
} satisfies Fields;

const slackField = object({
  title: required(template),
  value: required(template),
  short: optional(flag()),
});

const slack = object({
  send_resolved: withDefault(flag(), false),
  api_url: optional(secret()),
  api_url_file: optional(path()),
  http_config: optional(httpSettings),
  timeout: optional(duration()),
  link_names: withDefault(flag(), false),
  short_fields: withDefault(flag(), false),
  mrkdwn_in: withDefault(list(word()), ['fallback', 'pretext', 'text']),
  fields: withDefault(list(slackField), []),
  actions: unsupported('actions of Slack messages are'),
  app_token: unsupported('app tokens of Slack are'),
  app_token_file: unsupported('app tokens of Slack are'),
  ...slackTexts,
});

const receiver = object({
  name: required(word()),
  webhook_configs: withDefault(list(webhook), []),
  slack_configs: withDefault(list(slack), []),
  ...Object.fromEntries(
    OTHER_KINDS.map((kind) => [`${kind}_configs`, unsupported(`the receiver ${kind} is`)]),
  ),
});

type WebhookKeys = Value<typeof webhook>;
type SlackKeys = Value<typeof slack>;

/** `receivers` with what `global` and the environment add. */
export function receiversSchema(global: GlobalAlerting): Schema<readonly ReceiverSettings[]> {
  const one = converted(receiver, (value, at) => completeReceiver(value, global, at));
  return converted(list(one), (receivers, at) => {
    const twice = receivers.findIndex(
      ({ name }, i) => receivers.findIndex((other) => other.name === name) !== i,
    );
    if (twice < 0) return receivers;
    return (at.items?.[twice] ?? at).mistake(
      `'${receivers[twice]?.name}' stands twice`,
      'rename one',
    );
  });
}

function completeReceiver(
  { name, webhook_configs, slack_configs }: Value<typeof receiver>,
  global: GlobalAlerting,
  at: Cursor,
): ReceiverSettings | undefined {
  const items = (key: string): readonly Cursor[] =>
    at.entries?.find((entry) => entry.key === key)?.value.items ?? [];
  const webhookPlaces = items('webhook_configs');
  const webhooks = webhook_configs.map((keys, i) => {
    return webhookSettings(keys, global, webhookPlaces[i] ?? at);
  });
  const slackPlaces = items('slack_configs');
  const slacks = slack_configs.map((keys, i) => {
    const place = slackPlaces[i] ?? at;
    const fallback = name === 'slack' ? slackFallback(at.source.environment) : undefined;
    return slackSettings(keys, { ...global, slackUrl: global.slackUrl ?? fallback }, place);
  });
  if (!isWhole(webhooks) || !isWhole(slacks)) return undefined;
  return { name, webhooks, slacks };
}

function isWhole<T>(items: readonly (T | undefined)[]): items is readonly T[] {
  return !items.includes(undefined);
}

function webhookSettings(
  keys: WebhookKeys,
  global: GlobalAlerting,
  at: Cursor,
): WebhookSettings | undefined {
  const url = secretOrFile(keys.url, keys.url_file);
  if (!url) return at.mistake('one of url and url_file must be set');
  if (url.kind === 'inline' && !isHttpUrl(url.value)) {
    return at.mistake('url must start with http:// or https://');
  }
  return {
    url,
    sendsResolved: keys.send_resolved,
    alertsMax: keys.max_alerts,
    timeoutMs: keys.timeout || WEBHOOK_TIMEOUT_MS,
    http: keys.http_config ?? global.http,
  };
}

function slackSettings(
  keys: SlackKeys,
  global: GlobalAlerting,
  at: Cursor,
): SlackSettings | undefined {
  const url = secretOrFile(keys.api_url, keys.api_url_file) ?? global.slackUrl;
  if (!url) {
    return at.mistake('no Slack webhook is set', 'set api_url here or slack_api_url in global');
  }
  if (url.kind === 'inline' && !isHttpUrl(url.value)) {
    return at.mistake('api_url must start with http:// or https://');
  }
  const texts = Object.keys(slackTexts) as (keyof typeof slackTexts)[];
  return {
    url,
    sendsResolved: keys.send_resolved,
    http: keys.http_config ?? global.http,
    timeoutMs: keys.timeout || SLACK_TIMEOUT_MS,
    linksNames: keys.link_names,
    shortFields: keys.short_fields,
    markdownIn: keys.mrkdwn_in,
    fields: keys.fields,
    texts: Object.fromEntries(
      texts.filter((name) => keys[name] !== undefined).map((name) => [name, keys[name]]),
    ),
  };
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** `SLACK_WEBHOOK_URL`, for a receiver named slack. */
export function slackFallback(
  environment: Readonly<Record<string, string | undefined>>,
): Secret | undefined {
  const url = environment['SLACK_WEBHOOK_URL'];
  return url === undefined || !isHttpUrl(url) ? undefined : { kind: 'inline', value: url };
}

/** The receiver `slack` of a server that has its webhook in the environment and nowhere else. */
export function slackReceiver(url: Secret): ReceiverSettings {
  const slackSettings: SlackSettings = {
    ...{ url, sendsResolved: true, http: HTTP_DEFAULTS, timeoutMs: SLACK_TIMEOUT_MS },
    ...{ linksNames: false, shortFields: true, markdownIn: [], fields: [], texts: {} },
  };
  return { name: 'slack', webhooks: [], slacks: [slackSettings] };
}
