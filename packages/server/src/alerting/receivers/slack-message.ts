/**
 * What a Slack channel is shown when no templates are configured: one attachment an alert, coloured
 * by severity, with severity, value, labels and description as fields.
 *
 * Format: https://api.slack.com/reference/messaging/attachments
 */
import { labelsToRecord, labelValue } from '@mon/storage/model/labels';
import type { Notification } from '../integration.ts';
import { isResolved, type ManagedAlert } from '../managed-alert.ts';
import { humanize } from '../template/humanize.ts';
import { statusOf } from './webhook-payload.ts';

/** Attachments of one message; Slack takes up to 100 and shows fewer. */
export const ATTACHMENTS_MAX = 20;
/** Slack cuts longer texts. */
const TEXT_LENGTH_MAX = 3000;

export interface SlackMessage {
  readonly channel?: string;
  readonly username?: string;
  readonly icon_emoji?: string;
  readonly icon_url?: string;
  readonly link_names?: boolean;
  readonly text?: string;
  readonly attachments: readonly SlackAttachment[];
}

export interface SlackAttachment {
  readonly title: string;
  readonly title_link?: string;
  readonly pretext?: string;
  readonly text?: string;
  readonly fallback: string;
  readonly callback_id?: string;
  readonly image_url?: string;
  readonly thumb_url?: string;
  readonly footer?: string;
  readonly color: string;
  readonly fields?: readonly SlackField[];
  readonly mrkdwn_in?: readonly string[];
  /** Seconds since the epoch. */
  readonly ts?: number;
}

export interface SlackField {
  readonly title: string;
  readonly value: string;
  readonly short: boolean;
}

const COLORS: Readonly<Record<string, string>> = {
  critical: '#d32f2f',
  warning: '#f9a825',
  info: '#1976d2',
};
const COLOR_RESOLVED = '#388e3c';
const COLOR_OTHER = '#757575';

/** Resolved is green; firing goes by the label `severity`. */
export function slackColor(alert: ManagedAlert): string {
  if (isResolved(alert)) return COLOR_RESOLVED;
  return COLORS[labelValue(alert.labels, 'severity')] ?? COLOR_OTHER;
}

export function slackMessage(notification: Notification): SlackMessage {
  const { alerts } = notification;
  const shown = alerts.slice(0, ATTACHMENTS_MAX).map(attachment);
  const left = alerts.length - shown.length;
  const more = left > 0 ? `\n${left} more alerts are not shown.` : '';
  return { text: headline(notification) + more, attachments: shown };
}

/** `[FIRING:2] HighCPU, HostDown`. */
export function headline({ alerts }: Notification): string {
  const status = statusOf(alerts);
  const firing = alerts.filter((alert) => !isResolved(alert)).length;
  const count = status === 'firing' ? `:${firing}` : '';
  const names = [...new Set(alerts.map((alert) => labelValue(alert.labels, 'alertname')))];
  return escapeSlack(cut(`[${status.toUpperCase()}${count}] ${names.join(', ')}`));
}

function attachment(alert: ManagedAlert): SlackAttachment {
  const { annotations, labels, startsAtMs, endsAtMs, generatorUrl } = alert;
  const name = labelValue(labels, 'alertname');
  const title = `${isResolved(alert) ? 'Resolved: ' : ''}${annotations['summary'] ?? name}`;
  return {
    title: escapeSlack(cut(title)),
    title_link: generatorUrl,
    fallback: escapeSlack(cut(title)),
    color: slackColor(alert),
    fields: fieldsOf(alert),
    footer: 'mon',
    ts: Math.floor((endsAtMs ?? startsAtMs) / 1000),
  };
}

function fieldsOf(alert: ManagedAlert): SlackField[] {
  const { severity, alertname: _, ...rest } = labelsToRecord(alert.labels);
  const fields: SlackField[] = [];
  const add = (title: string, value: string | undefined, short: boolean): void => {
    if (value) fields.push({ title, value: escapeSlack(cut(value)), short });
  };
  add('Severity', severity, true);
  add('Value', humanize(alert.value), true);
  const pairs = Object.entries(rest).map(([name, value]) => `${name}=${value}`);
  add('Labels', pairs.join(', '), false);
  add('Description', alert.annotations['description'] ?? alert.annotations['message'], false);
  return fields;
}

function cut(text: string): string {
  return text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX)}...` : text;
}

/** Slack's three control characters. */
function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
