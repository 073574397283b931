/**
 * The alert manager's settings ready to use: the alertmanager.yml that `config_file` names, and the
 * template files.
 */
import { glob } from 'node:fs/promises';
import { type Mistake, SettingsError } from '@mon/storage/settings/mistake';
import { readSettingsFile } from '@mon/storage/settings/read-settings';
import { type TemplateLibrary, templateLibrary } from '../template/notification-template.ts';
import type { TemplateText } from '../template/parser.ts';
import { lineOf, TemplateSyntaxError } from '../template/syntax-error.ts';
import {
  type AlertingSection,
  type AlertingSettings,
  readAlertmanagerFile,
} from './alerting-settings.ts';

export interface LoadedAlerting {
  readonly settings: AlertingSettings;
  readonly library: TemplateLibrary;
  readonly warnings: readonly Mistake[];
}

/** @throws SettingsError with all mistakes; MonError `config-unreadable` */
export async function loadAlerting(
  section: AlertingSection,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<LoadedAlerting> {
  const { value: settings, warnings } =
    section.kind === 'settings'
      ? { value: section.settings, warnings: [] }
      : readAlertmanagerFile({
          file: section.file,
          text: await readSettingsFile(section.file),
          environment,
        });
  return { settings, warnings, library: await loadTemplates(settings.templates) };
}

async function loadTemplates(patterns: readonly string[]): Promise<TemplateLibrary> {
  const texts: TemplateText[] = [];
  const mistakes: Mistake[] = [];
  for (const pattern of patterns) {
    for await (const file of glob(pattern)) {
      const source = { name: file, text: await readSettingsFile(file) };
      const mistake = mistakeOf(source);
      if (mistake) mistakes.push(mistake);
      else texts.push(source);
    }
  }
  const [first] = mistakes;
  if (first) throw new SettingsError(first.file, mistakes);
  return templateLibrary(texts);
}

function mistakeOf(source: TemplateText): Mistake | undefined {
  try {
    templateLibrary([source]);
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof TemplateSyntaxError)) throw thrown;
    const { offset, mistake } = thrown;
    return {
      severity: 'error',
      file: source.name,
      line: lineOf(source.text, offset),
      column: offset - source.text.lastIndexOf('\n', offset - 1),
      path: '',
      what: `template: ${mistake}`,
      mend: '',
    };
  }
}
