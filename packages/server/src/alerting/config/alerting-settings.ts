/**
 * The alert manager's configuration: an `alertmanager.yml`, or the same keys under `alerting` of
 * mon's own file, beside the keys that Prometheus has there.
 *
 * Format: https://prometheus.io/docs/alerting/latest/configuration/, docs/alerting.md.
 */
import type { Cursor } from '@mon/storage/settings/cursor';
import type { Mistake } from '@mon/storage/settings/mistake';
import { readDocument, type SettingsText } from '@mon/storage/settings/read-settings';
import { path } from '@mon/storage/settings/scalars';
import {
  converted,
  list,
  object,
  optional,
  type Schema,
  unused,
  withDefault,
} from '@mon/storage/settings/schema';
import { DEFAULT_RECEIVER } from '../receivers/recorder.ts';
import type { RouteSettings } from '../route.ts';
import {
  GLOBAL_ALERTING,
  type GlobalAlerting,
  globalAlerting,
  type ReceiverSettings,
  receiversSchema,
} from './receiver-settings.ts';
import { checkRouteReceivers, type InhibitRule, inhibitRule, rootRoute } from './route-settings.ts';
import { unsupported } from './unsupported.ts';

export interface AlertingSettings {
  readonly route: RouteSettings;
  readonly receivers: readonly ReceiverSettings[];
  readonly inhibitRules: readonly InhibitRule[];
  /** Absolute paths of template files; wildcards allowed. */
  readonly templates: readonly string[];
}

/** What `alerting` of mon's file says: its own settings, or the name of an alertmanager.yml. */
export type AlertingSection =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'settings'; readonly settings: AlertingSettings };

const ROOT: RouteSettings = {
  receiver: DEFAULT_RECEIVER,
  matchers: [],
  continues: false,
  routes: [],
};

/** Without configuration: everything goes to a receiver that only records. */
export const NO_ALERTING: AlertingSettings = {
  route: ROOT,
  receivers: [],
  inhibitRules: [],
  templates: [],
};

/** `alerting` of a file that has none. */
export const NO_ALERTING_SECTION: AlertingSection = { kind: 'settings', settings: NO_ALERTING };

const settingFields = (global: GlobalAlerting) => ({
  global: withDefault(globalAlerting, GLOBAL_ALERTING),
  route: optional(rootRoute),
  receivers: withDefault(receiversSchema(global), []),
  inhibit_rules: withDefault(list(inhibitRule), []),
  templates: withDefault(list(path()), []),
  time_intervals: unsupported('time intervals are'),
  mute_time_intervals: unsupported('time intervals are'),
});

const sectionFields = {
  config_file: optional(path()),
  alertmanagers: unused(),
  alert_relabel_configs: unused(),
};

/** `alerting` of mon's configuration file. */
export const alertingSection: Schema<AlertingSection> = {
  expects: 'a map',
  read(at) {
    const keys = object({ ...settingFields(globalOf(at)), ...sectionFields });
    const value = readChecked(keys, at);
    if (!value) return undefined;
    if (value.config_file === undefined) return { kind: 'settings', settings: settingsOf(value) };
    if (value.route !== undefined || value.receivers.length > 0) {
      return at.mistake('config_file and route or receivers are both set', 'keep one of them');
    }
    return { kind: 'file', file: value.config_file };
  },
};

const alertmanagerFile: Schema<AlertingSettings> = {
  expects: 'a map',
  read(at) {
    const keys = converted(object(settingFields(globalOf(at))), (value, root) => {
      return value.route === undefined ? root.mistake('route is missing') : value;
    });
    const value = readChecked(keys, at);
    return value && settingsOf(value);
  },
};

/**
 * Reads an alertmanager.yml.
 *
 * @throws SettingsError with all mistakes
 */
export function readAlertmanagerFile(input: SettingsText): {
  readonly value: AlertingSettings;
  readonly warnings: readonly Mistake[];
} {
  return readDocument(input, alertmanagerFile);
}

interface SettingValues {
  readonly route: RouteSettings | undefined;
  readonly receivers: readonly ReceiverSettings[];
  readonly inhibit_rules: readonly InhibitRule[];
  readonly templates: readonly string[];
}

function settingsOf(value: SettingValues): AlertingSettings {
  const { route = ROOT, receivers, inhibit_rules, templates } = value;
  return { route, receivers, inhibitRules: inhibit_rules, templates };
}

/** `global` read ahead, for what receivers take from it; its mistakes are noted when all is read. */
function globalOf(at: Cursor): GlobalAlerting {
  const global = at.entries?.find((entry) => entry.key === 'global')?.value;
  if (!global || global.isEmpty) return GLOBAL_ALERTING;
  const { mistakes } = at.source;
  const before = mistakes.length;
  const value = globalAlerting.read(global);
  mistakes.length = before;
  return value ?? GLOBAL_ALERTING;
}

/** Reads, and checks the receivers that routes name even where other things are wrong. */
function readChecked<T>(schema: Schema<T>, at: Cursor): T | undefined {
  const { mistakes } = at.source;
  const value = schema.read(at);
  const child = (key: string): Cursor | undefined =>
    at.entries?.find((entry) => entry.key === key)?.value;
  const names = (child('receivers')?.items ?? []).map((one) => {
    return one.entries?.find((entry) => entry.key === 'name')?.value.text ?? '';
  });
  const before = mistakes.length;
  const route = child('route');
  if (route) checkRouteReceivers(route, new Set([...names, DEFAULT_RECEIVER]));
  return mistakes.length > before ? undefined : value;
}
