/**
 * Templates in receivers: what they may refer to (`.Alerts.Firing`, `.CommonLabels.SortedPairs`,
 * ...), and the templates that Alertmanager ships under known names.
 *
 * Source: https://prometheus.io/docs/alerting/latest/notifications/
 */
import { type Labels, labelsToRecord } from '@mon/storage/model/labels';
import type { Notification } from '../integration.ts';
import { isResolved, type ManagedAlert } from '../managed-alert.ts';
import { commonOf, statusOf } from '../receivers/webhook-payload.ts';
import { ALERTMANAGER_FUNCTIONS, stringList } from './alertmanager-functions.ts';
import { BUILTINS } from './builtins.ts';
import { execTemplate } from './exec.ts';
import { type FunctionTable, lookUpFunction } from './function.ts';
import { type DefinedTemplate, parseTemplate, type TemplateText } from './parser.ts';
import {
  type ListValue,
  type MapValue,
  type Method,
  type StructValue,
  stringMap,
  type Value,
} from './value.ts';

export type TemplateLibrary = ReadonlyMap<string, DefinedTemplate>;

const FUNCTIONS: FunctionTable = { ...BUILTINS, ...ALERTMANAGER_FUNCTIONS };
const GRAMMAR = {
  isFunction: (name: string) => lookUpFunction(FUNCTIONS, name) !== undefined,
  variables: [],
};

/** The names that configurations refer to without defining them. */
const SHIPPED = `
{{ define "__alertmanager" }}mon{{ end }}
{{ define "__alertmanagerURL" }}{{ .ExternalURL }}{{ end }}
{{ define "__subject" }}[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}] {{ .GroupLabels.SortedPairs.Values | join " " }}{{ end }}
{{ define "__text_alert_list" }}{{ range . }}{{ range .Labels.SortedPairs }}{{ .Name }} = {{ .Value }}
{{ end }}{{ range .Annotations.SortedPairs }}{{ .Name }} = {{ .Value }}
{{ end }}Source: {{ .GeneratorURL }}
{{ end }}{{ end }}
{{ define "slack.default.title" }}{{ template "__subject" . }}{{ end }}
{{ define "slack.default.username" }}{{ template "__alertmanager" . }}{{ end }}
{{ define "slack.default.fallback" }}{{ template "slack.default.title" . }} | {{ .ExternalURL }}{{ end }}
{{ define "slack.default.callbackid" }}{{ end }}
{{ define "slack.default.pretext" }}{{ end }}
{{ define "slack.default.titlelink" }}{{ .ExternalURL }}{{ end }}
{{ define "slack.default.iconemoji" }}{{ end }}
{{ define "slack.default.iconurl" }}{{ end }}
{{ define "slack.default.text" }}{{ end }}
{{ define "slack.default.footer" }}{{ end }}
`;

/** The shipped templates and those of further texts; later ones win. @throws TemplateSyntaxError */
export function templateLibrary(texts: readonly TemplateText[]): TemplateLibrary {
  const library = new Map<string, DefinedTemplate>();
  for (const source of [{ name: 'shipped', text: SHIPPED }, ...texts]) {
    const { defined } = parseTemplate(source, GRAMMAR);
    for (const [name, template] of defined) library.set(name, template);
  }
  return library;
}

/** Checks a template of a receiver. @throws TemplateSyntaxError */
export function checkNotificationTemplate(source: TemplateText): void {
  parseTemplate(source, GRAMMAR);
}

/** A receiver's template filled in. @throws MonError `bad-template`, `template-failed` */
export function expandNotification(
  source: TemplateText,
  notification: Notification,
  library: TemplateLibrary,
): string {
  if (!source.text.includes('{{')) return source.text;
  return execTemplate(parseTemplate(source, GRAMMAR), {
    functions: FUNCTIONS,
    dot: notificationValue(notification),
    variables: new Map(),
    surroundings: {
      nowMs: notification.nowMs,
      externalUrl: notification.externalUrl,
      answers: new Map(),
    },
    defined: library,
  });
}

function notificationValue(notification: Notification): StructValue {
  const { alerts, receiver, groupLabels, externalUrl } = notification;
  return struct('*template.Data', [
    ['Receiver', receiver],
    ['Status', statusOf(alerts)],
    ['Alerts', alertList(alerts)],
    ['GroupLabels', pairMap(labelsToRecord(groupLabels))],
    ['CommonLabels', pairMap(commonOf(alerts.map(({ labels }) => labelsToRecord(labels))))],
    ['CommonAnnotations', pairMap(commonOf(alerts.map(({ annotations }) => annotations)))],
    ['ExternalURL', externalUrl],
  ]);
}

function struct(typeName: string, fields: readonly (readonly [string, Value])[]): StructValue {
  return { kind: 'struct', typeName, fields: new Map(fields) };
}

function method(call: () => Value): Method {
  return { parameters: [], call };
}

function alertList(alerts: readonly ManagedAlert[]): ListValue {
  return {
    kind: 'list',
    typeName: 'template.Alerts',
    items: alerts.map(alertValue),
    methods: new Map([
      ['Firing', method(() => alertList(alerts.filter((alert) => !isResolved(alert))))],
      ['Resolved', method(() => alertList(alerts.filter(isResolved)))],
    ]),
  };
}

const ZERO_TIME_MS = Date.parse('0001-01-01T00:00:00Z');

function alertValue(alert: ManagedAlert): StructValue {
  const { labels, annotations, startsAtMs, endsAtMs, generatorUrl, fingerprint } = alert;
  return struct('template.Alert', [
    ['Status', isResolved(alert) ? 'resolved' : 'firing'],
    ['Labels', pairMap(labelsToRecord(labels satisfies Labels))],
    ['Annotations', pairMap(annotations)],
    ['StartsAt', { kind: 'time', timeMs: startsAtMs }],
    ['EndsAt', { kind: 'time', timeMs: endsAtMs ?? ZERO_TIME_MS }],
    ['GeneratorURL', generatorUrl],
    ['Fingerprint', fingerprint],
  ]);
}

/** Labels or annotations with Alertmanager's methods. */
function pairMap(record: Readonly<Record<string, string>>): MapValue {
  const names = Object.keys(record).sort(alertnameFirst);
  return {
    ...stringMap(record),
    typeName: 'template.KV',
    methods: new Map<string, Method>([
      ['SortedPairs', method(() => pairList(record, names))],
      ['Names', method(() => stringList(names))],
      ['Values', method(() => stringList(names.map((name) => record[name] ?? '')))],
      [
        'Remove',
        {
          parameters: ['list'],
          call: ([removed]) => {
            const { items } = removed as ListValue;
            const kept = Object.entries(record).filter(([name]) => !items.includes(name));
            return pairMap(Object.fromEntries(kept));
          },
        },
      ],
    ]),
  };
}

function pairList(record: Readonly<Record<string, string>>, names: readonly string[]): ListValue {
  const value = (name: string): string => record[name] ?? '';
  return {
    kind: 'list',
    typeName: 'template.Pairs',
    items: names.map((name) => {
      return struct('template.Pair', [
        ['Name', name],
        ['Value', value(name)],
      ]);
    }),
    methods: new Map([
      ['Names', method(() => stringList(names))],
      ['Values', method(() => stringList(names.map(value)))],
    ]),
  };
}

function alertnameFirst(a: string, b: string): number {
  if (a === b) return 0;
  if (a === 'alertname') return -1;
  if (b === 'alertname') return 1;
  return a < b ? -1 : 1;
}
