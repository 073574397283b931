/**
 * The receiver `slack` over an incoming webhook: mon's own message, or one of the configuration's
 * templates.
 *
 * Format: https://prometheus.io/docs/alerting/latest/configuration/#slack_config
 */
import { MonError } from '@mon/storage/model/error';
import type { Secret } from '@mon/storage/settings/scalars';
import type { Integration, Notification } from '../integration.ts';
import { expandNotification, type TemplateLibrary } from '../template/notification-template.ts';
import { HttpPoster, type HttpSettings } from './http-post.ts';
import {
  headline,
  type SlackAttachment,
  type SlackMessage,
  slackColor,
  slackMessage,
} from './slack-message.ts';

export const SLACK_TIMEOUT_MS = 10_000;

/** Texts are templates; an undefined one is left to mon. */
export interface SlackSettings {
  readonly url: Secret;
  readonly sendsResolved: boolean;
  readonly http: HttpSettings;
  readonly timeoutMs: number;
  readonly linksNames: boolean;
  readonly shortFields: boolean;
  readonly texts: Readonly<Partial<Record<SlackText, string>>>;
  readonly fields: readonly SlackFieldSettings[];
  readonly markdownIn: readonly string[];
}

export type SlackText =
  | 'channel'
  | 'username'
  | 'icon_emoji'
  | 'icon_url'
  | 'color'
  | 'title'
  | 'title_link'
  | 'pretext'
  | 'text'
  | 'fallback'
  | 'callback_id'
  | 'footer'
  | 'image_url'
  | 'thumb_url';

export interface SlackFieldSettings {
  readonly title: string;
  readonly value: string;
  readonly short: boolean | undefined;
}

/** Whoever sets one of these writes the attachment, in place of mon's. */
const ATTACHMENT_TEXTS: readonly SlackText[] = [
  'title',
  'title_link',
  'pretext',
  'text',
  'fallback',
  'image_url',
  'thumb_url',
];

export function slackIntegration(settings: SlackSettings, library: TemplateLibrary): Integration {
  const poster = new HttpPoster(settings.http);
  const { url, sendsResolved, timeoutMs } = settings;
  return {
    kind: 'slack',
    sendsResolved,
    async attempt(notification, signal) {
      try {
        const body = buildMessage(settings, notification, library);
        return await poster.post({ url, body, timeoutMs, nowMs: notification.nowMs, signal });
      } catch (thrown) {
        if (!(thrown instanceof MonError)) throw thrown;
        return { kind: 'refused', reason: thrown.message };
      }
    },
    close: () => poster.close(),
  };
}

function buildMessage(
  settings: SlackSettings,
  notification: Notification,
  library: TemplateLibrary,
): SlackMessage {
  const expand = (name: string, text: string): string => {
    return expandNotification({ name: `slack ${name}`, text }, notification, library);
  };
  const filled = (name: SlackText): Record<string, string> => {
    const text = settings.texts[name];
    return text === undefined ? {} : { [name]: expand(name, text) };
  };
  const isWritten =
    settings.fields.length > 0 ||
    ATTACHMENT_TEXTS.some((name) => settings.texts[name] !== undefined);
  const own = slackMessage(notification);
  const message = isWritten
    ? { attachments: [writtenAttachment(settings, notification, { expand, filled })] }
    : { ...own, attachments: own.attachments.map((one) => ({ ...one, ...filled('color') })) };
  return {
    ...filled('channel'),
    ...filled('username'),
    ...filled('icon_emoji'),
    ...filled('icon_url'),
    ...(settings.linksNames ? { link_names: true } : {}),
    ...message,
  };
}

function writtenAttachment(
  settings: SlackSettings,
  notification: Notification,
  texts: {
    readonly expand: (name: string, text: string) => string;
    readonly filled: (name: SlackText) => Record<string, string>;
  },
): SlackAttachment {
  const { expand, filled } = texts;
  const title = headline(notification);
  const [first] = notification.alerts;
  const attachment: SlackAttachment = {
    title,
    fallback: title,
    color: first ? slackColor(first) : '',
    mrkdwn_in: settings.markdownIn,
    fields: settings.fields.map((field) => ({
      title: expand('field title', field.title),
      value: expand('field value', field.value),
      short: field.short ?? settings.shortFields,
    })),
  };
  const names: readonly SlackText[] = [...ATTACHMENT_TEXTS, 'color', 'callback_id', 'footer'];
  return Object.assign(attachment, ...names.map(filled));
}
