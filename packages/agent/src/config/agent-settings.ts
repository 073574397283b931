/**
 * The agent's part of the one configuration file: `global`, `scrape_configs`,
 * `scrape_config_files`, `remote_write` and `agent`, read into one complete, plain value.
 */
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { reasonOf } from '@mon/storage/model/error';
import { GLOBAL_DEFAULTS, globalSettings } from '@mon/storage/settings/global';
import { type Mistake, SettingsError } from '@mon/storage/settings/mistake';
import {
  readDocument,
  readSections,
  readSettingsFile,
  type SettingsText,
} from '@mon/storage/settings/read-settings';
import { text } from '@mon/storage/settings/scalars';
import { converted, list, object, type Schema, withDefault } from '@mon/storage/settings/schema';
import type { ScrapeJobSettings } from '../scrape/scrape-job.ts';
import type { RemoteSettings } from '../send/remote-sender.ts';
import { AGENT_DEFAULTS, type AgentSection, agentSection } from './agent-section.ts';
import { remoteWriteConfig } from './remote-write-config.ts';
import { type ScrapeConfig, scrapeConfig } from './scrape-config.ts';

export interface AgentSettings extends AgentSection {
  readonly externalLabels: Readonly<Record<string, string>>;
  readonly scrapeJobs: readonly ScrapeJobSettings[];
  readonly remotes: readonly RemoteSettings[];
}

export interface AgentConfig {
  readonly settings: AgentSettings;
  readonly warnings: readonly Mistake[];
}

/** Files that scrape_config_files may name in all; a glob that catches too much is noticed. */
const CONFIG_FILES_MAX = 1000;

const remotes: Schema<readonly RemoteSettings[]> = converted(list(remoteWriteConfig), (all, at) => {
  const names = new Set<string>();
  for (const { name } of all) {
    if (names.has(name))
      return at.mistake(`has two entries of the name '${name}'`, 'give each a name of its own');
    names.add(name);
  }
  return all;
});

const sections = {
  global: withDefault(globalSettings, GLOBAL_DEFAULTS),
  scrape_configs: withDefault(list(scrapeConfig), []),
  scrape_config_files: withDefault(list(text()), []),
  remote_write: withDefault(remotes, []),
  agent: withDefault(agentSection, AGENT_DEFAULTS),
};

const scrapeConfigFile = object({ scrape_configs: withDefault(list(scrapeConfig), []) });

/**
 * Reads the configuration file of an agent.
 *
 * @throws MonError `config-unreadable`, SettingsError with all mistakes
 */
export async function loadAgentConfig(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<AgentConfig> {
  return readAgentConfig({ file, text: await readSettingsFile(file), environment });
}

/**
 * Reads the text of a configuration file and the files it names.
 *
 * @throws SettingsError with all mistakes
 */
export async function readAgentConfig(input: SettingsText): Promise<AgentConfig> {
  const { value, warnings } = readSections(input, sections);
  const more = await readConfigFiles(input, value.scrape_config_files);
  const configs = [...value.scrape_configs, ...more.configs];
  const mistakes = [...more.mistakes];
  const scrapeJobs: ScrapeJobSettings[] = [];
  const names = new Set<string>();
  for (const { name, at, resolve } of configs) {
    const before = at.source.mistakes.length;
    const job = resolve(value.global);
    if (names.has(name)) at.mistake(`is a second job of the name '${name}'`, 'rename one');
    names.add(name);
    if (job !== undefined) scrapeJobs.push(job);
    mistakes.push(...at.source.mistakes.slice(before));
  }
  if (mistakes.some((mistake) => mistake.severity === 'error'))
    throw new SettingsError(input.file, mistakes);
  const settings: AgentSettings = {
    ...value.agent,
    externalLabels: value.global.externalLabels,
    scrapeJobs,
    remotes: value.remote_write,
  };
  return { settings, warnings: [...warnings, ...mistakes] };
}

interface ReadConfigFiles {
  readonly configs: readonly ScrapeConfig[];
  /** Of all files: errors and warnings. */
  readonly mistakes: readonly Mistake[];
}

async function readConfigFiles(
  input: SettingsText,
  patterns: readonly string[],
): Promise<ReadConfigFiles> {
  const configs: ScrapeConfig[] = [];
  const mistakes: Mistake[] = [];
  let count = 0;
  for (const pattern of patterns) {
    for (const file of await matchingFiles(input.file, pattern)) {
      if (++count > CONFIG_FILES_MAX) {
        mistakes.push(unreadableFile(input.file, file, `over ${CONFIG_FILES_MAX} files are named`));
        return { configs, mistakes };
      }
      try {
        const found = await readFile(file, 'utf8');
        const { environment } = input;
        const read = readDocument({ file, text: found, environment }, scrapeConfigFile);
        configs.push(...read.value.scrape_configs);
        mistakes.push(...read.warnings);
      } catch (thrown) {
        if (thrown instanceof SettingsError) mistakes.push(...thrown.mistakes);
        else mistakes.push(unreadableFile(input.file, file, reasonOf(thrown)));
      }
    }
  }
  return { configs, mistakes };
}

function unreadableFile(file: string, named: string, reason: string): Mistake {
  const what = `cannot read ${named}: ${reason}`;
  const path = 'scrape_config_files';
  return { severity: 'error', file, line: 1, column: 1, path, what, mend: '' };
}

/** Files that a pattern names: a path, or a `*` in its last part; sorted. */
async function matchingFiles(configFile: string, pattern: string): Promise<string[]> {
  const whole = isAbsolute(pattern) ? pattern : join(dirname(configFile), pattern);
  const last = basename(whole);
  if (!last.includes('*')) return [whole];
  const parts = last.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const wanted = new RegExp(`^${parts.join('.*')}$`);
  const names = await readdir(dirname(whole)).catch(() => []);
  return names
    .filter((name) => wanted.test(name))
    .sort()
    .map((name) => join(dirname(whole), name));
}
